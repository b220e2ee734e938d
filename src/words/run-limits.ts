/**
 * @file The bounds of a run that comes from outside, a file or the disk: what a run of this lab can have and a page can
 * draw. Where a knob bounds it, the knob's own range is the bound.
 */
import { KNOBS } from './knobs.ts';

export const MOST_ROUNDS = KNOBS.rounds.max;
export const MOST_ROWS = 1_000_000;
/** Items that one evaluation can be told to answer. */
export const MOST_PREDICTIONS = KNOBS.testItems.max;
/** Self-labels of a round: all rounds' prompts at once, and as many from the reserve. */
export const MOST_SAMPLES = 2 * KNOBS.rounds.max * KNOBS.promptsPerRound.max;
/** Before one prompt; a task may have a number of its own. */
export const MOST_DEMONSTRATIONS = 128;
/** Tokens of an answer; where the pool's longest answer is the limit, that is the limit. */
export const MOST_TOKENS = 8192;
/** Optimizer steps of a training. */
export const MOST_STEPS = KNOBS.epochs.max * KNOBS.promptsPerRound.max * KNOBS.rounds.max;
/** Choices of an item, or labels of a task. */
export const MOST_CANDIDATES = 1000;
/** Lasting events of a cell: a round has a few for each of its parts, one training, a handful of evaluations in their parts. */
export const MOST_EVENTS = 5000;
export const MOST_CHANGES = 1000;
export const MOST_MODULES = 10_000;
/** Numbers of one module's A or B. */
export const MOST_NUMBERS = 2 ** 28;

/** Tokens or milliseconds of a phase. */
export const MOST_COST = 1e15;
/** Milliseconds since 1970 of the last date with a year of four digits. */
export const LAST_DATE = 253_402_300_799_999;
