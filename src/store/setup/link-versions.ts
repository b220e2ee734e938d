/**
 * @file What an address, a kept run or a run's file leaves unsaid, by the version that it says it is of: the defaults of the
 * lab when it was written. So a link runs what it ran and a kept run is what it was, whatever the defaults become. The newest
 * version is what the lab does today; a test holds it against the tables of knobs, methods and the setup.
 *
 * - A default or a preset changes, or a method or the setup opens otherwise: add to CHANGES what is now otherwise. Leave
 *   what stands there.
 * - A knob is new: add it to the first version with the value at which a run is what it was before there was the knob;
 *   where the lab's default is another, add that to CHANGES.
 * - A method is new: nothing. One that is not named here has had the presets of experiments/methods.json ever since it
 *   was there; before they change, they are added to the first version.
 * - A knob or a method is gone: take it out everywhere; links that name it are refused by name.
 */
import type { KnobName } from '../../words/knobs.ts';
import { KNOBS, isKnobName } from '../../words/knobs.ts';
import type { MethodName } from '../../words/methods.ts';
import { methodOf } from '../../words/methods.ts';
import type { ArmSetup, Setup } from './setup-shape.ts';
import type { KnobsSet } from '../../words/knobs-set.ts';

type Value = string | number | boolean;

export interface Defaults {
  /** Its arms are methods by their own names, without knobs. */
  readonly setup: Omit<Setup, 'shared'>;
  readonly knobs: Readonly<Record<KnobName, Value>>;
  readonly presets: Readonly<Partial<Record<MethodName, KnobsSet>>>;
}

interface Changes {
  readonly setup?: Partial<Defaults['setup']>;
  readonly knobs?: KnobsSet;
  /** A method's presets whole. */
  readonly presets?: Defaults['presets'];
}

const arm = (method: MethodName): ArmSetup => ({ name: method, method, knobs: {} });

/** Of addresses that say no version. */
const FIRST: Defaults = {
  setup: {
    model: { kind: 'bundled', name: 'nano' },
    taskId: 'two-cue-topic',
    seeds: [1],
    arms: [arm('soft'), arm('frozen-teacher'), arm('single-round')],
  },
  knobs: {
    rounds: 3,
    promptsPerRound: 64,
    start: 'base',
    prompts: 'fresh',
    replay: 0,
    earlyStopping: false,
    patience: 1,
    stopMetric: 'exact_match',
    demonstrations: 0,
    drawing: 'random',
    poolSize: 64,
    preamble: '',
    chat: 'off',
    system: '',
    decoding: 'greedy',
    temperature: 0.7,
    topP: 1,
    maxNewTokens: 0,
    labelNoise: 0,
    noiseKind: 'symmetric',
    teacherPrompt: 'few-shot',
    votes: 5,
    degenerateFilter: true,
    labelSetFilter: false,
    maxPerplexity: 0,
    minAgreement: 0,
    acrossRounds: 'random',
    withinRound: 'random',
    balanced: false,
    template: 'zero-shot',
    demonstrationShare: 0.5,
    demonstrationsKept: 1,
    tokenDropout: 0,
    r: 8,
    loraAlpha: 16,
    loraDropout: 0,
    useRslora: false,
    targetModules: 'all-linear',
    learningRate: 0.004,
    lrSchedulerType: 'linear',
    warmupRatio: 0.05,
    weightDecay: 0,
    epochs: 3,
    batchSize: 8,
    maxGradNorm: 1,
    testItems: 400,
    fewShotItems: 128,
    validationItems: 128,
    probeItems: 64,
    trainedItems: 0,
    constrained: true,
    isaraNeighbours: 3,
    isaraShows: 'pairs',
    isaraNovelty: 0.2,
    isaraAttempts: 4,
  },
  presets: {
    soft: {},
    'soft+': { acrossRounds: 'easy-first' },
    isara: { drawing: 'retrieved' },
    'single-round': {},
    'frozen-teacher': {},
    gold: {},
    'pool-sft': {},
    vote: {},
    reuse: { prompts: 'reused', drawing: 'fixed' },
    'isara-single': { drawing: 'retrieved' },
    'seed-sft': {},
    icl: { drawing: 'retrieved' },
  },
};

/** From each version to the next. */
const CHANGES: readonly Changes[] = [
  // 1: addresses say their version; nothing else is otherwise.
  {},
  // 2: the learning rate goes by the model's size.
  { knobs: { learningRate: 'auto' } },
];

/** By version. */
export const VERSIONS: readonly Defaults[] = CHANGES.reduce<readonly Defaults[]>(
  (before, { setup, knobs, presets }) => {
    const last = before.at(-1) ?? FIRST;
    const next: Defaults = {
      setup: { ...last.setup, ...setup },
      knobs: { ...last.knobs, ...knobs },
      presets: { ...last.presets, ...presets },
    };
    return [...before, next];
  },
  [FIRST],
);

export const NEWEST = VERSIONS.length - 1;
/** Of runs, kept or in a file, that say no version: they were written before runs said one. */
export const OF_FIRST_RUNS = 1;
/** Of those among them that say what their learning rate came to. */
export const OF_RUNS_WITH_A_RATE = 2;

/** A method's presets then. */
export const presetsOf = ({ presets }: Defaults, method: MethodName): KnobsSet =>
  presets[method] ?? methodOf(method).presets;

const ALL = Object.keys(KNOBS).filter(isKnobName);

/** A setup of an address of then, in the words of today: where its unsaid knobs come to something else today, they are
 * said, for all arms at once where that does. */
export function inTodaysWords(setup: Setup, then: Defaults): Setup {
  let { shared, arms } = setup;
  for (const name of ALL) {
    if (shared[name] !== undefined) continue;
    const unsaid = arms.filter(({ knobs }) => knobs[name] === undefined);
    const meant = ({ method }: ArmSetup): Value => presetsOf(then, method)[name] ?? then.knobs[name];
    const today = ({ method }: ArmSetup): Value => methodOf(method).presets[name] ?? KNOBS[name].default;
    if (unsaid.every((one) => meant(one) === today(one))) continue;
    const values = new Set(unsaid.map(meant));
    const [value] = values;
    if (values.size === 1 && value !== undefined) shared = { ...shared, [name]: value };
    else
      arms = arms.map((one) =>
        unsaid.includes(one) ? { ...one, knobs: { ...one.knobs, [name]: meant(one) } } : one,
      );
  }
  return { ...setup, shared, arms };
}
