/**
 * @file What the runner writes into run.json (store/runs/manifest.ts). It is written before the first run and is what
 * --resume is held against: another experiment in the same folder is refused, the difference named.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { earlyEnding } from '../../src/analysis/endings.ts';
import { LabError } from '../../src/core/errors.ts';
import type { LastingEvent } from '../../src/words/events.ts';
import { NO_COSTS, withCost } from '../../src/method/costs.ts';
import { byPhase } from '../../src/method/work.ts';
import type { Manifest, RunAccount } from '../../src/store/runs/manifest.ts';
import { floorsOfRun } from '../../src/analysis/floors.ts';
import { lossesOf } from '../../src/analysis/losses.ts';
import type { Plan } from '../../src/words/plan.ts';
import { foldEvents } from '../../src/method/state.ts';
import type { Inputs } from './inputs.ts';
import type { OpenedLab } from './lab-page.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const PACKAGES = ['onnxruntime-web', '@tensorflow/tfjs-core', '@huggingface/transformers'] as const;

function versionIn(file: string): string {
  const json: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const version = typeof json === 'object' && json !== null && 'version' in json ? json.version : '';
  return typeof version === 'string' ? version : '';
}

let known: string | null | undefined;
function commit(): string | null {
  known ??= readCommit();
  return known;
}

function readCommit(): string | null {
  try {
    const git = (...args: string[]) =>
      execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
    return git('rev-parse', 'HEAD') + (isChanged ? ' with changes' : '');
  } catch {
    return null;
  }
}

/** Seconds and tokens by phase, as the events told them; how the run ended, what it lost, what its score is beside. */
export function accountOf({ task, arm, seed }: Plan, events: readonly LastingEvent[]): RunAccount {
  const run = { task: task.definition.id, arm: arm.name, seed };
  const cost = events.reduce(withCost, NO_COSTS);
  const state = foldEvents(events);
  const { metric } = task.definition;
  const found = floorsOfRun(task, state, metric);
  return {
    ...{ ...run, reason: state.end?.reason ?? null, bestRound: state.end?.bestRound ?? null },
    ...{ ended: earlyEnding(state)?.words ?? null, lost: lossesOf(state) },
    floors: found === null ? null : { metric, ...found },
    seconds: byPhase((phase) => cost[phase].milliseconds / 1000),
    tokens: byPhase((phase) => cost[phase].tokens),
  };
}

export function totalsOf(runs: readonly RunAccount[]): Manifest['totals'] {
  const sum = (what: 'seconds' | 'tokens') =>
    byPhase((phase) => runs.reduce((total, run) => total + run[what][phase], 0));
  return { seconds: sum('seconds'), tokens: sum('tokens') };
}

/** @param backend in use, since two devices do not give the same bits */
export function newManifest(inputs: Inputs, { inference, training }: OpenedLab): Manifest {
  const { title, why, question, seeds, arms, claims } = inputs.experiment;
  const taskId = new Map(inputs.tasks.map(({ name, task }) => [name, task.definition.id]));
  return {
    ...{ format: 1, status: 'running', title, why, question },
    config: {
      model: inputs.modelName,
      modelSha256: inputs.modelSha256,
      parameters: inputs.checkpoint.parameters,
      tasks: Object.fromEntries(inputs.tasks.map(({ task, sha256 }) => [task.definition.id, sha256])),
      seeds,
      arms: Object.fromEntries(arms.map(({ name, method, knobs }) => [name, { method, ...knobs }])),
      claims: claims.map((claim) => ({
        ...claim,
        tasks: claim.tasks.map((name) => taskId.get(name) ?? name),
      })),
      backends: `${inference.backend} and ${training.backend}`,
    },
    versions: {
      bootlace: versionIn(`${ROOT}package.json`),
      node: process.version,
      ...Object.fromEntries(
        PACKAGES.map((name) => [name, versionIn(`${ROOT}node_modules/${name}/package.json`)]),
      ),
    },
    commit: commit(),
    ...{ devices: [], runs: [], failed: [], totals: totalsOf([]) },
  };
}

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const shown = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

/** Where two values first differ, as a sentence's end, or null. */
function difference(before: unknown, now: unknown, where: string): string | null {
  if (isPlain(before) && isPlain(now)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
      const found = difference(before[key], now[key], where === '' ? key : `${where}.${key}`);
      if (found !== null) return found;
    }
    return null;
  }
  return shown(before) === shown(now) ? null : `${where} was ${shown(before)}, now it is ${shown(now)}`;
}

/** @throws LabError `invalid-request` naming the first difference in what was run */
export function refuseOther(before: Manifest['config'], now: Manifest['config'], folder: string): void {
  // Through JSON and back, as the one before.
  const plain: unknown = JSON.parse(JSON.stringify(now));
  const found = difference(before, plain, '');
  if (found === null) return;
  throw new LabError('invalid-request', `${folder} holds another experiment: ${found}.`, {
    remedy: 'Take another --out, or the experiment as it was.',
  });
}
