/**
 * @file `npm run reference -- DIR`: from the results of experiments/reference.json to public/icl-pool/reference.json,
 * the lines that the page draws before anything ran. Means over seeds; the file says of which weights and seeds.
 */
import { writeFile } from 'node:fs/promises';
import { methodOf } from '../src/words/methods.ts';
import type { ResultRow } from '../src/analysis/result-row.ts';
import { LabError } from '../src/core/errors.ts';
import { runCommand } from './command-line.ts';
import { writing } from './file-faults.ts';
import { readResultRows, readRunJson } from './read-json.ts';

const OUT = 'public/icl-pool/reference.json';

/** Mean over seeds of one figure at the last round that has it (or at the base), rounded to four digits. */
function meanOf(rows: readonly ResultRow[], mode: string, metric: string, isBase: boolean): number | null {
  const found = rows.filter((row) => row.split === 'test' && row.mode === mode && row.metric === metric);
  const wanted = isBase ? 0 : Math.max(...found.map(({ round }) => round));
  const values = found.flatMap(({ round, value }) => (round === wanted ? [value] : []));
  if (values.length === 0) return null;
  return Math.round((values.reduce((sum, value) => sum + value, 0) / values.length) * 1e4) / 1e4;
}

async function main([folder]: readonly string[]): Promise<void> {
  if (folder === undefined) {
    throw new LabError('invalid-request', 'No results were named.', {
      remedy:
        'Run `npm run experiment -- experiments/reference.json --out DIR`, then `npm run reference -- DIR`.',
    });
  }
  const rows = await readResultRows(folder);
  const names = [...new Set(rows.map(({ task }) => task))].sort();
  const tasks = names.map((name) => {
    const own = rows.filter(({ task, method }) => task === name && methodOf(method).teacher === 'key');
    // A multiple-choice task is judged by its choices.
    const constrained = own.some(({ metric }) => metric === 'mc1') ? 'mc1' : 'constrained_accuracy';
    const figures = {
      zeroShot: meanOf(own, 'zero-shot', 'exact_match', true),
      fewShot: meanOf(own, 'few-shot', 'exact_match', true),
      constrained: meanOf(own, 'zero-shot', constrained, true),
      gold: meanOf(own, 'zero-shot', 'exact_match', false),
      seeds: [...new Set(own.map(({ seed }) => seed))],
    };
    return [name, figures] as const;
  });
  const { model: name, modelSha256: sha256 } = (await readRunJson(folder)).config;
  const file = { model: { name, sha256 }, recipe: {}, tasks: Object.fromEntries(tasks) };
  await writing(OUT, () => writeFile(OUT, `${JSON.stringify(file, null, 2)}\n`));
  console.log(`${OUT}: ${names.length} tasks.`);
}

await runCommand(async () => {
  await main(process.argv.slice(2));
  return 0;
});
