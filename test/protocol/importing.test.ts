/** @file Importing over the protocol: what comes out of the worker is what the importer makes of the files. */
import type { ImportFile, ImportWishes } from '../../src/words/importing.ts';
import { afterEach, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { SPLITS } from '../../src/words/task.ts';
import type { TaskRow } from '../../src/words/task.ts';
import { inPage } from '../../src/formats/import/in-page.ts';
import { previewImport } from '../../src/formats/import/import-task.ts';
import { Channel } from '../../src/protocol/channel.ts';
import type { ImportPart } from '../../src/protocol/importing.ts';
import { importMethods } from '../../src/protocol/importing.ts';
import { clientOf, handlersOf } from '../../src/protocol/method.ts';
import { serve } from '../../src/protocol/server.ts';
import { fromWire } from '../../src/protocol/wire.ts';
import { importEngine } from '../../workers/import-engine.ts';
import { closePorts, pause, ports, realDelay } from './toy.ts';

afterEach(closePorts);

const csv = (lines: readonly string[]) => ({
  name: 'rooms.csv',
  bytes: new TextEncoder().encode(['text,label', ...lines].join('\n')),
});
const ROWS = Array.from(
  { length: 3000 },
  (_, i) => `room ${i} has a window,${i % 2 === 0 ? 'bright' : 'dark'}`,
);

const preview = (lines: readonly string[], wishes: ImportWishes = {}) => previewOf(csv(lines), wishes);

async function previewOf(file: ImportFile, wishes: ImportWishes = {}) {
  const { page, worker } = ports();
  serve(worker, handlersOf(importMethods, importEngine), { pause });
  const channel = new Channel({ delay: realDelay, onDeath: () => undefined });
  await channel.attach(page, { replay: false });
  const events = clientOf(importMethods, channel).preview({ files: [file], wishes });
  const parts: ImportPart[] = [];
  let next = await events.next();
  for (; next.done !== true; next = await events.next()) parts.push(next.value);
  return { parts, outcome: next.value };
}

describe('a preview from the worker', () => {
  it('is the importer’s own, its rows in parts of bounded size and in their order', async () => {
    const lines = [...ROWS, ROWS[0] ?? '', ',bright'];
    const wishes = {
      name: 'rooms',
      seed: 3,
      labelNames: new Map([
        ['bright', 'light'],
        ['dark', 'dark'],
      ]),
    };
    const { parts, outcome } = await preview(lines, wishes);
    const own = previewImport([csv(lines)], wishes);
    const rows = Object.fromEntries(SPLITS.map((split) => [split, [] as readonly TaskRow[]]));
    for (const part of parts)
      if (part.type === 'rows') rows[part.split] = [...(rows[part.split] ?? []), ...part.rows];
    expect(rows).toEqual(own.imported?.task.splits);
    expect(Math.max(...parts.map((part) => part.rows.length))).toBe(1000);
    expect(outcome.imported?.definition).toEqual(own.imported?.task.definition);
    expect(outcome.imported?.splits).toEqual(own.imported?.report.splits);
    const rejected = parts.flatMap((part) => (part.type === 'rejected' ? part.rows : []));
    expect(rejected).toEqual(own.imported?.report.rejected);
    expect(rejected.map(({ reason }) => reason).sort()).toEqual(['duplicate', 'empty']);
    expect(outcome.files).toEqual(own.files);
    expect(outcome.problem).toBeNull();
  });

  it('carries choices and further answers', async () => {
    const asJson = (rows: readonly unknown[]) => ({
      name: 'rows.jsonl',
      bytes: new TextEncoder().encode(rows.map((row) => JSON.stringify(row)).join('\n')),
    });
    const numbers = Array.from({ length: 200 }, (_, i) => i);
    const questions = numbers.map((i) => ({
      question: `What is ${i} and one?`,
      choices: [`${i + 1}`, `${i + 2}`],
      answer: 0,
    }));
    const open = numbers.map((i) => ({ question: `Name ${i}.`, answer: `n ${i}`, references: [`no. ${i}`] }));
    for (const [rows, kind] of [
      [questions, 'multiple-choice'],
      [open, 'generation'],
    ] as const) {
      const file = asJson(rows);
      const { parts, outcome } = await previewOf(file, { kind });
      const own = previewImport([file], { kind });
      expect(own.imported?.task.definition.kind).toBe(kind);
      expect(outcome.imported?.definition).toEqual(own.imported?.task.definition);
      const test = parts.flatMap((part) => (part.type === 'rows' && part.split === 'test' ? part.rows : []));
      expect(test).toStrictEqual(own.imported?.task.splits.test);
      expect(test[0]).toHaveProperty(kind === 'generation' ? 'references' : 'choices');
    }
  });

  it('says why there is no task in the importer’s own code, words and remedy, with what the page has for an option', async () => {
    const { parts, outcome } = await preview(ROWS.slice(0, 5));
    const { problem } = previewImport([csv(ROWS.slice(0, 5))]);
    expect(parts).toEqual([]);
    expect(outcome.imported).toBeNull();
    const told = outcome.problem === null ? null : fromWire(outcome.problem);
    expect(told).toBeInstanceOf(LabError);
    expect(told).toMatchObject({
      code: 'import-refused',
      what: problem?.what,
      remedy: inPage(problem?.remedy ?? ''),
    });
  });
});
