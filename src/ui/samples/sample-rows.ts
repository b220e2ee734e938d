/**
 * @file What the samples view lists: each prompt with its self-label in each round, and each scored item with its answer
 * after each round, as rows that can be filtered, sorted and written to a file.
 */
import type { EvaluatedSplit, Evaluation, Mode, Verdict } from '../../words/events.ts';
import { hasKey } from '../../metrics/item.ts';
import { normaliseLabel } from '../../metrics/metrics.ts';
import type { RoundState } from '../../method/state.ts';
import type { Task, TaskRow } from '../../words/task.ts';
import type { Cell, RunView } from '../../store/live/run-state.ts';
import type { Looked } from '../words/arms.ts';
import { lookedArms } from '../words/arms.ts';
import type { PerplexityScale } from '../words/perplexity.ts';
import { perplexityScale, tokenPerplexities } from '../words/perplexity.ts';

/** The prompts that were labelled, or the items of one evaluation. */
export type SetId = 'prompts' | `${EvaluatedSplit}/${Mode}`;

/** What was answered in one round. */
export interface Said {
  /** 0 is the base. */
  readonly round: number;
  readonly answer: string;
  /** What the model itself said, where noise or a vote replaced it; null where nothing did. */
  readonly said: string | null;
  /** Tokens and nats; [] where they are not kept. */
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  readonly perplexity: number | null;
  /** null of scored items, which no filter sees. */
  readonly verdict: Verdict | null;
  readonly isRight: boolean | null;
  /** Ids of the pool's rows; null where the run does not keep them. */
  readonly demonstrations: readonly string[] | null;
  /** Another answer than the time before. */
  readonly isFlip: boolean;
}

export interface SampleRow extends Looked {
  /** Unique in the list. */
  readonly id: string;
  readonly rowId: string;
  readonly input: string;
  /** '' where none is known. */
  readonly key: string;
  readonly cell: string;
  readonly arm: string;
  readonly seed: number;
  /** By round; at least one. */
  readonly answers: readonly [Said, ...Said[]];
  readonly flips: number;
}

interface Draft {
  readonly input: string;
  readonly key: string;
  readonly answers: Said[];
}

const isOther = (before: Said | undefined, answer: string): boolean =>
  before !== undefined && normaliseLabel(before.answer) !== normaliseLabel(answer);

function addSamples(drafts: Map<string, Draft>, { round, samples }: RoundState): void {
  for (const sample of samples) {
    const { id, input, key, answer, said = null, ids, logprobs, perplexity } = sample;
    const draft = drafts.get(id) ?? { input, key, answers: [] };
    drafts.set(id, draft);
    const { verdict, isRight, demonstrations } = sample;
    const isFlip = isOther(draft.answers.at(-1), answer);
    draft.answers.push({
      ...{ round, answer, said, ids, logprobs, perplexity, verdict, isRight, demonstrations, isFlip },
    });
  }
}

function addPredictions(
  drafts: Map<string, Draft>,
  rows: ReadonlyMap<string, TaskRow>,
  { round }: RoundState,
  { predictions, mode }: Evaluation,
): void {
  for (const { id, answer, isExact } of predictions) {
    const row = rows.get(id);
    if (row === undefined) continue;
    const draft = drafts.get(id) ?? { input: row.input, key: row.output, answers: [] };
    drafts.set(id, draft);
    draft.answers.push({
      ...{ round, answer, said: null, ids: [], logprobs: [], perplexity: null, verdict: null },
      isRight: hasKey(row) ? isExact : null,
      demonstrations: mode === 'zero-shot' ? [] : null,
      isFlip: isOther(draft.answers.at(-1), answer),
    });
  }
}

function rowsOfCell({ splits }: Task, cell: Cell, nth: number, set: SetId): readonly SampleRow[] {
  const drafts = new Map<string, Draft>();
  for (const round of cell.state.rounds) {
    if (set === 'prompts') addSamples(drafts, round);
    else {
      for (const evaluation of round.evaluations) {
        const { split, mode } = evaluation;
        if (`${split}/${mode}` !== set) continue;
        addPredictions(drafts, new Map(splits[split].map((row) => [row.id, row])), round, evaluation);
      }
    }
  }
  const { key: cellKey, arm, seed } = cell;
  return [...drafts].flatMap(([rowId, { input, key, answers }]): SampleRow[] => {
    const [first, ...rest] = answers;
    if (first === undefined) return [];
    return [
      {
        ...{ id: `${cellKey} ${rowId}`, rowId, input, key, cell: cellKey, seed },
        ...{ arm: arm.name, method: arm.method, nth, answers: [first, ...rest] },
        flips: answers.filter(({ isFlip }) => isFlip).length,
      },
    ];
  });
}

/** The same rows as long as a cell has heard nothing lasting: lists keep what they have drawn. */
const known = new WeakMap<Cell['state'], Map<SetId, readonly SampleRow[]>>();

export function rowsOf({ task, cells }: Pick<RunView, 'task' | 'cells'>, set: SetId): readonly SampleRow[] {
  const arms = lookedArms(cells.map(({ arm }) => arm));
  return cells.flatMap((cell) => {
    const nth = arms.find(({ name }) => name === cell.arm.name)?.nth ?? 0;
    const sets = known.get(cell.state) ?? new Map<SetId, readonly SampleRow[]>();
    known.set(cell.state, sets);
    const rows = sets.get(set) ?? rowsOfCell(task, cell, nth, set);
    sets.set(set, rows);
    return rows;
  });
}

const SETS: readonly SetId[] = [
  'prompts',
  'probe/few-shot',
  'test/zero-shot',
  'test/few-shot',
  'validation/zero-shot',
  'validation/few-shot',
  'probe/zero-shot',
  'prompts/zero-shot',
];

/** The sets that the run has anything of, the labelled prompts always. */
export function setsOf({ cells }: RunView): readonly SetId[] {
  const found = new Set<string>(
    cells.flatMap(({ state }) =>
      state.rounds.flatMap(({ evaluations }) => evaluations.map(({ split, mode }) => `${split}/${mode}`)),
    ),
  );
  return SETS.filter((set) => set === 'prompts' || found.has(set));
}

/** Of all answers of the rows, in whichever round: a tint stays as rows are filtered and opened. */
export function scalesOf(rows: readonly SampleRow[]): {
  readonly answers: PerplexityScale;
  readonly tokens: PerplexityScale;
} {
  const said = rows.flatMap(({ answers }) => answers);
  return {
    answers: perplexityScale(said.flatMap(({ perplexity }) => perplexity ?? [])),
    tokens: perplexityScale(tokenPerplexities(said)),
  };
}
