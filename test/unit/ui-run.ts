/** A run's view by hand: what was answered is given, everything else is plain. */
import type { Evaluation, Sample } from '../../src/words/events.ts';
import { armOf } from '../../src/words/plan.ts';
import type { RoundState } from '../../src/method/state.ts';
import type { Task, TaskRow } from '../../src/words/task.ts';
import type { Cell, RunView } from '../../src/store/live/run-state.ts';

export const KEYS = ['food', 'music', 'food', 'music', 'food', 'music', 'food', 'music'] as const;

const rows: readonly TaskRow[] = KEYS.map((output, i) => ({ id: `t${i}`, input: `item ${i}`, output }));

export const TOY: Task = {
  definition: {
    ...{ id: 'toy', description: '', kind: 'classification', role: 'imported', labels: ['food', 'music'] },
    ...{ template: '{input}:', stop: '\n', k: 1, metric: 'exact_match', licence: 'MIT' },
  },
  splits: { pool: rows, prompts: rows, validation: rows, probe: rows, test: rows },
};

export const sample = (id: string, answer: string, more: Partial<Sample> = {}): Sample => ({
  ...{ id, input: `prompt ${id}`, demonstrations: [], answer, ids: [1], logprobs: [-0.1], perplexity: 1.1 },
  ...{ finishReason: 'stop-string', verdict: 'kept', key: 'food', isRight: answer === 'food' },
  ...more,
});

/** Answers to the first test items, zero-shot. */
export const tested = (answers: readonly string[]): Evaluation => ({
  ...{ split: 'test', mode: 'zero-shot', tokenEntropy: null },
  predictions: answers.map((answer, i) => ({
    ...{ id: `t${i}`, answer, isFinished: true, isExact: answer === KEYS[i] },
  })),
});

export const round = (number: number, more: Partial<RoundState>): RoundState => ({
  ...{ round: number, samples: [], adapter: null, curve: [], examples: 0, evaluations: [] },
  ...{ answering: null, end: null },
  ...more,
});

const NOTHING = { tokens: 0, milliseconds: 0 };

const cell = (seed: number, rounds: readonly RoundState[]): Cell => ({
  ...{ key: `soft/${seed}`, arm: armOf('soft', 'soft'), seed, status: 'done' },
  state: { ranking: null, rounds, end: null },
  ...{
    activity: null,
    live: { asked: [], writing: new Map(), answers: [], curve: [] },
    notices: [],
    fault: null,
  },
  cost: { rank: NOTHING, label: NOTHING, train: NOTHING, evaluate: NOTHING },
});

/** One arm, SOFT; rounds by seed. */
export function runOf(id: string, bySeed: Readonly<Record<number, readonly RoundState[]>>): RunView {
  const seeds = Object.keys(bySeed).map(Number);
  return {
    ...{ id, name: id, createdAt: 0, kind: 'stored', status: 'done', current: null, progress: 1 },
    setup: {
      ...{ model: { kind: 'bundled', name: 'toy' }, taskId: 'toy', seeds, shared: {} },
      arms: [{ name: 'soft', method: 'soft', knobs: {} }],
    },
    ...{ model: { name: 'toy', sha256: '', device: '' }, task: TOY, secondsLeft: null, replay: null },
    cells: seeds.map((seed) => cell(seed, bySeed[seed] ?? [])),
  };
}
