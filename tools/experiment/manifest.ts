/**
 * @file run.json: what was run, on what, with what it cost. It is written before the first run and is what --resume is
 * held against: another experiment in the same folder is refused, the difference named.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { earlyEnding } from '../../src/analysis/endings.ts';
import type { DeviceInfo } from '../../src/words/engine.ts';
import { LabError } from '../../src/core/errors.ts';
import type { EndReason, LastingEvent, Phase } from '../../src/words/events.ts';
import type { Floors } from '../../src/metrics/metric.ts';
import { floorsOfRun } from '../../src/analysis/floors.ts';
import { lossesOf } from '../../src/analysis/losses.ts';
import type { MetricName } from '../../src/analysis/metrics.ts';
import type { Plan } from '../../src/words/plan.ts';
import { foldEvents } from '../../src/method/state.ts';
import { parseJson } from '../read-json.ts';
import type { Inputs } from './inputs.ts';
import type { OpenedLab } from './lab-page.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What must be the same for a run to go on. */
type Identity = Readonly<Record<string, unknown>>;

export interface RunFloors extends Floors {
  readonly metric: MetricName;
  readonly items: number;
}

export interface RunAccount {
  readonly task: string;
  readonly arm: string;
  readonly seed: number;
  readonly reason: EndReason | null;
  readonly bestRound: number | null;
  /** "ended in round 2: nothing was kept by the filters (...)"; null where it went through all its rounds. */
  readonly ended: string | null;
  /** What the model's context had no room for, as sentences. */
  readonly lost: readonly string[];
  /** What the task's metric is without any model on the test items that were scored; null where none were. */
  readonly floors: RunFloors | null;
  readonly seconds: Readonly<Record<Phase, number>>;
  readonly tokens: Readonly<Record<Phase, number>>;
}
export interface RunFault {
  readonly task: string;
  readonly arm: string;
  readonly seed: number;
  readonly code: string;
  readonly message: string;
}
interface DeviceUse {
  readonly since: string;
  readonly inference: DeviceInfo;
  readonly training: DeviceInfo;
  readonly passedOver: readonly string[];
  readonly browser: string;
}

export interface Manifest {
  readonly format: 1;
  readonly status: 'running' | 'finished' | 'finished, some runs ended early' | 'finished with failures';
  readonly title: string;
  readonly why: string;
  readonly question: string;
  readonly config: Identity;
  readonly versions: Readonly<Record<string, string>>;
  /** Of the lab's own sources; null where git does not know. */
  readonly commit: string | null;
  /** Every browser that was opened, in order. */
  readonly devices: readonly DeviceUse[];
  readonly runs: readonly RunAccount[];
  readonly failed: readonly RunFault[];
  readonly totals: Pick<RunAccount, 'seconds' | 'tokens'>;
}

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

const PHASES: readonly Phase[] = ['rank', 'label', 'train', 'evaluate'];
const noPhases = (): Record<Phase, number> => ({ rank: 0, label: 0, train: 0, evaluate: 0 });
const PHASE_OF = { ranked: 'rank', labelled: 'label', trained: 'train', evaluated: 'evaluate' } as const;

/** Seconds and tokens by phase, as the events told them; how the run ended, what it lost, what its score is beside. */
export function accountOf({ task, arm, seed }: Plan, events: readonly LastingEvent[]): RunAccount {
  const run = { task: task.definition.id, arm: arm.name, seed };
  const seconds = noPhases();
  const tokens = noPhases();
  let ended: { readonly reason: EndReason; readonly bestRound: number } | null = null;
  for (const event of events) {
    if (event.type === 'ended') ended = event;
    if (event.type === 'ended' || event.type === 'round-ended') continue;
    const phase = PHASE_OF[event.type];
    seconds[phase] += event.cost.milliseconds / 1000;
    tokens[phase] += event.cost.tokens;
  }
  const state = foldEvents(events);
  const { metric } = task.definition;
  const found = floorsOfRun(task, state, metric);
  return {
    ...{ ...run, reason: ended?.reason ?? null, bestRound: ended?.bestRound ?? null },
    ...{ ended: earlyEnding(state)?.words ?? null, lost: lossesOf(state) },
    floors: found === null ? null : { metric, ...found },
    ...{ seconds, tokens },
  };
}

export function totalsOf(runs: readonly RunAccount[]): Manifest['totals'] {
  const sum = (of: (run: RunAccount) => Readonly<Record<Phase, number>>) => {
    const total = noPhases();
    for (const run of runs) for (const phase of PHASES) total[phase] += of(run)[phase];
    return total;
  };
  return { seconds: sum(({ seconds }) => seconds), tokens: sum(({ tokens }) => tokens) };
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
export function refuseOther(before: Identity, now: Identity, folder: string): void {
  // Through JSON and back, as the one before.
  const plain: unknown = JSON.parse(JSON.stringify(now));
  const found = difference(before, plain, '');
  if (found === null) return;
  throw new LabError('invalid-request', `${folder} holds another experiment: ${found}.`, {
    remedy: 'Take another --out, or the experiment as it was.',
  });
}

/** What a resumed folder tells of itself; the rest is written anew. */
export type Earlier = Pick<Manifest, 'config' | 'versions' | 'commit'> & {
  readonly devices: readonly unknown[];
};

/** @throws LabError `source-unreadable` for a file that is no run.json of ours */
export function readManifest(text: string, path: string): Earlier {
  const json = parseJson(text, path, 'source-unreadable');
  if (isPlain(json) && json.format === 1 && isPlain(json.config) && isPlain(json.versions)) {
    const { config, versions, commit: then, devices } = json;
    return {
      config,
      versions: Object.fromEntries(Object.entries(versions).map(([name, value]) => [name, String(value)])),
      commit: typeof then === 'string' ? then : null,
      devices: Array.isArray(devices) ? devices : [],
    };
  }
  throw new LabError('source-unreadable', `${path} is no run.json of an experiment.`);
}
