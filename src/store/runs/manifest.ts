/**
 * @file run.json of a folder that unattended work leaves: what was run, on what, with what it cost. The runner writes it
 * (tools/experiment), the Python twin too; --resume, the results page and the page itself read it. Fields that an older
 * version did not tell may be absent; others than these are passed over.
 */
import { memoryUse } from '../../core/memory.ts';
import { METRIC_NAMES } from '../../analysis/metrics.ts';
import type { Infer } from '../../core/shape.ts';
import {
  array,
  count,
  either,
  exactly,
  finite,
  nullable,
  objectWith,
  optional,
  recordOf,
  text,
  textWithin,
  within,
  word,
} from '../../core/shape.ts';
import { endReason } from '../../words/events.ts';
import { claim } from '../../words/experiment.ts';
import { LONGEST_NAME, LONGEST_TEXT } from '../../core/bounds.ts';

export const MANIFEST_FILE = 'run.json';
export const MOST_MANIFEST_BYTES = 64 * 1024 ** 2;

const some = within(0, Number.MAX_VALUE);
const byPhase = objectWith({ rank: some, label: some, train: some, evaluate: some });
const costs = { seconds: byPhase, tokens: byPhase };
const which = { task: text, arm: text, seed: count };

const account = objectWith({
  ...which,
  reason: nullable(endReason),
  bestRound: nullable(count),
  /** "ended in round 2: nothing was kept by the filters (...)"; null where it went through all its rounds. */
  ended: optional(nullable(text)),
  /** What the model's context had no room for, as sentences. */
  lost: optional(array(text)),
  /** What the task's metric is without any model on the test items that were scored; null where none were. */
  floors: optional(
    nullable(
      objectWith({
        metric: word(METRIC_NAMES),
        ...{ items: count, chance: nullable(finite), majority: nullable(finite) },
      }),
    ),
  ),
  ...costs,
});
export type RunAccount = Required<Infer<typeof account>>;

const runFault = objectWith({ ...which, code: text, message: text });
export type RunFault = Infer<typeof runFault>;

/** Of words/engine.ts' DeviceInfo, what is read back. */
const device = objectWith({ backend: text, description: text });
/** The page's two workers, in one browser. */
const ofPage = objectWith({
  ...{ since: text, inference: device, training: device },
  ...{ passedOver: array(text), browser: text },
  /** What the workers held, and at most while they worked and while they loaded; of runs that were done. */
  memory: optional(objectWith({ labelling: memoryUse, training: memoryUse })),
});
const ofTwin = objectWith({ since: text, device: text, description: text });
const deviceUse = either(ofPage, ofTwin, 'the devices of a page, or the twin’s');

export const manifest = objectWith({
  format: exactly(1),
  status: word(['running', 'finished', 'finished, some runs ended early', 'finished with failures']),
  ...{ title: textWithin(LONGEST_TEXT), why: text, question: text },
  /** What must be the same for a run to go on. */
  config: objectWith({
    model: textWithin(LONGEST_NAME, 1),
    modelSha256: textWithin(LONGEST_NAME),
    parameters: count,
    /** By id, the digest of the rows. */
    tasks: recordOf(text),
    seeds: array(count),
    /** By name, the method with all knobs. */
    arms: recordOf(objectWith({ method: text })),
    claims: array(claim),
    backends: text,
  }),
  versions: recordOf(text),
  /** Of the lab's own sources; null where git does not know. */
  commit: nullable(text),
  /** Every browser that was opened, in order. */
  devices: array(deviceUse),
  runs: array(account),
  failed: array(runFault),
  totals: objectWith(costs),
});
export type Manifest = Infer<typeof manifest>;
type DeviceUse = Manifest['devices'][number];

/** What it ran on: of a page both workers, where they differ. */
export function deviceWords(use: DeviceUse): string {
  if ('device' in use) return `PyTorch, ${use.device} (${use.description})`;
  const words = [use.inference, use.training].map((one) => `${one.backend} (${one.description})`);
  return [...new Set(words)].join(' and ');
}
