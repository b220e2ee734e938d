/** @file A line of results.jsonl: its shape, for whoever reads one back, from which its JSON Schema is written. */
import type { Infer } from '../core/shape.ts';
import { count, finite, nullable, object, text, told, word } from '../core/shape.ts';
import { NO_SHOTS, SAID_MODES } from '../method/room.ts';
import { EVALUATED_SPLITS } from '../words/events.ts';
import { methodName } from '../words/knobs-set.ts';
import { METRIC_NAMES } from './metrics.ts';

export const resultRow = object({
  model: told(text, 'The bundled name, or the folder’s.'),
  task: told(text, 'The task’s id.'),
  arm: told(text, 'The arm’s name.'),
  method: methodName,
  seed: count,
  round: told(count, '0 is the base.'),
  split: told(
    word(EVALUATED_SPLITS),
    'prompts: figures of the labelled samples, of the training on them and, with a mode, of the student that is asked them again.',
  ),
  mode: told(
    nullable(word(SAID_MODES)),
    `null where nobody is asked; "${NO_SHOTS}": asked few-shot, but nothing had room before any prompt.`,
  ),
  metric: word(METRIC_NAMES),
  value: finite,
  n: told(count, 'How many items (of a training loss: tokens) the value is a mean over.'),
});
export type ResultRow = Infer<typeof resultRow>;
