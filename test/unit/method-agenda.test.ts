/** @file The agenda is what a run does: every request that the loop makes stands there, in order and item for item. */
import { describe, expect, it, test } from 'vitest';
import type { Adapter } from '../../src/lora/config.ts';
import type { AgendaRequest } from '../../src/method/agenda.ts';
import { agendaOf, requestsOf, shapeOf, trainedRounds } from '../../src/method/agenda.ts';
import { Account } from '../../src/method/account.ts';
import { checkPrompts } from '../../src/method/feasible.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { Ports } from '../../src/method/ports.ts';
import { expectedWork } from '../../src/method/work.ts';
import type { Phase } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { METHOD_NAMES, methodOf } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import type { Plan } from '../../src/words/plan.ts';
import type { Task } from '../../src/words/task.ts';
import { fakePorts, fakeTask } from './fake-ports.ts';

const SMALL = { rounds: 3, promptsPerRound: 6, batchSize: 4, epochs: 2, poolSize: 12 };
type Knobs = Readonly<Record<string, unknown>>;
const planOf = (method: MethodName, set: Knobs = {}, task = fakeTask()): Plan => ({
  ...{ task, arm: armOf(method, method, { ...SMALL, ...set }), seed: 1 },
});

type Asked = Pick<AgendaRequest, 'kind' | 'adapter' | 'items'>;

/** Questions about apples that share little else, and answers that no filter drops. */
let questions = 0;
const say = (prompt: string, answer: string): string => {
  if (!prompt.endsWith('Thing:')) return answer;
  questions++;
  return ['apple ', 'b', 'c', 'd'].map((letter) => `${letter}${questions}`).join(' ');
};

/** What a run asks of its ports, in order, and the work that its events tell of. */
async function asksOf({ task, arm, seed }: Plan) {
  const { ports } = fakePorts({ say });
  const adapters: (Adapter | null)[] = [null];
  const trained = trainedRounds(agendaOf(arm, shapeOf(task)));
  const roundOf = (adapter: Adapter | null) => {
    const at = adapters.indexOf(adapter);
    return at < 1 ? at : (trained[at - 1] ?? NaN);
  };
  const asked: Asked[] = [];
  const listening: Ports = {
    ...ports,
    generate: (request) => {
      asked.push({ kind: 'generate', adapter: roundOf(request.adapter), items: request.rows.length });
      return ports.generate(request);
    },
    score: (adapter, rows) => {
      const prompts = new Set(rows.map(({ promptIds }) => promptIds));
      asked.push({ kind: 'score', adapter: roundOf(adapter), items: prompts.size });
      return ports.score(adapter, rows);
    },
    async *train(request) {
      const { maxSteps } = request.config;
      asked.push({ kind: 'train', adapter: roundOf(request.start), items: maxSteps });
      const adapter = yield* ports.train(request);
      adapters.push(adapter);
      return adapter;
    },
  };
  const account = new Account(arm, shapeOf(task), true);
  const phases: { readonly phase: Phase; readonly items: number; done: number }[] = [];
  for await (const event of bootstrap({ task, arm, seed }, listening)) {
    if (isLasting(event)) account.take(event);
    if (event.type === 'phase') phases.push({ phase: event.phase, items: event.items, done: 0 });
    const last = phases.at(-1);
    if (last !== undefined && (event.type === 'answer' || event.type === 'step')) last.done++;
  }
  return { asked, account, phases };
}

const SETTINGS: readonly Knobs[] = [
  {},
  { rounds: 1 },
  { acrossRounds: 'easy-first', start: 'previous' },
  { balanced: true, prompts: 'reused' },
  { decoding: 'constrained', constrained: false },
  { decoding: 'sampled', stopMetric: 'constrained_accuracy', votes: 3 },
  { testItems: 5, fewShotItems: 9, validationItems: 0, probeItems: 3 },
  { replay: 0.5, epochs: 1, batchSize: 5, tokenDropout: 0.2 },
];

/** A task whose items each have choices of their own. */
function withChoices(): Task {
  const { definition, splits } = fakeTask();
  const all = ['red', 'green', 'blue'].map((text) => ({ text, correct: false }));
  const choices = (rows: Task['splits']['test']) =>
    rows.map((row) => ({
      ...row,
      choices: all.map((choice) => ({ ...choice, correct: choice.text === row.output })),
    }));
  return {
    definition: { ...definition, kind: 'multiple-choice', labels: [], metric: 'mc1' },
    splits: { ...splits, validation: choices(splits.validation), test: choices(splits.test) },
  };
}

