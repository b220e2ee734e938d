import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LastingEvent } from '../../src/words/events.ts';
import { Log } from '../../tools/experiment/durable.ts';
import { fromJson, toJson } from '../../src/store/runs/event-text.ts';
import { eventFromText, eventToText } from '../../tools/experiment/event-shape.ts';

const fresh = (): string => join(mkdtempSync(join(tmpdir(), 'log-')), 'run.jsonl');
const parse = (line: string): unknown => JSON.parse(line);

describe('a log', () => {
  it('cut at any byte gives its whole lines and takes new ones behind them', async () => {
    const path = fresh();
    const lines = ['{"a":1}', '{"é":"ü"}', '{"c":[1,2]}'];
    const whole = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    for (let cut = 0; cut <= whole.length; cut++) {
      writeFileSync(path, whole.subarray(0, cut));
      const { log, values } = await Log.open(path, parse);
      const kept = lines.filter((_, i) => Buffer.byteLength(lines.slice(0, i + 1).join('\n')) < cut);
      expect(values).toEqual(kept.map(parse));
      await log.append('{"new":true}');
      await log.close();
      expect(readFileSync(path, 'utf8')).toBe([...kept, '{"new":true}', ''].join('\n'));
    }
  });

  it('drops a last line of zeros, and refuses damage before it by naming the line', async () => {
    const path = fresh();
    writeFileSync(path, '{"a":1}\n\0\0\0\n');
    const { log, values } = await Log.open(path, parse);
    await log.close();
    expect(values).toEqual([{ a: 1 }]);
    writeFileSync(path, '{"a":1}\nbroken\n{"b":1}\n');
    await expect(Log.open(path, parse)).rejects.toThrow(/run\.jsonl is damaged at line 2/);
  });
});

describe('an event', () => {
  it('crosses with its adapter bit by bit', () => {
    const a = new Float32Array([1.1, -0, Number.MIN_VALUE, 3e38]);
    const trained: LastingEvent = {
      ...{ type: 'trained', round: 1, curve: [], examples: 3, cost: { tokens: 1, milliseconds: 2 } },
      adapter: {
        config: { r: 1, loraAlpha: 2, useRslora: false, loraDropout: 0, targetModules: ['q_proj'] },
        pairs: new Map([['q_proj', { a, b: new Float32Array([0.1]) }]]),
      },
    };
    expect(eventFromText(eventToText(trained))).toEqual(trained);
  });

  it('keeps numbers that JSON has not', () => {
    const values = [NaN, Infinity, -Infinity, 0.1];
    expect(fromJson(toJson({ values }))).toEqual({ values });
  });

  it('of an unknown shape is refused, the field named', () => {
    const text = toJson({ type: 'round-ended', round: 1, validation: 'high', falls: 0 });
    expect(() => eventFromText(text)).toThrow(/validation: expected/);
  });
});
