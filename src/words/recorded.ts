/** @file The recorded runs that ship with the page (public/recorded; `npm run record` writes them). */

/** Models as their runs name them, with the name that people know: the page's own, then real ones. */
export const RECORDED = {
  nano: 'nano',
  'smollm2-135m-instruct': 'SmolLM2-135M-Instruct',
  'gemma-3-270m': 'Gemma 3 270M',
} as const;
export type RecordedModel = keyof typeof RECORDED;

export const isRecorded = (model: string): model is RecordedModel => Object.hasOwn(RECORDED, model);
export const recordedPath = (model: RecordedModel): string => `recorded/${model}.bootlace.zip`;
