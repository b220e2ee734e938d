/**
 * @file The methods as a table: who labels, on what schedule, over which inputs. Everything else about a run is a knob
 * (knobs.ts), so an arm is a method and a few knobs, and two arms differ in what the table says they differ in.
 */
import type { Knobs } from './knobs.ts';

export interface Method {
  /** As people read it. */
  readonly title: string;
  readonly help: string;
  /** Who answers: the adapter of the round before, the base, the base by majority, the hidden key, or nobody (the pool's own labels alone). */
  readonly teacher: 'previous' | 'base' | 'vote' | 'key' | 'nobody';
  /** Every round, all rounds' prompts at once with as many steps, or no training at all. */
  readonly schedule: 'rounds' | 'once' | 'none';
  /** What is labelled: the task's prompts, questions that the model writes itself, or nothing. */
  readonly inputs: 'prompts' | 'generated' | 'nothing';
  /** Whether the pool's own pairs are trained on too. */
  readonly trainsOnPool: boolean;
  /** Knobs that make the method what it is; a run that sets them otherwise says so. */
  readonly presets: Partial<Knobs>;
}

const loop = { schedule: 'rounds', inputs: 'prompts', trainsOnPool: false, presets: {} } as const;
const once = { schedule: 'once', inputs: 'prompts', trainsOnPool: false, presets: {} } as const;
const asked = { inputs: 'generated', trainsOnPool: true, presets: { drawing: 'retrieved' } } as const;

export const METHODS = {
  soft: {
    ...loop,
    title: 'SOFT',
    teacher: 'previous',
    help: 'Label, train, and let the improved model label the next part.',
  },
  'soft+': {
    ...loop,
    title: 'SOFT+',
    teacher: 'previous',
    presets: { acrossRounds: 'easy-first' },
    help: "SOFT with the parts ordered easy to hard by the base's perplexity of its own answers.",
  },
  isara: {
    ...asked,
    title: 'ISARA',
    teacher: 'previous',
    schedule: 'rounds',
    help: 'The model writes its own questions and answers with retrieved demonstrations.',
  },
  'single-round': {
    ...once,
    title: 'single round',
    teacher: 'base',
    help: 'The base labels all parts at once; one training of as many steps.',
  },
  'frozen-teacher': {
    ...loop,
    title: 'frozen teacher',
    teacher: 'base',
    help: 'SOFT in everything, but every label comes from the base.',
  },
  gold: { ...loop, title: 'gold', teacher: 'key', help: "SOFT's schedule on the hidden key: the ceiling." },
  'pool-sft': {
    ...once,
    title: 'pool SFT',
    teacher: 'nobody',
    inputs: 'nothing',
    trainsOnPool: true,
    help: "Training on the pool's own labels, without any self-label.",
  },
  vote: {
    ...once,
    title: 'vote',
    teacher: 'vote',
    help: 'Single round; a label is the majority over as many demonstration draws as there are rounds.',
  },
  reuse: {
    ...loop,
    title: 'reuse',
    teacher: 'previous',
    presets: { prompts: 'reused', drawing: 'fixed' },
    help: 'The same prompts with the same demonstrations every round.',
  },
  'isara-single': {
    ...asked,
    title: 'ISARA, single',
    teacher: 'base',
    schedule: 'once',
    help: 'As many samples, all from the base at once.',
  },
  'seed-sft': {
    ...once,
    title: 'seed SFT',
    teacher: 'nobody',
    inputs: 'nothing',
    trainsOnPool: true,
    help: 'Training on the seed set alone.',
  },
  icl: {
    title: 'ICL',
    teacher: 'nobody',
    schedule: 'none',
    inputs: 'nothing',
    trainsOnPool: false,
    presets: { drawing: 'retrieved' },
    help: 'No training: the base with retrieved demonstrations.',
  },
} as const satisfies Record<string, Method>;

export type MethodName = keyof typeof METHODS;
export const isMethodName = (name: string): name is MethodName => Object.hasOwn(METHODS, name);
export const methodOf = (name: MethodName): Method => METHODS[name];
