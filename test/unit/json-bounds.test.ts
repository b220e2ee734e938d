/** @file JSON that a person gives, bounded before anything walks through it. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { previewImport } from '../../src/formats/import/import-task.ts';
import { readJsonLines } from '../../src/formats/import/json-rows.ts';
import { refuseDeepJson } from '../../src/formats/json-depth.ts';
import { readJson } from '../../src/formats/json.ts';
import { readTask } from '../../src/formats/task-folder.ts';
import { readResultRows, readRunJson } from '../../tools/read-json.ts';

const DEEP = 200_000;
const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const bytes = (text: string) => new TextEncoder().encode(text);
const refuse = (json: string | Uint8Array) => () => {
  refuseDeepJson(json, 'The text', 'invalid-request');
};

describe('the depth of JSON', () => {
  it('is bounded at 100, for lists and objects, as text and as bytes', () => {
    for (const nested of [lists, objects]) {
      expect(refuse(nested(100))).not.toThrow();
      expect(refuse(bytes(nested(100)))).not.toThrow();
      expect(refuse(nested(101))).toThrow('The text has brackets nested more than 100 deep.');
      expect(refuse(bytes(nested(101)))).toThrow(/nested more than 100 deep/);
    }
  });

  it('counts no bracket in a text, whatever is escaped there, and none that is closed', () => {
    expect(refuse(JSON.stringify(`"\\${'['.repeat(500)}\\"é😀`))).not.toThrow();
    expect(refuse(bytes(JSON.stringify(`\\\\"${'{'.repeat(500)}`)))).not.toThrow();
    expect(refuse(`["\\\\", ${lists(100)}]`)).toThrow(/nested/);
    expect(refuse('[[]],'.repeat(500))).not.toThrow();
  });
});

describe('files nested without end are refused in words', () => {
  it.each(['config.json', 'model.safetensors.index.json'])('%s of a model', async (name) => {
    const config = bytes('{"model_type": "llama"}');
    const files = new Map([
      ['config.json', config],
      [name, bytes(`{"model_type": ${lists(DEEP)}}`)],
    ]);
    const work = readJson(memorySource(files, 'model'), name);
    await expect(work).rejects.toMatchObject({ code: 'model-integrity' });
    await expect(work).rejects.toThrow(/nested more than 100 deep/);
    await expect(openCheckpoint(memorySource(files, 'model'))).rejects.toBeInstanceOf(LabError);
  });

  it('task.json of a task', async () => {
    const work = readTask(memorySource(new Map([['task.json', bytes(`{"id": ${objects(DEEP)}}`)]]), 'task'));
    await expect(work).rejects.toMatchObject({ code: 'task-integrity' });
    await expect(work).rejects.toThrow(/task\.json .* nested more than 100 deep/);
  });

  it('a JSON file that is imported; as JSON lines, only the line', () => {
    const row = (value: string) => `{"text": ${value}, "label": "a"}`;
    const whole = previewImport([{ name: 'rows.json', bytes: bytes(`[${row(objects(DEEP))}]`) }]);
    expect(whole.problem).toMatchObject({ code: 'import-refused' });
    expect(whole.problem?.message).toMatch(/rows\.json has brackets nested/);
    const lines = [row('"one"'), row(objects(DEEP)), row('"two"')].join('\n');
    const { rows, rejected } = readJsonLines(
      { text: lines, notes: [], encoding: { name: 'utf-8', how: 'bytes' } as const },
      'rows.jsonl',
    );
    expect(rows.map(({ line }) => line)).toEqual([1, 3]);
    expect(rejected).toMatchObject([
      { line: 2, reason: 'malformed', detail: expect.stringMatching(/nested more than 100 deep/) as unknown },
    ]);
  });

  it('run.json and results.jsonl of an experiment, the line named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'results-'));
    writeFileSync(join(folder, 'run.json'), lists(DEEP));
    writeFileSync(join(folder, 'results.jsonl'), `{"a":1}\n${objects(DEEP)}\n`);
    await expect(readRunJson(folder)).rejects.toThrow(/run\.json has brackets nested/);
    await expect(readResultRows(folder)).rejects.toThrow(/results\.jsonl, line 2, has brackets nested/);
    writeFileSync(join(folder, 'results.jsonl'), '{"a":1}\n{"a":\n');
    await expect(readResultRows(folder)).rejects.toThrow(/results\.jsonl, line 2, is no JSON/);
    writeFileSync(join(folder, 'results.jsonl'), '{"a":1}\n{"a":2}\n');
    await expect(readResultRows(folder)).rejects.toThrow(/results\.jsonl, row 1: model: missing/);
    mkdirSync(join(folder, 'empty'));
    const missing = readResultRows(join(folder, 'empty'));
    await expect(missing).rejects.toMatchObject({ code: 'source-unreadable' });
  });
});
