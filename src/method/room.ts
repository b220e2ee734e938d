/**
 * @file What a model's context has no room for: rows that are longer than it, and demonstrations that do not fit before
 * a prompt. Each loss is counted where it happens and kept with the run's lasting events; where nothing is lost, nothing
 * is kept. losses.ts tells all of a run.
 */
import type { Mode, RowsLeftOut, Shots } from '../words/events.ts';
import { MODES } from '../words/events.ts';
import type { SplitName } from '../words/task.ts';

interface Prompt {
  readonly demonstrations: readonly unknown[];
  readonly leftOut: number;
}

/** The account of some prompts; undefined where all demonstrations fitted. */
export function shotsOf(prompts: readonly Prompt[]): Shots | undefined {
  const leftOut = prompts.reduce((sum, prompt) => sum + prompt.leftOut, 0);
  if (leftOut === 0) return undefined;
  const shown = prompts.reduce((sum, { demonstrations }) => sum + demonstrations.length, 0);
  const bare = prompts.filter((prompt) => prompt.demonstrations.length === 0 && prompt.leftOut > 0).length;
  return { prompts: prompts.length, drawn: shown + leftOut, leftOut, bare };
}

export function addShots(a: Shots | undefined, b: Shots | undefined): Shots | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return {
    prompts: a.prompts + b.prompts,
    drawn: a.drawn + b.drawn,
    leftOut: a.leftOut + b.leftOut,
    bare: a.bare + b.bare,
  };
}

export const isBare = (shots: Shots | undefined): boolean =>
  shots !== undefined && shots.bare === shots.prompts;

/** What a mode is called whose demonstrations were all left out: few-shot it is not. */
export const NO_SHOTS = 'zero-shot: no demonstration fitted';
export const SAID_MODES = [...MODES, NO_SHOTS] as const;
export type SaidMode = (typeof SAID_MODES)[number];

/** The mode as results and the page name it. */
export const saidMode = (mode: Mode, shots: Shots | undefined): SaidMode =>
  mode === 'few-shot' && isBare(shots) ? NO_SHOTS : mode;

const count = (number: number, one: string, many = `${one}s`): string =>
  `${number} ${number === 1 ? one : many}`;

const SPLIT_WORDS: Readonly<Record<SplitName, string>> = {
  pool: 'pool items',
  prompts: 'prompts',
  validation: 'validation items',
  probe: 'probe items',
  test: 'test items',
};

/** @param positions of the model */
export function rowsSentence(rows: readonly RowsLeftOut[], positions: number): string {
  const parts = rows.map(({ split, leftOut, of }) => `${leftOut} of ${of} ${SPLIT_WORDS[split]}`);
  return `Longer than the model's ${positions} positions allow, so never used: ${parts.join(', ')}.`;
}

/** @param what e.g. "Labelling, round 2" */
export function shotsSentence(what: string, shots: Shots): string {
  const { prompts, drawn, leftOut, bare } = shots;
  if (isBare(shots)) return `${what}: zero-shot, no demonstration fitted.`;
  const none = bare === 0 ? '' : `; ${bare} of ${count(prompts, 'prompt')} had none`;
  return `${what}: ${leftOut} of ${count(drawn, 'demonstration')} did not fit${none}.`;
}

export const PURPOSES = { rank: 'Ordering', label: 'Labelling', train: 'Training' } as const;
export type Purpose = keyof typeof PURPOSES;
export const PURPOSE_NAMES: readonly Purpose[] = ['rank', 'label', 'train'];
