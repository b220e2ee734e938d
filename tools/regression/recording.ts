/**
 * @file A recording: what an experiment's folder holds and every machine computes alike, as JSON lines that diff well.
 * Weights, trained texts and events stand by their digests; times are left out.
 */
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../src/core/errors.ts';
import type { ExperimentRun } from '../../src/words/experiment.ts';
import { sha256OfText } from '../../src/formats/sha256.ts';
import { fromJson, toJson } from '../../src/store/runs/event-text.ts';
import { runPath } from '../experiment/run-store.ts';

type Fields = Readonly<Record<string, unknown>>;

const RUN = ['task', 'arm', 'seed'] as const;
/** The parts in the order in which a round makes them, each with the fields that say which row it is. */
export const PARTS = {
  config: ['setting'],
  samples: [...RUN, 'round', 'id'],
  adapters: [...RUN, 'round'],
  predictions: [...RUN, 'round', 'split', 'mode', 'item'],
  results: [...RUN, 'round', 'split', 'mode', 'metric'],
  texts: [...RUN, 'round'],
  events: [...RUN, 'event'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type Part = keyof typeof PARTS;
const isPart = (name: string): name is Part => Object.hasOwn(PARTS, name);
export const PART_NAMES: readonly Part[] = Object.keys(PARTS).filter(isPart);

/** Text of each part. */
export type Recording = Readonly<Record<Part, string>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});
const lines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Settings one a row: `arms.soft.rounds`. */
function settings(value: unknown, name: string): readonly unknown[] {
  if (!isFields(value)) return [{ setting: name, value }];
  return Object.entries(value).flatMap(([key, inner]) =>
    settings(inner, name === '' ? key : `${name}.${key}`),
  );
}

/** An event as the log has it, without the times. */
function timeless(event: Fields): Fields {
  return isFields(event.cost) ? { ...event, cost: { tokens: event.cost.tokens } } : event;
}

/** Of a run: a row for each adapter, for each round's trained texts and for each event. */
async function digests(folder: string, run: ExperimentRun) {
  const head = { task: run.task, arm: run.arm.name, seed: run.seed };
  const log = await readFile(join(folder, 'state', `${runPath(run)}.jsonl`), 'utf8');
  // The first line is the log's header.
  const events = log.trimEnd().split('\n').slice(1).map(fromJson).map(fieldsOf).map(timeless);
  const adapters = events.flatMap(({ type, round, adapter }) =>
    type === 'trained' ? [{ ...head, round, ...fieldsOf(adapter) }] : [],
  );
  const sft = join(folder, 'sft', runPath(run));
  const texts: unknown[] = [];
  for (const name of (await readdir(sft)).sort()) {
    const round = Number(name.replace('.jsonl', ''));
    texts.push({ ...head, round, sha256: sha256OfText(await readFile(join(sft, name), 'utf8')) });
  }
  return {
    adapters,
    texts,
    events: events.map((event, i) => {
      const { type, round = 0 } = event;
      return { ...head, event: i, type, round, sha256: sha256OfText(toJson(event)) };
    }),
  };
}

/** What the folder of a finished experiment holds. @param runs all of it, in order */
export async function recordingOf(folder: string, runs: readonly ExperimentRun[]): Promise<Recording> {
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  const found = await Promise.all(runs.map((run) => digests(folder, run)));
  return {
    config: lines(settings(fieldsOf(JSON.parse(await read('run.json'))).config, '')),
    samples: await read('samples.jsonl'),
    adapters: lines(found.flatMap(({ adapters }) => adapters)),
    predictions: await read('predictions.jsonl'),
    results: await read('results.jsonl'),
    texts: lines(found.flatMap(({ texts }) => texts)),
    events: lines(found.flatMap(({ events }) => events)),
  };
}

const pathOf = (folder: string, part: Part): string => join(folder, `${part}.jsonl`);

/** @throws LabError `source-unreadable` naming the file that is missing */
export async function readRecording(folder: string): Promise<Recording> {
  const read = async (part: Part): Promise<string> => {
    try {
      return await readFile(pathOf(folder, part), 'utf8');
    } catch (cause) {
      throw new LabError('source-unreadable', `${pathOf(folder, part)} cannot be read.`, {
        cause,
        remedy: 'Make the recording with npm run regression -- --update.',
      });
    }
  };
  const [config, samples, adapters] = [await read('config'), await read('samples'), await read('adapters')];
  const [predictions, results] = [await read('predictions'), await read('results')];
  return {
    ...{ config, samples, adapters, predictions, results },
    ...{ texts: await read('texts'), events: await read('events') },
  };
}

export async function writeRecording(folder: string, recording: Recording): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const part of PART_NAMES) await writeFile(pathOf(folder, part), recording[part]);
}
