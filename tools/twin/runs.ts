/**
 * @file Whole runs on scripted ports, as digests: every method, and every knob that changes what a run draws, asks, keeps,
 * orders or trains on. Numbers count to nine digits: exp and log may differ in their last bit between two languages.
 */
import { sha256OfText } from '../../src/formats/sha256.ts';
import { tidyRows } from '../../src/analysis/results.ts';
import { earlyEnding } from '../../src/analysis/endings.ts';
import { floorsOfRun } from '../../src/analysis/floors.ts';
import { lossesOf } from '../../src/analysis/losses.ts';
import { bootstrap } from '../../src/method/loop.ts';
import { RunContext } from '../../src/method/run-context.ts';
import { foldEvents } from '../../src/method/state.ts';
import { trainedTexts } from '../../src/method/trained-texts.ts';
import type { LastingEvent } from '../../src/words/events.ts';
import { isLasting } from '../../src/words/events.ts';
import { SCORES } from '../../src/metrics/scores.ts';
import { METHOD_NAMES } from '../../src/words/methods.ts';
import type { MethodName } from '../../src/words/methods.ts';
import { armOf } from '../../src/words/plan.ts';
import type { Task } from '../../src/words/task.ts';
import { scriptedPorts, tagOf } from './scripted.ts';
import { answersOf, toyTask } from './toys.ts';

