/**
 * @file Greedy continuations and logits that transformers computed (python/greedy.py), against a loaded model: token for
 * token but for ties. A tie is a step that the reference decided by less than twice the difference that is allowed to a
 * log-probability; what follows it says nothing more.
 */
import { agreement, compareLogits } from '../metrics/agreement.ts';
import type { FileSource } from '../formats/file-source.ts';
import { readJson } from '../formats/json.ts';
import { check, worst } from './check.ts';
import type { Check } from './check.ts';
import { generateAll } from './generate-all.ts';
import { JsonView } from './json-view.ts';
import type { InferenceSide, TrainingSide } from './sides.ts';

export interface ReferenceRow {
  readonly prompt: readonly number[];
  readonly new: readonly number[];
  readonly logprobs: readonly number[];
  /** Of each new token over the second likeliest. */
  readonly leads: readonly number[];
  /** Some logits behind the prompt. */
  readonly logits: { readonly ids: readonly number[]; readonly values: readonly number[] };
}

const LOGPROB_TOLERANCE = 1e-3;
/** Elements of one tensor in the training runtime; longer rows are left to the labelling one. */
const MOST_ELEMENTS = 2 ** 26;

export async function readReference(source: FileSource, path: string): Promise<ReferenceRow[]> {
  const file = new JsonView(await readJson(source, path), path);
  return file
    .get('rows')
    .list()
    .map((row) => {
      const ids = row.get('new').numbers();
      const places = row.get('logits', 'ids').numbers();
      return {
        prompt: row.get('prompt').numbers(),
        new: ids,
        logprobs: row.get('logprobs').numbers(ids.length),
        leads: row.get('leads').numbers(ids.length),
        logits: { ids: places, values: row.get('logits', 'values').numbers(places.length) },
      };
    });
}

export interface ReferenceChecks {
  readonly checks: readonly Check[];
  /** What was not compared, and why. */
  readonly leftOut: readonly string[];
}

/** Each row alone, so that one long row does not make the others long. */
export async function checkReference(
  inference: InferenceSide,
  training: TrainingSide,
  rows: readonly ReferenceRow[],
  vocabSize: number,
): Promise<ReferenceChecks> {
  const ort = { runtime: 'ort', backend: inference.backend } as const;
  const tfjs = { runtime: 'tfjs', backend: training.backend } as const;
  const checks: Check[] = [];
  const leftOut: string[] = [];
  for (const [i, row] of rows.entries()) {
    const name = `reference row ${i} (${row.prompt.length} tokens)`;
    const [completion] = await generateAll(inference, null, [row.prompt], { maxNewTokens: row.new.length });
    const { ids = [], logprobs = [] } = completion ?? {};
    const parted = row.new.findIndex((id, step) => ids[step] !== id);
    const same = parted < 0 ? row.new.length : parted;
    const isTie = parted >= 0 && (row.leads[parted] ?? Infinity) < 2 * LOGPROB_TOLERANCE;
    const said = parted < 0 ? '' : `, ${isTie ? 'a tie' : 'parted'} at ${parted}`;
    checks.push(check(ort, `${name}: greedy ids${said}`, parted < 0 || isTie ? 0 : row.new.length - same, 0));
    const apart = row.logprobs.slice(0, same).map((value, step) => Math.abs(value - (logprobs[step] ?? NaN)));
    if (!isTie || same > 0) checks.push(check(ort, `${name}: log-probs`, worst(apart), LOGPROB_TOLERANCE));

    const values = Float32Array.from(row.logits.values);
    const isLong = row.prompt.length * vocabSize > MOST_ELEMENTS;
    for (const [side, runtime] of [
      [ort, inference],
      [tfjs, training],
    ] as const) {
      if (runtime === training && isLong) {
        const why = `${row.prompt.length} x ${vocabSize} of them are too many for one tensor`;
        leftOut.push(`${name}: logits of ${side.runtime} (${why})`);
        continue;
      }
      const [all = new Float32Array()] = await runtime.logits(null, [row.prompt]);
      const last = all.subarray((row.prompt.length - 1) * vocabSize);
      const found = Float32Array.from(row.logits.ids, (id) => last[id] ?? NaN);
      const comparison = compareLogits([values], [found]);
      const { tolerance } = agreement(comparison, side.backend, 'right');
      checks.push(check(side, `${name}: logits`, comparison.difference, tolerance));
    }
  }
  return { checks, leftOut };
}