const cut = (requests: readonly AgendaRequest[]): readonly Asked[] =>
  requests.map(({ kind, adapter, items }) => ({ kind, adapter, items }));

describe.each(METHOD_NAMES)('the agenda of %s', (method) => {
  it.each(SETTINGS)('is what the run asks, with %j', async (set) => {
    const { task, arm, seed } = planOf(method, set);
    const { asked, account } = await asksOf({ task, arm, seed });
    const requests = requestsOf(arm, shapeOf(task));
    expect(asked).toEqual(cut(requests));
    expect(account.done).toEqual(account.expected);
    expect(account.rest).toEqual({ rank: 0, label: 0, train: 0, evaluate: 0 });
  });

  it('is what a phase counts up to, and counts', async () => {
    const { phases } = await asksOf(planOf(method, { acrossRounds: 'hard-first' }));
    const isOfKey = methodOf(method).teacher === 'key';
    for (const { phase, items, done } of phases) {
      expect(done, phase).toBe(isOfKey && phase === 'label' ? 0 : items);
    }
    expect(phases.length).toBeGreaterThan(3);
  });

  it('is what the run asks of a multiple-choice task', async () => {
    const plan = planOf(method, {}, withChoices());
    const { asked } = await asksOf(plan);
    expect(asked).toEqual(cut(requestsOf(plan.arm, shapeOf(plan.task))));
  });

  it('asks for at least as many prompts as it labels, and no more than the run takes', async () => {
    const { arm } = planOf(method);
    const { prompts } = agendaOf(arm, shapeOf(fakeTask()));
    const fed = { task: fakeTask({ prompts }), arm, seed: 1 };
    expect(() => {
      checkPrompts(fed, null);
    }).not.toThrow();
    const { asked } = await asksOf(fed);
    expect(asked).toEqual(cut(requestsOf(arm, shapeOf(fed.task))));
    if (prompts === 0) return;
    const hungry = { ...fed, task: fakeTask({ prompts: prompts - 1 }) };
    expect(() => {
      checkPrompts(hungry, null);
    }).toThrow(`needs ${prompts} (`);
    await expect(asksOf(hungry)).rejects.toThrow(`needs ${prompts} (`);
  });

  it('has as many optimizer steps in all as every other that trains', () => {
    const { train } = expectedWork(planOf(method).arm, shapeOf(fakeTask()), true);
    // 3 rounds x 2 epochs x ceil(6 / 4)
    expect(train).toBe(methodOf(method).schedule === 'none' ? 0 : 12);
  });
});

describe('an account', () => {
  it('of an arm that finds the shared answers of the base in memory neither expects nor counts them', async () => {
    for (const method of ['soft', 'icl'] as const) {
      const { task, arm, seed } = planOf(method);
      const first = new Account(arm, shapeOf(task), true);
      const other = new Account(arm, shapeOf(task), false);
      for await (const event of bootstrap({ task, arm, seed }, fakePorts().ports)) {
        if (!isLasting(event)) continue;
        first.take(event);
        other.take(event);
      }
      expect(other.done).toEqual(other.expected);
      // ICL's few-shot prompts are its own.
      const shared = method === 'icl' ? 12 + 16 : 12 + 16 + 16 + 10;
      expect(first.expected.evaluate - other.expected.evaluate).toBe(shared);
    }
  });
});

describe('too few prompts', () => {
  const refused = (set: Knobs, prompts: number): string => {
    try {
      checkPrompts(planOf('soft', set, fakeTask({ prompts })), null);
      return '';
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
  };

  test.each([
    [
      { promptsPerRound: 8 },
      12,
      /has 12 prompts; .* needs 24 \(3 rounds of 8\)\. Feasible: 3 rounds of 4, or 1 round of 8\.$/,
    ],
    // Parts of fewer than 4 are none that the knob takes.
    [{ promptsPerRound: 8 }, 11, /Feasible: 1 round of 8\.$/],
    [{ promptsPerRound: 8 }, 3, /Give the task more prompts\.$/],
    [{ promptsPerRound: 8, prompts: 'reused' }, 7, /needs 8 \(1 round of 8\)\. Feasible: 1 round of 7\.$/],
    [{ promptsPerRound: 8, prompts: 'reused' }, 8, /^$/],
  ] as const)('%j of %d', (set, prompts, said) => {
    expect(refused(set, prompts)).toMatch(said);
  });
});
