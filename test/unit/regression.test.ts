import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compareRecordings, departureLines } from '../../tools/regression/compare.ts';
import type { Part } from '../../tools/regression/recording.ts';
import { PART_NAMES, readRecording } from '../../tools/regression/recording.ts';

const recorded = await readRecording(fileURLToPath(new URL('../regression', import.meta.url)));

/** The recording with one part's lines changed. */
function planted(part: Part, change: (lines: string[]) => readonly string[]) {
  const lines = recorded[part].trimEnd().split('\n');
  return { ...recorded, [part]: `${change(lines).join('\n')}\n` };
}
const departures = (part: Part, change: (lines: string[]) => readonly string[]) =>
  compareRecordings(recorded, planted(part, change));
/** One line changed, which must have been changed. */
const at = (index: number, change: (line: string) => string) => (lines: string[]) =>
  lines.map((line, i) => {
    if (i !== index) return line;
    const changed = change(line);
    expect(changed).not.toBe(line);
    return changed;
  });

/** The number's neighbour: its last binary digit is another. */
function neighbour(value: number): number {
  const floats = new Float64Array([value]);
  const bits = new BigUint64Array(floats.buffer);
  bits[0] = (bits[0] ?? 0n) ^ 1n;
  return floats[0] ?? NaN;
}

describe('the recording', () => {
  it('holds the arms and tasks that it is there for, and departs nowhere from itself', () => {
    const runs = new Set(
      recorded.events
        .trimEnd()
        .split('\n')
        .map((line) => /"task":"([^"]+)","arm":"([^"]+)"/.exec(line)?.slice(1).join(' ')),
    );
    expect([...runs]).toEqual(
      ['two-cue-topic', 'style-answer'].flatMap((task) =>
        ['soft', 'soft+', 'isara', 'frozen-teacher', 'single-round'].map((arm) => `${task} ${arm}`),
      ),
    );
    for (const part of PART_NAMES) expect(recorded[part].length, part).toBeGreaterThan(0);
    expect(compareRecordings(recorded, recorded)).toEqual([]);
    expect(departureLines([])).toEqual(['Every byte is as recorded.']);
  });
});

describe('a departure', () => {
  it('of one label is found, with row, field and both values', () => {
    const change = (line: string) => line.replace(/"self_label":"[^"]*"/, '"self_label":"planted"');
    const line = recorded.samples.split('\n')[5] ?? '';
    const [, id = ''] = /"id":"([^"]*)"/.exec(line) ?? [];
    const [, label = ''] = /"self_label":("[^"]*")/.exec(line) ?? [];
    expect(departures('samples', at(5, change))).toMatchObject([
      {
        part: 'samples',
        row: `two-cue-topic, soft, seed 1, round 1, ${id}`,
        field: 'self_label',
        recorded: label,
        now: '"planted"',
      },
    ]);
  });

  it.each([
    ['results', /"value":(-?[\d.e-]+)/, 'value'],
    ['samples', /"logprobs":\[(-?[\d.e-]+)/, 'logprobs[0]'],
  ] as const)('of the last binary digit of a float in %s is found', (part, pattern, field) => {
    const lines = recorded[part].split('\n');
    const index = lines.findIndex((line) => Number(pattern.exec(line)?.[1]) % 1 !== 0);
    const before = pattern.exec(lines[index] ?? '')?.[1] ?? '';
    const after = String(neighbour(Number(before)));
    const found = departures(
      part,
      at(index, (line) => line.replace(before, after)),
    );
    expect(found).toMatchObject([{ part, field, recorded: before, now: after }]);
  });

  it('of a row that is missing, and of one that is new, is found', () => {
    expect(departures('predictions', (lines) => lines.toSpliced(10, 1))).toMatchObject([
      { part: 'predictions', field: '', now: 'no such row' },
    ]);
    const extra = (lines: string[]) => [
      ...lines,
      (lines[10] ?? '').replace(/"item":"[^"]*"/, '"item":"new"'),
    ];
    expect(departures('predictions', extra)).toMatchObject([
      { part: 'predictions', field: '', recorded: 'no such row' },
    ]);
  });

  it('of a row that stands twice is found', () => {
    const twice = (lines: string[]) => [...lines.slice(0, 3), lines[2] ?? '', ...lines.slice(3)];
    expect(departures('results', twice)).toMatchObject([{ part: 'results', recorded: 'no such row' }]);
  });

  it.each([['adapters'], ['texts'], ['events']] as const)('of a digest of %s is found', (part) => {
    const change = (line: string) =>
      line.replace(
        /("sha256":")(.)/,
        (_, before: string, digit: string) => before + (digit === '0' ? '1' : '0'),
      );
    expect(departures(part, at(0, change))).toMatchObject([{ part, field: 'sha256' }]);
  });

  it('of a setting is found, before all that follows from it', () => {
    const config = planted('config', (lines) =>
      lines.map((line) => line.replace('"arms.soft.epochs","value":3', '"arms.soft.epochs","value":4')),
    ).config;
    const { samples } = planted(
      'samples',
      at(0, (line) => line.replace('"kept"', '"empty"')),
    );
    expect(compareRecordings(recorded, { ...recorded, config, samples })).toMatchObject([
      { part: 'config', row: 'arms.soft.epochs', field: 'value', recorded: '3', now: '4' },
      { part: 'samples' },
    ]);
  });

  it('of the order of rows, or of the bytes of equal values, is found', () => {
    const swapped = ([first = '', second = '', ...rest]: string[]) => [second, first, ...rest];
    expect(departures('results', swapped)[0]?.row).toMatch(/^line 1, .*another order/);
    const spaced = at(2, (line) => line.replace(':', ': '));
    expect(departures('results', spaced)[0]?.row).toMatch(/^line 3, .*other bytes/);
  });

  it('that comes first is told first: the earlier run, then the earlier round, then what a round makes first', () => {
    const lastOf = (part: Part, words: string) => {
      const lines = recorded[part].trimEnd().split('\n');
      return lines.findLastIndex((line) => line.includes(words));
    };
    const drop = (part: Part, words: string) =>
      planted(part, (lines) => lines.toSpliced(lastOf(part, words), 1))[part];
    const now = {
      ...recorded,
      samples: drop('samples', '"task":"style-answer","arm":"soft"'),
      adapters: drop('adapters', '"task":"two-cue-topic","arm":"soft"'),
      results: drop('results', '"task":"two-cue-topic","arm":"soft","method":"soft","seed":1,"round":1'),
    };
    const found = compareRecordings(recorded, now);
    expect(found.map(({ part }) => part)).toEqual(['results', 'adapters', 'samples']);
    const lines = departureLines(found);
    expect(lines[0]).toMatch(/^Departs .* first in results: two-cue-topic, soft, seed 1, round 1/);
    expect(lines.at(-1)).toBe('Rows that depart in all: samples 1, adapters 1, results 1.');
  });
});
