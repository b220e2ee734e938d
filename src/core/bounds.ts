/** @file The bounds of a text, a task's row and a number that come from outside; those of a run: words/run-limits.ts. */
import { unboundedOr } from './shape.ts';

/** Characters of a name or an id: of a run, an arm, a model, a task, a row. */
export const LONGEST_NAME = 200;
/** Characters of a label. */
export const LONGEST_LABEL = 1000;
/** Characters of an input, an answer, a template. */
export const LONGEST_TEXT = 100_000;
export const MOST_LABELS = 1000;
export const MOST_CHOICES = 1000;
/** The largest number of a float32: differences of two still are numbers. */
export const FLOAT32_MAX = 3.4028234663852886e38;
/** Of a float32, one that overflowed or is none included. */
export const float = unboundedOr(-FLOAT32_MAX, FLOAT32_MAX);
