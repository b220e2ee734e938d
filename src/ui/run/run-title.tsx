/** @file With the charts: which run they show and with what settings; and, where the setup beside is another, how to take this one. */
import type { ReactNode } from 'react';
import type { RunView } from '../../store/live/run-state.ts';
import type { Setup } from '../../store/setup/setup-shape.ts';
import { SIZES, apartFromSize, sizeOf } from '../../store/setup/size.ts';
import { setupToHash } from '../../store/setup/setup-url.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { ShareButton } from '../shell/share-button.tsx';
import { armTitle } from '../words/arms.ts';
import { listed } from '../words/numbers.ts';
import { setKnobs } from '../words/set-knobs.ts';
import '../kit/chips.css';
import './run-title.css';

const seedsOf = ({ seeds }: Setup): string => {
  const [first = 0, ...others] = seeds;
  const last = others.at(-1);
  if (last === undefined) return `seed ${first}`;
  return seeds.every((seed, i) => seed === first + i)
    ? `seeds ${first} to ${last}`
    : `seeds ${seeds.join(', ')}`;
};

export interface TitledRun extends Pick<RunView, 'setup' | 'task'> {
  readonly model: Pick<RunView['model'], 'name'>;
}

/** "topic-4 on nano, seed 1: SOFT and frozen teacher" */
export const runTitle = ({ setup, model, task }: TitledRun): string =>
  `${task.definition.id} on ${model.name}, ${seedsOf(setup)}: ` +
  listed(setup.arms.map(({ name, method }) => armTitle(name, method)));

/** Its arms' own settings too. */
const chipsOf = (setup: Setup): readonly string[] => [
  ...(sizeOf(setup) === 'quick' ? [SIZES.quick] : []),
  ...setKnobs(apartFromSize(setup)).map(({ words }) => words),
  ...setup.arms.flatMap(({ name, method, knobs }) =>
    setKnobs(knobs, setup.shared).map(({ words }) => `${armTitle(name, method)}: ${words}`),
  ),
];

export function RunTitle({ run }: { readonly run: TitledRun }): ReactNode {
  const here = useLab(({ setup }) => setup.hash);
  const actions = useActions();
  const hash = setupToHash(run.setup);
  const chips = chipsOf(run.setup);
  return (
    <section className="run-title" aria-label="The run that is shown">
      <h2>{runTitle(run)}</h2>
      {chips.length > 0 && (
        <ul className="chips" aria-label="Its settings that are not the defaults">
          {chips.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
      <div className="run-title-actions">
        {hash !== here && (
          <Button
            look="quiet"
            onPress={() => {
              actions.applySetup(run.setup);
            }}
          >
            Use this setup
          </Button>
        )}
        <ShareButton title="Link to this run" hash={hash} />
      </div>
    </section>
  );
}
