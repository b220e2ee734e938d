/** @file Every other knob, by group, from the table of knobs; what differs from its default is said at the group. */
import type { ReactNode } from 'react';
import { plural } from '../../../core/plural.ts';
import type { KnobGroup, KnobName } from '../../../words/knobs.ts';
import { KNOBS, KNOB_GROUPS, isKnobName } from '../../../words/knobs.ts';
import { NANO, learningRateFor, learningRateWords } from '../../../words/learning-rate.ts';
import { apartFromSize } from '../../../store/setup/size.ts';
import type { SetupView } from '../../../store/setup/setup-state.ts';
import { Button } from '../../kit/button.tsx';
import { useLab } from '../../lab-context.ts';
import { Fold } from '../../kit/fold.tsx';
import { setKnobs } from '../../words/set-knobs.ts';
import { armChips } from '../../words/setup-chips.ts';
import type { KnobValue } from './knob-field.tsx';
import '../../kit/chips.css';
import { KnobField } from './knob-field.tsx';

const isGroup = (name: string): name is KnobGroup => Object.hasOwn(KNOB_GROUPS, name);
const ALL_GROUPS = Object.keys(KNOB_GROUPS).filter(isGroup);

/** Shown beside the Run button. */
export const MAIN_KNOBS: readonly KnobName[] = ['rounds', 'promptsPerRound', 'demonstrations'];

const namesOf = (group: KnobGroup): readonly KnobName[] =>
  Object.keys(KNOBS)
    .filter(isKnobName)
    .filter((name) => KNOBS[name].group === group && !MAIN_KNOBS.includes(name));

export const valueOf = ({ setup, arms }: SetupView, name: KnobName): KnobValue =>
  setup.shared[name] ?? arms[0]?.knobs[name] ?? KNOBS[name].default;

export interface MoreKnobsProps {
  readonly setup: SetupView;
  readonly onSet: (name: KnobName, value: KnobValue) => void;
  readonly onUnset: (name: KnobName) => void;
}

export function MoreKnobs({ setup, onSet, onUnset }: MoreKnobsProps): ReactNode {
  const parameters = useLab((state) => state.model.loaded?.training.parameters ?? NANO.parameters);
  const auto = learningRateFor(parameters);
  const set = setKnobs(apartFromSize(setup.setup)).filter(({ name }) => !MAIN_KNOBS.includes(name));
  const ofArms = armChips(setup.setup);
  return (
    <>
      {ofArms.length > 0 && (
        <ul className="chips" aria-label="Settings of single arms">
          {ofArms.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
      {set.length > 0 && (
        <ul className="chips" aria-label="Knobs that are not at their defaults">
          {set.map(({ name, words }) => (
            <li key={name}>
              <Button
                look="quiet"
                aria-label={`${words}: back to the default`}
                onPress={() => {
                  onUnset(name);
                }}
              >
                {words} ×
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Fold title="More knobs">
        {ALL_GROUPS.map((group) => {
          const names = namesOf(group);
          const changed = names.filter((name) => setup.setup.shared[name] !== undefined);
          const faulty = names.some((name) => setup.faults[name] !== undefined);
          return (
            <Fold
              key={group}
              level={4}
              title={
                <>
                  {KNOB_GROUPS[group]}
                  {changed.length > 0 && <span className="knob-count">{changed.length} set</span>}
                  {faulty && <span className="field-fault">needs mending</span>}
                </>
              }
            >
              <div className="knob-group">
                {names.map((name) => (
                  <KnobField
                    key={name}
                    knob={KNOBS[name]}
                    value={valueOf(setup, name)}
                    fault={setup.faults[name] ?? null}
                    {...(KNOBS[name].kind === 'auto'
                      ? { auto: auto.rate, note: learningRateWords(auto) }
                      : {})}
                    onChange={(value) => {
                      onSet(name, value);
                    }}
                  />
                ))}
                {changed.length > 0 && (
                  <Button
                    look="quiet"
                    onPress={() => {
                      changed.forEach(onUnset);
                    }}
                  >
                    Back to {plural(changed.length, 'default')}
                  </Button>
                )}
              </div>
            </Fold>
          );
        })}
      </Fold>
    </>
  );
}
