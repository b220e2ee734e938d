/** @file The agenda is what a run does: every request that the loop makes stands there, in order and item for item. */
import { COUNTED } from './method-toy.ts';
import { describe, expect, it, test } from 'vitest';
import type { Adapter } from '../../src/lora/config.ts';
import type { AgendaRequest } from '../../src/method/requests.ts';
import { newRequests, requestsOf } from '../../src/method/requests.ts';
import { agendaOf, shapeOf, trainedRounds } from '../../src/method/agenda.ts';
import { Account } from '../../src/method/account.ts';
import { checkPrompts } from '../../src/method/feasible.ts';
import { bootstrap } from '../../src/method/loop.ts';
import type { Ports } from '../../src/method/ports.ts';
import { expectedWork } from '../../src/method/work.ts';
import { Computed, lessSpared, reusing } from '../../src/lab/reuse.ts';
import type { LastingEvent, Phase } from '../../src/words/events.ts';
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
      const { rows } = request;
      const about = { adapter: roundOf(request.adapter), items: rows.length };
      asked.push({ kind: 'generate', ...about });
      // Candidates are scored with the answer.
      if (rows.some(({ candidates }) => candidates !== undefined)) asked.push({ kind: 'score', ...about });
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
  const account = new Account(arm, shapeOf(task), COUNTED);
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
  { decoding: 'aligned', teacherPrompt: 'zero-shot' },
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
    const { train } = expectedWork(requestsOf(planOf(method).arm, shapeOf(fakeTask())), COUNTED);
    // 3 rounds x 2 epochs x ceil(6 / 4)
    expect(train).toBe(methodOf(method).schedule === 'none' ? 0 : 12);
  });
});

/** Work of an arm behind another one, as the ports saw it: what was not there already. */
async function computedBehind(first: Plan, second: Plan) {
  const computed = new Computed();
  // One engine, whose trainings are told apart.
  const { ports, recorded } = fakePorts({ say });
  const run = bootstrap(first, reusing(ports, computed));
  while ((await run.next()).done !== true);
  const before = { generated: recorded.generated.length, trained: recorded.trained.length };
  const lasting: { readonly event: LastingEvent; readonly wasComputed: boolean }[] = [];
  let told = computed.spared;
  for await (const event of bootstrap(second, reusing(ports, computed))) {
    if (!isLasting(event)) continue;
    const { prompts, trainings } = lessSpared(computed.spared, told);
    told = computed.spared;
    lasting.push({ event, wasComputed: prompts + trainings === 0 });
  }
  const asked = {
    generate: recorded.generated.slice(before.generated).reduce((sum, { rows }) => sum + rows.length, 0),
    train: recorded.trained.slice(before.trained).reduce((sum, { config }) => sum + config.maxSteps, 0),
  };
  return { asked, lasting };
}

const itemsOf = (requests: readonly AgendaRequest[], wanted: AgendaRequest['kind']): number =>
  requests.reduce((sum, { kind, items }) => (kind === wanted ? sum + items : sum), 0);

/** Where the toy's adapters come out the same of other questions or answers, more is spared than can be foreseen. */
const COINCIDES: readonly MethodName[] = ['reuse', 'self-consistency', 'isara', 'isara-single'];

describe('what an arm asks that another arm of its seed has asked before', () => {
  const behindSoft = METHOD_NAMES.map((method) => [method, {}] as const);
  it.each([
    ...behindSoft,
    ['soft', { rounds: 2 }],
    ['soft', { testItems: 5, fewShotItems: 9 }],
    ['soft', { demonstrations: 1 }],
    ['soft', { epochs: 1 }],
    ['soft', { labelNoise: 0.5 }],
    ['soft', { degenerateFilter: false }],
    ['soft', { r: 2 }],
    ['soft', { start: 'previous' }],
    ['soft', { decoding: 'sampled' }],
    ['soft', { decoding: 'calibrated' }],
    ['soft', { teacherPrompt: 'zero-shot' }],
    ['soft', { minAgreement: 1 }],
    ['icl', { drawing: 'random' }],
  ] as const)('is foreseen, and no more than that: %s behind SOFT with %j', async (method, set) => {
    const [first, second] = [planOf('soft'), planOf(method, set)];
    const foreseen = newRequests([first.arm, second.arm], shapeOf(fakeTask())).get(second.arm) ?? [];
    const { asked, lasting } = await computedBehind(first, second);
    expect(itemsOf(foreseen, 'generate')).toBeGreaterThanOrEqual(asked.generate);
    expect(itemsOf(foreseen, 'train')).toBeGreaterThanOrEqual(asked.train);
    if (Object.keys(set).length === 0 && !COINCIDES.includes(method)) {
      expect(itemsOf(foreseen, 'generate')).toBe(asked.generate);
      expect(itemsOf(foreseen, 'train')).toBe(asked.train);
    }
    // Neither expected nor counted; what took no time is no measure.
    const account = new Account(second.arm, shapeOf(fakeTask()), COUNTED, foreseen);
    const slow = (event: LastingEvent, wasComputed: boolean): LastingEvent =>
      'cost' in event ? { ...event, cost: { tokens: 1, milliseconds: wasComputed ? 5000 : 2 } } : event;
    for (const { event, wasComputed } of lasting) account.take(slow(event, wasComputed), wasComputed);
    expect(account.done).toEqual(account.expected);
    for (const rate of Object.values(account.rates())) if (rate !== null) expect(rate).toBeGreaterThan(5);
  });

  it('is most of a frozen teacher’s first round and all labels of a single round', () => {
    const arms = (['soft', 'frozen-teacher', 'single-round'] as const).map((method) => planOf(method).arm);
    const own = arms.map((arm) => newRequests(arms, shapeOf(fakeTask())).get(arm) ?? []);
    const rounds = own.map((requests) => new Set(requests.map(({ phase, round }) => `${phase} ${round}`)));
    expect([...(rounds[1] ?? [])]).toEqual([
      ...['label 2', 'train 2', 'evaluate 2', 'label 3', 'train 3', 'evaluate 3'],
    ]);
    expect([...(rounds[2] ?? [])]).toEqual(['train 3', 'evaluate 3']);
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
