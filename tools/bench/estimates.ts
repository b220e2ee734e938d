/**
 * @file How far off the time left was that `npm run experiment` told: the experiment runs to its end in headless Chromium
 * on wasm, every status line is kept with its moment, and beside each stands what was really left. What is read is what a
 * person reads, so the rounding of the words is in it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromiumLab } from '../experiment/chromium-lab.ts';
import { ComputedFiles } from '../experiment/computed.ts';
import { conduct } from '../experiment/conduct.ts';
import { readExperiment, readInputs } from '../experiment/inputs.ts';
import { builtSite } from '../experiment/site.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };

/** "about 1 h 3 min left" in seconds; null where a line tells none. */
export function secondsTold(line: string): number | null {
  const words = /about ((?:\d+ (?:h|min|s) ?)+)left/.exec(line)?.[1];
  if (words === undefined) return null;
  const parts = [...words.matchAll(/(\d+) (h|min|s)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (SECONDS[unit ?? ''] ?? NaN), 0);
}

export interface Told {
  /** Seconds since the first line. */
  readonly at: number;
  readonly left: number;
}

/** The whole by what was told, over what it was: 1 is right, 2 and 0.5 are off by two.
 * @param total seconds from the first line to the end */
export const wholeRatios = (
  told: readonly Told[],
  total: number,
): readonly { share: number; ratio: number }[] =>
  told.map(({ at, left }) => ({ share: at / total, ratio: (at + left) / total }));

export interface Estimates {
  readonly seconds: number;
  readonly lines: number;
  /** Behind a tenth of the run: furthest below and above the whole, as factors. */
  readonly least: number;
  readonly most: number;
  /** At so many tenths of the run, what the whole was said to take over what it took. */
  readonly byTenths: readonly (number | null)[];
}

/** @param file an experiment */
export async function benchEstimates(file: string): Promise<Estimates> {
  const experiment = await readExperiment(file);
  const inputs = await readInputs(experiment, { file, standing: process.cwd() });
  const folder = await mkdtemp(join(tmpdir(), 'bootlace-estimates-'));
  const told: Told[] = [];
  const moments: number[] = [];
  const report = {
    line: (text: string) => process.stderr.write(`${text}\n`),
    status: (text: string) => {
      const left = secondsTold(text);
      if (left === null) return;
      const now = performance.now();
      moments.push(now);
      told.push({ at: (now - (moments[0] ?? now)) / 1000, left });
    },
  };
  try {
    const { modelFolder: model, checkpoint } = inputs;
    const openLab = chromiumLab({
      ...{ site: await builtSite(), model, weights: checkpoint.weights, backend: 'wasm' as const },
      ...{ allowSoftware: false, isHeaded: false, computed: new ComputedFiles(folder) },
    });
    await conduct({
      inputs,
      folder,
      isResumed: false,
      openLab,
      signal: new AbortController().signal,
      report,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const seconds = (performance.now() - (moments[0] ?? NaN)) / 1000;
  const ratios = wholeRatios(told, seconds);
  const later = ratios.filter(({ share }) => share >= 0.1).map(({ ratio }) => ratio);
  const at = (tenth: number) => ratios.find(({ share }) => share >= tenth / 10)?.ratio ?? null;
  return {
    ...{ seconds, lines: told.length, least: Math.min(...later), most: Math.max(...later) },
    byTenths: Array.from({ length: 10 }, (_, tenth) => at(tenth)),
  };
}
