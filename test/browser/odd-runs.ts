/** @file Runs that are as odd as a run's file may be: every number, text and list at the end of its range. */
import type { LastingEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import { METHODS } from '../../src/words/methods.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { FLOAT32_MAX, LONGEST_NAME, LONGEST_TEXT } from '../../src/core/bounds.ts';
import { LAST_DATE } from '../../src/words/run-limits.ts';
import type { Task, TaskRow } from '../../src/words/task.ts';
import type { Setup } from '../../src/store/setup/setup-shape.ts';
import type { RunFile } from '../../src/store/runs/run-file.ts';
import { writeRunFile } from '../../src/store/runs/run-file.ts';
import { MOST_ARMS, MOST_SEEDS } from '../../src/store/setup/setup-shape.ts';
import { DEFAULT_SETUP, armsOf } from '../../src/store/setup/setup.ts';
import { syntheticEvents } from './synthetic-run.ts';

type Change = (event: LastingEvent) => LastingEvent;

const SMALL: Setup['shared'] = {
  ...{ rounds: 2, promptsPerRound: 8, epochs: 1, testItems: 12, fewShotItems: 8, validationItems: 6 },
  probeItems: 6,
};
const ONE_ARM: Setup['arms'] = [{ name: 'soft', method: 'soft', knobs: {} }];

interface Odd extends Partial<Omit<RunFile, 'events'>> {
  readonly name: string;
  readonly task: Task;
  readonly change?: Change;
}

function runOf({ task, change = (event) => event, ...odd }: Odd): RunFile {
  const setup: Setup = odd.setup ?? { ...DEFAULT_SETUP, arms: ONE_ARM, shared: SMALL, taskId: 'odd' };
  const events = setup.seeds.flatMap((seed) =>
    armsOf(setup).map(
      (arm) =>
        [`${arm.name}/${seed}`, [...syntheticEvents(task, arm, seed)].filter(isLasting).map(change)] as const,
    ),
  );
  return {
    ...{ createdAt: 1e12, status: 'done', setup, model: { name: 'nano', sha256: 'a', device: 'wasm' } },
    ...odd,
    ...{ task, events: new Map(events) },
  };
}

const eachRow = ({ definition, splits }: Task, of: (row: TaskRow, i: number) => TaskRow): Task => ({
  definition,
  splits: {
    pool: splits.pool.map(of),
    prompts: splits.prompts.map(of),
    validation: splits.validation.map(of),
    probe: splits.probe.map(of),
    test: splits.test.map(of),
  },
});

const SCRIPT = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';
const LINK = 'javascript:window.hacked=1';

/** Scripts in every text. */
function withScripts(task: Task): Odd {
  const labels = task.definition.labels.map((label) => `${SCRIPT}${label}`);
  const marked = eachRow(task, (row) => ({
    ...row,
    input: `${SCRIPT} ${row.input}`,
    output: `${SCRIPT}${row.output}`,
  }));
  const definition = {
    ...{ ...task.definition, labels, id: `odd"><svg onload=window.hacked=1>`, description: SCRIPT },
    ...{ template: `${SCRIPT}{input}`, licence: `[press](${LINK})` },
  };
  const arms: Setup['arms'] = [{ name: `"><svg onload=window.hacked=1>`, method: 'soft', knobs: {} }];
  return {
    name: `${SCRIPT} ${LINK}`,
    task: { ...marked, definition },
    setup: { ...DEFAULT_SETUP, arms, shared: { ...SMALL, preamble: SCRIPT }, taskId: SCRIPT },
    model: { name: LINK, sha256: SCRIPT, device: SCRIPT },
  };
}

/** Every text as long as it may be. */
function longest(task: Task): Odd {
  const long = 'x'.repeat(LONGEST_TEXT);
  const rows = eachRow(task, (row, i) =>
    i < 5 ? { ...row, input: `${long.slice(row.id.length)}${row.id}` } : row,
  );
  const arms: Setup['arms'] = [{ name: 'a'.repeat(LONGEST_NAME), method: 'soft', knobs: {} }];
  return {
    name: 'longest '.padEnd(LONGEST_NAME, 'n'),
    task: { ...rows, definition: { ...task.definition, description: long } },
    setup: {
      ...DEFAULT_SETUP,
      arms,
      shared: { ...SMALL, preamble: 'y'.repeat(20_000) },
      taskId: 't'.repeat(200),
    },
    model: { name: 'm'.repeat(LONGEST_NAME), sha256: 'f'.repeat(64), device: long },
  };
}

/** Every number at its end, or none at all. */
function numbers(task: Task): Odd {
  const ends = [NaN, Infinity, -Infinity, FLOAT32_MAX, -FLOAT32_MAX, 0];
  const end = (i: number) => ends[i % ends.length] ?? 0;
  const perplexities = [NaN, Infinity, Number.MAX_VALUE, 0, null];
  const cost = { tokens: 1e15, milliseconds: 1e15 };
  const change: Change = (event) => {
    switch (event.type) {
      case 'labelled':
        return {
          ...{ ...event, cost },
          samples: event.samples.map((sample, i) => ({
            ...sample,
            logprobs: sample.logprobs.map((_, j) => end(i + j)),
            perplexity: perplexities[i % perplexities.length] ?? null,
          })),
        };
      case 'trained':
        return {
          ...{ ...event, cost },
          curve: event.curve.map((step, i) => ({
            ...step,
            loss: end(i),
            gradNorm: end(i + 1),
            tokens: 1e15,
          })),
        };
      case 'evaluated': {
        const { evaluation } = event;
        const predictions = evaluation.predictions.map((prediction, i) => ({
          ...prediction,
          labelLogprobs: task.definition.labels.map((_, j) => end(i + j)),
        }));
        return { ...event, cost, evaluation: { ...evaluation, predictions, tokenEntropy: end(event.round) } };
      }
      case 'round-ended':
        return { ...event, validation: null, falls: 20 };
      case 'answered':
      case 'ranked':
      case 'ended':
        return event;
    }
  };
  return { name: 'numbers', task, change, createdAt: LAST_DATE };
}

/** All arms and seeds that there may be. */
function widest(task: Task): Odd {
  const methods = Object.keys(METHODS).filter((name): name is MethodName => name in METHODS);
  const arms = Array.from({ length: MOST_ARMS }, (_, i) => {
    const method = methods[i % methods.length] ?? 'soft';
    return { name: `${method} ${i}`, method, knobs: {} };
  });
  const seeds = Array.from({ length: MOST_SEEDS }, (_, i) => 2 ** 31 - 1 - i);
  const shared = { ...SMALL, rounds: 1, promptsPerRound: 4, testItems: 4, fewShotItems: 2 };
  return { name: 'widest', task, setup: { ...DEFAULT_SETUP, arms, seeds, shared }, createdAt: 0 };
}

/** Nothing of anything. */
function empty({ definition }: Task): Odd {
  const nothing: Task = {
    definition: { ...definition, labels: [], k: 0, template: '', stop: '' },
    splits: { pool: [], prompts: [], validation: [], probe: [], test: [] },
  };
  return { name: 'empty', task: nothing, status: 'running', setup: { ...DEFAULT_SETUP, arms: ONE_ARM } };
}

/** A kind that the rows do not have, and a metric that is another kind's. */
function otherKind({ definition, splits }: Task): Odd {
  const kind = { kind: 'multiple-choice', metric: 'rouge_l', labels: [] } as const;
  const task = eachRow({ definition: { ...definition, ...kind }, splits }, (row, i) => ({
    ...row,
    output: '',
    ...(i % 2 === 0 ? { choices: [] } : { choices: [{ text: '', correct: true, best: true }] }),
  }));
  return { name: 'other kind', task };
}

/** As many rounds, steps, labels and self-labels as a page may meet. */
function most(task: Task): Odd {
  const labels = Array.from({ length: 1000 }, (_, i) => `label ${i}`);
  const change: Change = (event) => {
    if (event.type === 'labelled' && event.round === 1) {
      const more = Array.from({ length: 100 }, (_, i) =>
        event.samples.map((sample, j) => ({ ...sample, id: `more-${i}-${j}`, verdict: 'repeats' as const })),
      );
      return { ...event, samples: [...event.samples, ...more.flat()] };
    }
    if (event.type !== 'trained') return event;
    const maxSteps = 50_000;
    const curve = Array.from({ length: maxSteps }, (_, i) => ({
      ...{ type: 'step' as const, step: i + 1, maxSteps, tokens: 1, gradNorm: 1 },
      ...{ loss: 1 / (i + 1), learningRate: 0.1 },
    }));
    return event.round === 1 ? { ...event, curve } : event;
  };
  const shared = { ...SMALL, rounds: 20, promptsPerRound: 4096 };
  const splits = { ...task.splits, prompts: task.splits.prompts.slice(0, 8) };
  return {
    ...{ name: 'most', change },
    task: { definition: { ...task.definition, labels }, splits },
    setup: { ...DEFAULT_SETUP, arms: ONE_ARM, shared },
  };
}

/** Names that objects have of their own, and characters that text does not show. */
function strangeNames(task: Task): Odd {
  const names = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '\u202eesrever',
    '\u0000',
    '\ud800',
    ' ',
  ];
  const rows = eachRow(task, (row, i) => ({
    ...row,
    id: names[i] ?? row.id,
    output: names[i % names.length] ?? '',
  }));
  const arms = ['__proto__', 'constructor', '\u202ea/1'].map((name) => ({
    name,
    method: 'soft' as const,
    knobs: {},
  }));
  // What the synthetic run draws by an arm's name is nothing here.
  const change: Change = (event) => (event.type === 'round-ended' ? { ...event, validation: null } : event);
  return {
    change,
    name: '\u202e__proto__\u0000',
    task: { ...rows, definition: { ...task.definition, id: '__proto__', labels: names } },
    setup: { ...DEFAULT_SETUP, arms, shared: SMALL, taskId: 'constructor' },
  };
}

/** Eight of them, each the file that Export would write. */
export function oddRuns(
  task: Task,
): readonly { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }[] {
  const small = { ...task, splits: { ...task.splits, pool: task.splits.pool.slice(0, 40) } };
  return [withScripts, longest, numbers, widest, empty, otherKind, most, strangeNames].map((make) => {
    const run = runOf(make(small));
    return { name: run.name, bytes: writeRunFile(run) };
  });
}
