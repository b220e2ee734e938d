/** @file The recorded runs that ship with the page (public/recorded; `npm run record` writes them). */

interface Recorded {
  /** As runs name it. */
  readonly model: string;
  readonly task: string;
  /** As people know them. */
  readonly said: { readonly model: string; readonly task: string };
}

const madeUp = (task: string) => `${task}, made up`;
const SMOLLM2 = { model: 'smollm2-135m-instruct', name: 'SmolLM2-135M-Instruct' };
const GEMMA = { model: 'gemma-3-270m', name: 'Gemma 3 270M' };
const of = ({ model, name }: typeof GEMMA, task: string, said: string): Recorded => ({
  ...{ model, task, said: { model: name, task: said } },
});

/** By the names of their files: the page's own model, then real ones. */
export const RECORDED = {
  nano: of({ model: 'nano', name: 'nano' }, 'two-cue-topic', madeUp('two-cue-topic')),
  'smollm2-135m-instruct': of(SMOLLM2, 'topic-4', madeUp('topic-4')),
  'gemma-3-270m': of(GEMMA, 'topic-4', madeUp('topic-4')),
  'gemma-3-270m-sst2': of(GEMMA, 'sst2', 'SST-2'),
  'gemma-3-270m-trec': of(GEMMA, 'trec', 'TREC'),
  'smollm2-135m-instruct-sst2': of(SMOLLM2, 'sst2', 'SST-2'),
  'smollm2-135m-instruct-trec': of(SMOLLM2, 'trec', 'TREC'),
} as const satisfies Readonly<Record<string, Recorded>>;
export type RecordedName = keyof typeof RECORDED;

const isRecorded = (name: string): name is RecordedName => Object.hasOwn(RECORDED, name);
export const RECORDED_NAMES: readonly RecordedName[] = Object.keys(RECORDED).filter(isRecorded);
export const recordedPath = (name: RecordedName): string => `recorded/${name}.bootlace.zip`;
