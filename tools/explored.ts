/**
 * @file `npm run explored -- DIR...`: which setting an exploration chose (experiments/real/explore-*.json), by validation alone.
 * Each folder is a model of its own.
 */
import { formatMeasure } from '../src/core/figures.ts';
import { LabError } from '../src/core/errors.ts';
import type { Setting } from '../src/analysis/explored.ts';
import { settingsOf } from '../src/analysis/explored.ts';
import { runCommand } from './command-line.ts';
import { readResultRows, readRunJson } from './read-json.ts';
import { armsOf } from './results/arms-of.ts';

async function main(folders: readonly string[]): Promise<number> {
  if (folders.length === 0) {
    throw new LabError('invalid-request', 'No folder was named.', {
      remedy: 'Name one or more folders of experiments/real/explore-*.json.',
    });
  }
  for (const folder of folders) {
    const manifest = await readRunJson(folder);
    const { model, seeds, tasks } = manifest.config;
    console.log(`${model}: ${Object.keys(tasks).join(', ')}, seeds ${seeds.join(', ')}`);
    const cells = Object.keys(tasks).length * seeds.length;
    const settings = settingsOf(armsOf(manifest), await readResultRows(folder), cells);
    for (const { name, arms, scores, score } of settings) {
      const each = arms.map((arm, i) => `${arm.name} ${told(scores[i])}`).join(', ');
      console.log(`  ${name === '' ? 'one setting' : name}: ${told(score)} (${each})`);
    }
    console.log(`  ${chosenOf(settings)}`);
  }
  return 0;
}

function chosenOf(settings: readonly Setting[]): string {
  const [best, next] = settings;
  if (best === undefined || next === undefined) return 'nothing to choose from: fewer than two settings.';
  if (settings.some(({ score }) => score === null))
    return 'nothing is chosen: not every arm has every task and seed, or a setting lacks a method.';
  return best.score === next.score
    ? `nothing is chosen: ${best.name} and ${next.name} tie.`
    : `chosen: ${best.name}`;
}

const told = (score: number | null | undefined): string => (score == null ? 'not run' : formatMeasure(score));

await runCommand(() => main(process.argv.slice(2)));
