/** @file What was computed, as text that crosses from the page to the tool's folder and back. */
import type { Infer } from '../../src/core/shape.ts';
import { LabError } from '../../src/core/errors.ts';
import { array, count, exactly, object, tagged } from '../../src/core/shape.ts';
import type { Kept } from '../../src/lab/reuse.ts';
import { completion, score, trainStep } from '../../src/words/engine.ts';
import { readText, toJson } from '../../src/store/runs/event-text.ts';
import { crossed, crossing, crossingAdapter } from './event-shape.ts';

const { ids, logprobs, text, finishReason, scores } = completion.entries;
const keptText = tagged('type', [
  object({
    type: exactly('answers'),
    answers: array(object({ row: count, ids, logprobs, text, finishReason, scores })),
  }),
  object({ type: exactly('scores'), scores: array(score) }),
  object({ type: exactly('training'), steps: array(trainStep), adapter: crossingAdapter }),
]);
type KeptText = Infer<typeof keptText>;

export function keptToText(kept: Kept): string {
  const crossingKept: KeptText =
    kept.type === 'training' ? { ...kept, adapter: crossing(kept.adapter) } : kept;
  return toJson(crossingKept);
}

/** @throws LabError `internal` naming what is nothing of the kind */
export function keptFromText(written: string): Kept {
  const kept = readText(
    keptText,
    written,
    (why, cause) => new LabError('internal', `What was computed${why}.`, { cause }),
  );
  return kept.type === 'training' ? { ...kept, adapter: crossed(kept.adapter) } : kept;
}
