/** @file Who answers: base, each arm's rounds, loaded adapters; any number of them. */
import type { ReactNode } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import type { Answerer } from '../../store/questions/ask-state.ts';
import { useActions, useLab } from '../lab-context.ts';
import { Button } from '../kit/button.tsx';
import { useAsked } from './use-asked.ts';
import { answerersHere, cellTitle, chosenHere, keyOf, roundsHere, silenceWords } from './answerers.ts';

interface RowProps {
  readonly title: string;
  readonly options: readonly { readonly answerer: Answerer; readonly title: string }[];
  readonly chosen: readonly Answerer[];
  readonly onChange: (answerers: readonly Answerer[]) => void;
}

/** One row of toggles; the others' choice stays. */
function Row({ title, options, chosen, onChange }: RowProps): ReactNode {
  const own = new Set(options.map(({ answerer }) => keyOf(answerer)));
  return (
    <div className="answerer-row">
      <span className="field-label" aria-hidden="true">
        {title}
      </span>
      <ToggleButtonGroup
        aria-label={title}
        className="segments is-many"
        selectionMode="multiple"
        selectedKeys={chosen.map(keyOf).filter((key) => own.has(key))}
        onSelectionChange={(keys) => {
          const others = chosen.filter((answerer) => !own.has(keyOf(answerer)));
          const picked = options.filter(({ answerer }) => keys.has(keyOf(answerer)));
          onChange([...others, ...picked.map(({ answerer }) => answerer)]);
        }}
      >
        {options.map(({ answerer, title: name }) => (
          <ToggleButton key={keyOf(answerer)} id={keyOf(answerer)} className="segment">
            {name}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
    </div>
  );
}

export function AnswererChoice(): ReactNode {
  const asked = useAsked();
  const { run } = asked;
  const silence = silenceWords(asked);
  const adapters = useLab((state) => state.adapters);
  const stored = useLab((state) => state.playground.answerers);
  const actions = useActions();
  const here = answerersHere(asked, adapters);
  const chosen = chosenHere(stored, here);
  const choose = (answerers: readonly Answerer[]) => {
    actions.setPlayground({ answerers: chosenHere(answerers, here) });
  };
  const hasSeeds = (run?.setup.seeds.length ?? 1) > 1;
  const cells = (run?.cells ?? []).filter((cell) => roundsHere(cell, asked).length > 0);
  const row = { chosen, onChange: choose };
  return (
    <section className="play-part" aria-labelledby="who">
      <div className="play-part-head">
        <h3 id="who">Who answers</h3>
        {here.length > 1 && (
          <Button
            look="quiet"
            onPress={() => {
              choose(chosen.length === here.length ? [{ kind: 'base' }] : here);
            }}
          >
            {chosen.length === here.length ? 'Base only' : 'Everybody'}
          </Button>
        )}
      </div>
      <Row {...row} title="Untrained" options={[{ answerer: { kind: 'base' }, title: 'base' }]} />
      {cells.map((cell) => (
        <Row
          key={cell.key}
          {...row}
          title={`${cellTitle(cell, hasSeeds)}, after round`}
          options={roundsHere(cell, asked).map((answerer) => ({
            answerer,
            title: String(answerer.round),
          }))}
        />
      ))}
      {adapters.map(({ name }) => (
        <Row
          key={name}
          {...row}
          title="Loaded adapter"
          options={[{ answerer: { kind: 'loaded', name }, title: name }]}
        />
      ))}
      {cells.length === 0 && (
        <p className="field-note">
          {silence !== ''
            ? silence
            : 'After the first round of a run, every round’s adapter can be chosen here. Past runs bring theirs along.'}
        </p>
      )}
    </section>
  );
}
