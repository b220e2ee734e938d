/** @file The twin's recorded runs (test/fixtures/recorded; python/recordings.py writes them). */
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Infer } from '../../src/core/shape.ts';
import {
  finite,
  like,
  object,
  optional,
  parse,
  recordOf,
  text,
  wholeWithin,
  word,
} from '../../src/core/shape.ts';
import { fromJson } from '../../src/store/runs/event-text.ts';
import { storedEvent } from '../../src/store/runs/run-folder.ts';
import { METHOD_NAMES } from '../../src/words/methods.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/recorded/', import.meta.url));

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const head = object({
  ...{ task: text, arm: text, method: word(METHOD_NAMES), seed: wholeWithin(0) },
  set: like(isObject, 'knobs'),
});
/** Digests of what the model was asked for an event. */
const asked = object({ prompts: optional(text), scored: optional(text), examples: optional(text) });
const line = object({ asked, event: storedEvent });

export type Asked = Infer<typeof asked>;
export interface RecordedRun {
  readonly name: string;
  readonly head: Infer<typeof head>;
  readonly lines: readonly Infer<typeof line>[];
}

const read = (name: string): string => readFileSync(FOLDER + name, 'utf8');
const CODE = 'source-unreadable';

export const recordedRuns = (): readonly RecordedRun[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => {
      const [first, ...rest] = read(name).trimEnd().split('\n').map(fromJson);
      return {
        name: name.replace('.jsonl', ''),
        head: parse(head, first, name, CODE),
        lines: rest.map((value, i) => parse(line, value, `${name}: line ${i + 2}`, CODE)),
      };
    });

const WITHIN = parse(recordOf(finite), fromJson(read('within.json')), 'within.json', CODE);

/** How far numbers of this kind may lie apart: `python -m bootlace compare`'s. */
export function within(kind: string): number {
  const most = WITHIN[kind];
  if (most === undefined) throw new Error(`within.json does not say how far a ${kind} may be off`);
  return most;
}
