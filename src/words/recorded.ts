/** @file The recorded runs that ship with the page (public/recorded; `npm run record` writes them). */

interface Recorded {
  /** As runs name it. */
  readonly model: string;
  readonly task: string;
  /** As people know them. */
  readonly said: Said;
  /** Of data whose texts are not ours to hand on: names of the rows stand in their place. */
  readonly isWithoutTexts: boolean;
}
interface Said {
  readonly model: string;
  readonly task: string;
  /** Of the model, where there is little room. */
  readonly short: string;
}

const madeUp = (task: string) => `${task}, made up`;
const SMOLLM2 = { model: 'smollm2-135m-instruct', name: 'SmolLM2-135M-Instruct', short: 'SmolLM2' };
const GEMMA = { model: 'gemma-3-270m', name: 'Gemma 3 270M', short: 'Gemma 3' };
const of = (
  { model, name, short }: typeof GEMMA,
  task: string,
  said: string,
  isWithoutTexts = false,
): Recorded => ({
  ...{ model, task, said: { model: name, task: said, short }, isWithoutTexts },
});
const withoutTexts = (model: typeof GEMMA, task: string, said: string) => of(model, task, said, true);

/** By the names of their files: the page's own model, then real ones. */
export const RECORDED = {
  nano: of({ model: 'nano', name: 'nano', short: 'nano' }, 'two-cue-topic', madeUp('two-cue-topic')),
  'smollm2-135m-instruct': of(SMOLLM2, 'topic-4', madeUp('topic-4')),
  'gemma-3-270m': of(GEMMA, 'topic-4', madeUp('topic-4')),
  'gemma-3-270m-sst2': withoutTexts(GEMMA, 'sst2', 'SST-2'),
  'gemma-3-270m-trec': withoutTexts(GEMMA, 'trec', 'TREC'),
  'smollm2-135m-instruct-sst2': withoutTexts(SMOLLM2, 'sst2', 'SST-2'),
  'smollm2-135m-instruct-trec': withoutTexts(SMOLLM2, 'trec', 'TREC'),
} as const satisfies Readonly<Record<string, Recorded>>;
export type RecordedName = keyof typeof RECORDED;

const isRecorded = (name: string): name is RecordedName => Object.hasOwn(RECORDED, name);
export const RECORDED_NAMES: readonly RecordedName[] = Object.keys(RECORDED).filter(isRecorded);
/** Of a page that plays it: what stands behind '#'. */
export const playAddress = (name: RecordedName): string => `/run?play=${name}`;
export const recordedPath = (name: RecordedName): string => `recorded/${name}.bootlace.zip`;

/** The one of this model and task; undefined where none ships. */
export const recordedOf = (model: string, task: string): RecordedName | undefined =>
  RECORDED_NAMES.find((name) => RECORDED[name].model === model && RECORDED[name].task === task);

/** A model and a task as people know them; as they are called, where no such run ships. */
export function saidOf(model: string, task: string): Said {
  const name = recordedOf(model, task);
  return name === undefined ? { model, task, short: model } : RECORDED[name].said;
}
