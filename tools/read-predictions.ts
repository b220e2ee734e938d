/** @file predictions.jsonl of an experiment's folder, or its gzipped copy, line by line: it may be larger than a string holds. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { LabError } from '../src/core/errors.ts';
import type { Infer } from '../src/core/shape.ts';
import { checked, count, flag, nullable, objectWith, text, word } from '../src/core/shape.ts';
import { SAID_MODES } from '../src/method/room.ts';
import { EVALUATED_SPLITS } from '../src/words/events.ts';
import { reading } from './file-faults.ts';
import { parseJson } from './read-json.ts';

export const PREDICTIONS = 'predictions.jsonl';

/** What is read of a line. */
const predictionRow = objectWith({
  ...{ task: text, arm: text, seed: count, round: count, item: text, answer: text },
  ...{ split: word(EVALUATED_SPLITS), mode: word(SAID_MODES) },
  /** null where no key is known. */
  correct: nullable(flag),
});
export type PredictionRow = Infer<typeof predictionRow>;

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** Where the folder's predictions are; null where it has none. */
export async function predictionsIn(folder: string): Promise<string | null> {
  const paths = [join(folder, PREDICTIONS), join(folder, `${PREDICTIONS}.gz`)];
  const found = await Promise.all(paths.map(isThere));
  return paths[found.indexOf(true)] ?? null;
}

/** @throws LabError `source-unreadable` naming a folder that has none */
export async function neededPredictions(folder: string): Promise<string> {
  const path = await predictionsIn(folder);
  if (path !== null) return path;
  throw new LabError('source-unreadable', `${folder} has no ${PREDICTIONS}, nor one that is gzipped.`, {
    remedy: 'Name a folder of `npm run experiment` with what each item was answered.',
  });
}

/** @throws LabError `source-unreadable` naming the line that is none */
export async function readPredictions(path: string, take: (row: PredictionRow) => void): Promise<void> {
  await reading(path, async () => {
    const file = createReadStream(path);
    // A stream that fails must fail the one that is read.
    const input = path.endsWith('.gz') ? file.pipe(createGunzip().on('close', () => file.destroy())) : file;
    file.on('error', (cause) => input.destroy(cause));
    let line = 0;
    for await (const row of createInterface({ input, crlfDelay: Infinity })) {
      line++;
      if (row === '') continue;
      const where = `${path}, line ${line}`;
      take(checked(predictionRow, parseJson(row, where, 'source-unreadable'), where, 'source-unreadable'));
    }
  });
}