const SMALL = {
  ...{ rounds: 2, promptsPerRound: 8, poolSize: 10, testItems: 9, fewShotItems: 4, validationItems: 10 },
  ...{ probeItems: 4, epochs: 2, batchSize: 4, votes: 3, isaraAttempts: 3 },
};
type Set = Readonly<Record<string, unknown>>;
interface Wanted {
  readonly method: MethodName;
  readonly set: Set;
  /** Of the model; the longest prompts do not fit into the shorter one. */
  readonly positions: number;
}
const KNOBS: readonly (readonly [MethodName, Set])[] = [
  ['soft', { decoding: 'sampled', topP: 0.9 }],
  ['soft', { decoding: 'constrained' }],
  ['soft', { decoding: 'calibrated', preamble: 'Be brief.\n' }],
  ['soft', { decoding: 'aligned', maxPerplexity: 3 }],
  ['soft', { teacherPrompt: 'zero-shot', template: 'mixed' }],
  ['relabel', { teacherPrompt: 'zero-shot', decoding: 'calibrated' }],
  ['self-consistency', { minAgreement: 0.7, temperature: 1 }],
  ['vote', { decoding: 'sampled', rounds: 3, promptsPerRound: 4 }],
  ['soft', { labelNoise: 0.5 }],
  ['soft', { labelNoise: 0.5, trainedItems: 5 }],
  ['relabel', { trainedItems: 12, teacherPrompt: 'zero-shot' }],
  ['isara', { trainedItems: 5 }],
  ['soft', { replay: 0.5, rounds: 3, promptsPerRound: 5 }],
  ['soft', { start: 'previous', prompts: 'reused' }],
  ['soft', { earlyStopping: true, rounds: 4, promptsPerRound: 4 }],
  ['soft', { earlyStopping: true, stopMetric: 'constrained_accuracy', rounds: 4, promptsPerRound: 4 }],
  ['soft', { earlyStopping: true, stopMetric: 'token_f1', rounds: 4, promptsPerRound: 4, patience: 2 }],
  ['soft', { template: 'one-shot', preamble: 'Be brief.\n' }],
  ['soft', { template: 'mixed', demonstrationShare: 0.6, demonstrationsKept: 2, demonstrations: 4 }],
  ['soft', { tokenDropout: 0.3 }],
  ['soft', { withinRound: 'hard-first', acrossRounds: 'hard-first' }],
  ['soft+', { balanced: true, withinRound: 'easy-first' }],
  ['soft', { drawing: 'fixed', labelSetFilter: true, maxPerplexity: 3 }],
  ['soft', { drawing: 'retrieved', degenerateFilter: false, maxNewTokens: 12 }],
  ['isara', { isaraShows: 'questions', isaraNeighbours: 2, isaraNovelty: 0.6 }],
  ['soft', { chat: 'turns', system: 'Name it.', preamble: 'Be brief.\n' }],
  ['soft', { chat: 'one-turn', template: 'mixed', demonstrationShare: 0.6, decoding: 'constrained' }],
  ['isara', { chat: 'turns' }],
  ['isara', { chat: 'turns', system: 'Ask.', isaraShows: 'questions' }],
  ['icl', { decoding: 'calibrated', drawing: 'random' }],
  ['icl', { decoding: 'aligned' }],
  ['pool-sft', { loraAlpha: 8.5, targetModules: 'q_proj, v_proj', constrained: false }],
];
/** Of tasks with labels alone. */
const OF_LABELS: readonly (readonly [MethodName, Set])[] = [
  ['soft', { labelNoise: 0.4, noiseKind: 'pair' }],
  ['soft', { labelNoise: 0.4, noiseKind: 'instance' }],
  ['soft', { labelNoise: 0.2, noiseKind: 'instance', prompts: 'reused', labelSetFilter: true }],
];
const WANTED: readonly Wanted[] = [
  ...METHOD_NAMES.map((method) => ({ method, set: {}, positions: 2000 })),
  ...KNOBS.map(([method, set]) => ({ method, set, positions: 2000 })),
  ...(['soft', 'soft+', 'isara', 'icl'] as const).map((method) => ({ method, set: {}, positions: 170 })),
];

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys sorted, numbers that are not whole to nine digits. */
function canonical(value: unknown): string {
  if (typeof value === 'number')
    return String(Number.isSafeInteger(value) ? value : Number(value.toPrecision(9)));
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isPlain(value)) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  const parts = entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`);
  return `{${parts.sort().join(',')}}`;
}

const SHORT = 12;
const digest = (value: unknown): string => sha256OfText(canonical(value)).slice(0, SHORT);

const comparable = (event: LastingEvent): unknown =>
  event.type === 'trained'
    ? { ...event, adapter: { tag: tagOf(event.adapter), config: event.adapter.config } }
    : event;

async function runOf(task: Task, { method, set, positions }: Wanted, seed: number) {
  const ports = scriptedPorts(positions, answersOf(task));
  const plan = { task, arm: armOf('arm', method, { ...SMALL, ...set }), seed };
  const events: LastingEvent[] = [];
  const notices: string[] = [];
  for await (const event of bootstrap(plan, ports)) {
    if (isLasting(event)) events.push(event);
    if (event.type === 'notice') notices.push(event.text);
  }
  const state = foldEvents(events);
  const context = await RunContext.open(plan, ports);
  const decode = (rows: readonly (readonly number[])[]) =>
    Promise.resolve(rows.map((ids) => String.fromCharCode(...ids)));
  const trained = state.rounds.filter(({ adapter }) => adapter !== null).map(({ round }) => round);
  const texts = await Promise.all(trained.map((round) => trainedTexts(context, state, round, decode)));
  return {
    ...{ task: task.definition.id, method, set, positions, seed },
    events: events.map((event) => `${event.type} ${digest(comparable(event))}`),
    ...{ rows: digest(tidyRows('script', plan, state)), texts: digest(texts) },
    told: digest([notices, lossesOf(state), earlyEnding(state)?.words ?? null]),
    floors: digest(SCORES.map(({ name }) => floorsOfRun(task, state, name))),
  };
}

export async function runFixtures() {
  const tasks = (['classification', 'generation', 'multiple-choice'] as const).map(toyTask);
  const runs = [];
  for (const [i, wanted] of WANTED.entries())
    for (const task of tasks) runs.push(await runOf(task, wanted, i + 1));
  for (const [method, set] of OF_LABELS)
    for (const task of tasks.filter(({ definition }) => definition.labels.length > 0))
      runs.push(await runOf(task, { method, set, positions: 2000 }, 1));
  return { shared: SMALL, tasks, runs };
}
