/** @file What stands above the rows: which items, which of them, the search, the key on request. */
import type { ReactNode } from 'react';
import { Input, Label, SearchField } from 'react-aria-components';
import type { Verdict } from '../../words/events.ts';
import type { RunView } from '../../store/live/run-state.ts';
import { Choice } from '../kit/choice.tsx';
import { Toggle } from '../kit/toggle.tsx';
import { armTitle } from '../../words/arm-title.ts';
import { roundTitle } from '../words/rounds.ts';
import { VERDICTS } from '../../analysis/verdict-words.ts';
import type { Query, SortKey } from './sample-query.ts';
import type { SampleRow, SetId } from './sample-rows.ts';
import { setsOf } from './sample-rows.ts';

export interface SampleFiltersProps {
  readonly run: RunView;
  /** Every row of the set, before any filter. */
  readonly rows: readonly SampleRow[];
  readonly query: Query;
  readonly isKeyShown: boolean;
  readonly hasVerdicts: boolean;
  readonly isNarrow: boolean;
  readonly onQuery: (change: Partial<Query>) => void;
  readonly onKey: (isShown: boolean) => void;
}

const ALL = 'all';

const SET_WORDS: Readonly<Record<string, string>> = {
  prompts: 'Every prompt that was labelled for training, with its self-label.',
  'prompts/zero-shot': 'What each round’s student, trained on them, answers to its own training prompts.',
  probe: 'Labelled items that no arm trains on; every round’s model labels them as a teacher would.',
  test: 'The items that the score is measured on.',
  validation: 'The items that early stopping looks at.',
};

function setTitle(set: SetId): string {
  if (set === 'prompts') return 'Training prompts';
  if (set === 'prompts/zero-shot') return 'Training prompts, asked again';
  const [split = '', mode = ''] = set.split('/');
  return `${split.charAt(0).toUpperCase()}${split.slice(1)} items, ${mode}`;
}

const SORT_TITLES: readonly { readonly id: SortKey; readonly title: string }[] = [
  { id: 'order', title: 'as labelled' },
  { id: 'input', title: 'prompt' },
  { id: 'answer', title: 'answer' },
  { id: 'flips', title: 'flips' },
  { id: 'perplexity', title: 'perplexity' },
  { id: 'verdict', title: 'verdict' },
];

const distinct = <T,>(values: readonly T[]): readonly T[] => [...new Set(values)];

export function SampleFilters(props: SampleFiltersProps): ReactNode {
  const { run, rows, query, isKeyShown, hasVerdicts, isNarrow, onQuery, onKey } = props;
  const arms = distinct(run.cells.map(({ arm }) => arm));
  const rounds = distinct(rows.flatMap(({ answers }) => answers.map(({ round }) => round)));
  const verdicts = distinct(
    rows.flatMap(({ answers }) => answers.flatMap(({ verdict }) => verdict ?? [])),
  ).filter((verdict): verdict is Exclude<Verdict, 'kept'> => verdict !== 'kept');
  const names = distinct(arms.map(({ name }) => name));
  return (
    <div className="sample-filters" role="group" aria-label="Filters">
      <SearchField
        className="field sample-search"
        value={query.text}
        onChange={(text) => {
          onQuery({ text });
        }}
      >
        <Label className="field-label">Search</Label>
        <Input className="input" placeholder="prompt or answer" spellCheck={false} />
      </SearchField>
      <Choice
        label="Items"
        value={query.set}
        options={setsOf(run).map((id) => {
          const note = SET_WORDS[id] ?? SET_WORDS[id.split('/')[0] ?? ''];
          return { id, title: setTitle(id), ...(note === undefined ? {} : { note }) };
        })}
        onChange={(set) => {
          onQuery({ set, round: null, verdict: null });
        }}
      />
      {names.length > 1 && (
        <Choice
          label="Arm"
          value={query.arm ?? ALL}
          options={[
            { id: ALL, title: 'all arms' },
            ...names.map((name) => {
              const arm = arms.find((one) => one.name === name);
              return { id: name, title: arm === undefined ? name : armTitle(name, arm.method) };
            }),
          ]}
          onChange={(arm) => {
            onQuery({ arm: arm === ALL ? null : arm });
          }}
        />
      )}
      {run.setup.seeds.length > 1 && (
        <Choice
          label="Seed"
          value={query.seed === null ? ALL : String(query.seed)}
          options={[
            { id: ALL, title: 'all seeds' },
            ...run.setup.seeds.map((seed) => ({ id: String(seed), title: `seed ${seed}` })),
          ]}
          onChange={(seed) => {
            onQuery({ seed: seed === ALL ? null : Number(seed) });
          }}
        />
      )}
      <Choice
        label="Round"
        value={query.round === null ? ALL : String(query.round)}
        options={[
          { id: ALL, title: 'all rounds' },
          ...rounds
            .toSorted((a, b) => a - b)
            .map((round) => ({ id: String(round), title: roundTitle(round) })),
        ]}
        onChange={(round) => {
          onQuery({ round: round === ALL ? null : Number(round) });
        }}
      />
      {hasVerdicts && (
        <Choice
          label="Verdict"
          value={query.verdict ?? ALL}
          options={[
            { id: ALL, title: 'any' },
            { id: 'kept', title: 'kept' },
            { id: 'dropped', title: 'dropped' },
            ...verdicts.map((id) => ({ id, title: VERDICTS[id] })),
          ]}
          onChange={(verdict) => {
            onQuery({ verdict: verdict === ALL ? null : verdict });
          }}
        />
      )}
      {isKeyShown && (
        <Choice
          label="Against the key"
          value={query.isRight === null ? ALL : query.isRight ? 'right' : 'wrong'}
          options={[
            { id: ALL, title: 'right and wrong' },
            { id: 'right', title: '✓ right' },
            { id: 'wrong', title: '✗ wrong' },
          ]}
          onChange={(right) => {
            onQuery({ isRight: right === ALL ? null : right === 'right' });
          }}
        />
      )}
      {isNarrow && (
        <Choice
          label="Sort by"
          value={query.sort}
          options={SORT_TITLES}
          onChange={(sort) => {
            onQuery({ sort, isDescending: sort === 'flips' || sort === 'perplexity' });
          }}
        />
      )}
      <div className="sample-switches">
        <Toggle
          label="Flips only"
          isOn={query.isFlipped}
          onChange={(isFlipped) => {
            onQuery({ isFlipped });
          }}
        />
        <Toggle label="Show the key" isOn={isKeyShown} onChange={onKey} />
      </div>
    </div>
  );
}
