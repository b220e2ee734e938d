import { strToU8, zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { METHODS } from '../../src/words/methods.ts';
import { adapterHash, withoutNumbers } from '../../src/lora/hash.ts';
import { MOST_FILE_BYTES, readRunFile, refuseLarge, writeRunFile } from '../../src/store/runs/run-file.ts';
import type { Opened } from './run-files.ts';
import { changed, entriesOf, goodRunFile, putTogether, takeApart } from './run-files.ts';

let good: Uint8Array<ArrayBuffer>;
let parts: Opened;
beforeAll(async () => {
  good = await goodRunFile();
  parts = takeApart(good);
});

/** The code and words of the refusal; '' where the file was read. */
function refusal(bytes: Uint8Array): string {
  try {
    readRunFile(bytes, 'hostile.zip');
    return '';
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    expect(thrown.code).toBe('import-refused');
    expect(thrown.message.length).toBeLessThan(600);
    return thrown.what;
  }
}
const withChange = (file: string, path: readonly (string | number)[], to: unknown): string =>
  refusal(putTogether({ ...parts, json: { ...parts.json, [file]: changed(parts.json[file], path, to) } }));
/** In the first event of a type. */
const inEvent = (type: string, path: readonly (string | number)[], to: unknown): string => {
  const events = parts.json['events/0.jsonl'];
  const at = Array.isArray(events)
    ? events.findIndex((event: { type?: unknown }) => event.type === type)
    : -1;
  expect(at).toBeGreaterThanOrEqual(0);
  return withChange('events/0.jsonl', [at, ...path], to);
};

describe('a good file', () => {
  it.each(Object.keys(METHODS))('of a run of %s is read', async (method) => {
    const file = readRunFile(await goodRunFile(encodeURIComponent(method)), 'a run');
    expect(file.status).toBe('done');
    expect([...file.events.values()][0]?.at(-1)?.type).toBe('ended');
  });

  it('with every knob that adds events, and with two seeds, is read', async () => {
    const knobs =
      '&seeds=3,4&acrossRounds=hard-first&withinRound=easy-first&earlyStopping=true&replay=0.5&prompts=reused';
    expect(readRunFile(await goodRunFile('soft,vote,isara', knobs), 'a run').events.size).toBe(6);
  });

  it('of a run that labels prompts again is read, with more self-labels than it has prompts and reserves', async () => {
    const knobs = '&rounds=5&promptsPerRound=4&isaraAttempts=1';
    const { events } = readRunFile(await goodRunFile('relabel', knobs), 'a run');
    const told = [...events.values()].flat();
    const samples = told.flatMap((event) => (event.type === 'labelled' ? event.samples : []));
    expect(samples.length).toBeGreaterThanOrEqual((1 + 2 + 3 + 4 + 5) * 4);
  });

  it('taken apart and put together is the same run', () => {
    expect(readRunFile(putTogether(parts), 'a')).toEqual(readRunFile(good, 'a'));
  });
});

describe('the adapters of a file', () => {
  const adaptersOf = (bytes: Uint8Array) =>
    [...readRunFile(bytes, 'a run').events.values()].flatMap((events) =>
      events.flatMap((event) => (event.type === 'trained' ? [event.adapter] : [])),
    );
  /** The lines of all trainings, each changed. */
  const withLines = (change: (line: Record<string, unknown>, i: number) => unknown): Opened['json'] => {
    let i = 0;
    const lines = parts.json['events/0.jsonl'];
    const events: unknown[] = Array.isArray(lines) ? lines : [];
    return {
      ...parts.json,
      'events/0.jsonl': events.map((event) =>
        changed(event, ['adapter'], (line: unknown) =>
          typeof line === 'object' && line !== null ? change({ ...line }, i++) : undefined,
        ),
      ),
    };
  };

  it('stand in files that are named by their hashes', () => {
    const names = adaptersOf(good).map((adapter) => `adapters/${adapterHash(adapter)}.bin`);
    expect(names).toHaveLength(2);
    expect(Object.keys(parts.binary).sort()).toEqual(names.sort());
  });

  it('that several cells trained alike stand there once', async () => {
    const file = await goodRunFile('soft,soft', '&rounds=1');
    const read = adaptersOf(file);
    expect(read.length).toBeGreaterThan(1);
    expect(new Set(read.map(adapterHash)).size).toBe(Object.keys(takeApart(file).binary).length);
  });

  it('are read from the numbered files of before', () => {
    const names = Object.keys(parts.binary);
    const json = withLines((line) => ({ ...line, file: `adapters/${names.indexOf(String(line.file))}.bin` }));
    const binary = Object.fromEntries(
      Object.values(parts.binary).map((file, i) => [`adapters/${i}.bin`, file]),
    );
    expect(readRunFile(putTogether({ json, binary }), 'a')).toEqual(readRunFile(good, 'a'));
  });

  it('are refused where a file holds another one than its name says', () => {
    const [first = '', second = ''] = Object.keys(parts.binary);
    const swapped = {
      [first]: parts.binary[second] ?? new Uint8Array(),
      [second]: parts.binary[first] ?? new Uint8Array(),
    };
    expect(refusal(putTogether({ json: parts.json, binary: swapped }))).toMatch(
      /holds another adapter than its name/,
    );
    const json = withLines((line, i) => (i === 0 ? { ...line, baseSha256: '00' } : line));
    expect(refusal(putTogether({ ...parts, json }))).toMatch(/holds another adapter than its name/);
  });

  it('may be left out: the run opens, and is written again as it was', () => {
    const read = readRunFile(good, 'a');
    const bare = [...read.events].map(
      ([cell, events]) =>
        [
          cell,
          events.map((event) =>
            event.type === 'trained' ? { ...event, adapter: withoutNumbers(event.adapter) } : event,
          ),
        ] as const,
    );
    const bytes = writeRunFile({ ...read, events: new Map(bare) });
    const opened = takeApart(bytes);
    expect(opened.binary).toEqual({});
    const again = readRunFile(bytes, 'a');
    expect([...again.events]).toEqual(bare);
    expect(adaptersOf(bytes).map(adapterHash)).toEqual(adaptersOf(good).map(adapterHash));
    expect(takeApart(writeRunFile(again))).toEqual(opened);
  });

  it('that are left out and have numbers all the same are refused', () => {
    const json = withLines((line) => ({ ...line, absent: 'x' }));
    expect(refusal(putTogether({ ...parts, json }))).toMatch(/no such field|nothing in it names/);
  });
});

describe('a number, text or list beyond what a run can have is refused by its place', () => {
  it.each<[string, string, (string | number)[], unknown, RegExp]>([
    ['a date that no calendar has', 'run.json', ['createdAt'], 1e308, /createdAt: expected a number from 0/],
    ['a date before all', 'run.json', ['createdAt'], -1e300, /createdAt/],
    [
      'a name of 2 MB',
      'run.json',
      ['name'],
      'x'.repeat(2e6),
      /name: expected text of 1 to 200 characters, found 2000000/,
    ],
    ['no name', 'run.json', ['name'], '', /name: expected text of 1 to 200/],
    [
      '5,000 seeds',
      'run.json',
      ['setup', 'seeds'],
      Array.from({ length: 5000 }, (_, i) => i),
      /seeds: expected an array of at most 20, found one of 5000/,
    ],
    ['a seed twice', 'run.json', ['setup', 'seeds'], [1, 1], /seeds: must differ/],
    ['no seed', 'run.json', ['setup', 'seeds'], [], /seeds: must be 1 to 20/],
    ['no arm', 'run.json', ['setup', 'arms'], [], /arms: must be 1 to 12/],
    [
      'a knob out of its range',
      'run.json',
      ['setup', 'shared', 'rounds'],
      1e9,
      /rounds: must be a whole number from 1 to 20/,
    ],
    [
      'a knob that every object has',
      'run.json',
      ['setup', 'shared', 'constructor'],
      1,
      /shared.constructor: no such knob/,
    ],
    ['knobs as a list', 'run.json', ['setup', 'shared'], [], /shared: expected an object/],
    [
      'a preamble of 1 MB',
      'run.json',
      ['setup', 'shared', 'preamble'],
      'x'.repeat(1e6),
      /preamble: must be text of at most/,
    ],
    ['a cell that is no arm and seed', 'run.json', ['cells', 0], 'soft/99', /soft\/99/],
    ['a cell twice', 'run.json', ['cells'], ['soft/1', 'soft/1'], /events\/1.jsonl|named twice/],
    ['a task without rows', 'task.json', ['splits', 'test'], [], /no row of the task's test/],
    ['a row twice', 'task.json', ['splits', 'pool', 1, 'id'], 'pool-0', /two rows of the task's pool/],
    [
      'an input of 1 MB',
      'task.json',
      ['splits', 'pool', 0, 'input'],
      'x'.repeat(1e6),
      /input: expected text of at most 100000/,
    ],
    [
      'a thousand and one labels',
      'task.json',
      ['definition', 'labels'],
      Array(1001).fill('a'),
      /labels: expected an array of at most 1000/,
    ],
    [
      'a million demonstrations',
      'task.json',
      ['definition', 'k'],
      1e6,
      /k: expected a whole number from 0 to 128/,
    ],
  ])('%s', (_, file, path, to, expected) => {
    expect(withChange(file, path, to)).toMatch(expected);
  });

  it.each<[string, string, (string | number)[], unknown, RegExp]>([
    [
      'a round beyond all rounds',
      'evaluated',
      ['round'],
      100_000_000,
      /round: expected a whole number from 0 to 20/,
    ],
    ['a round beyond the setup’s', 'evaluated', ['round'], 17, /round 17, of 2 rounds/],
    ['a best round beyond', 'ended', ['bestRound'], 9, /round 9, of 2/],
    ['half a round', 'trained', ['round'], 0.5, /round/],
    ['a loss beyond float32', 'trained', ['curve', 0, 'loss'], 1e300, /loss: expected a number from/],
    ['a step behind the last', 'trained', ['curve', 0, 'step'], 1000, /step: 1000 of/],
    [
      'a rank beyond the knob',
      'trained',
      ['adapter', 'config', 'r'],
      100_000,
      /config.r: expected a whole number from 1 to 256/,
    ],
    [
      'an adapter of other numbers than its file has',
      'trained',
      ['adapter', 'modules', 0, 'a'],
      7,
      /has 12 bytes, its modules need 32/,
    ],
    [
      'an adapter of more numbers than there are',
      'trained',
      ['adapter', 'modules', 0, 'a'],
      2 ** 28,
      /bytes, its modules need/,
    ],
    [
      'an adapter in a place of its own',
      'trained',
      ['adapter', 'file'],
      '../../etc/passwd',
      /expected one of adapters/,
    ],
    ['an adapter in a text file', 'trained', ['adapter', 'file'], 'run.json', /expected one of adapters/],
    ['a validation beyond 1', 'round-ended', ['validation'], 7, /validation: expected a number from 0 to 1/],
    ['a chance without its token', 'labelled', ['samples', 0, 'logprobs'], [], /logprobs: 0 for/],
    [
      'an answer to no row',
      'evaluated',
      ['evaluation', 'predictions', 0, 'id'],
      'nobody',
      /"nobody", which is no row of the task's/,
    ],
    ['time that ran backwards', 'evaluated', ['cost', 'milliseconds'], -1, /milliseconds/],
    ['time without end', 'evaluated', ['cost', 'milliseconds'], { $number: 'Infinity' }, /milliseconds/],
    ['an event without a type', 'evaluated', ['type'], 'constructor', /type: expected one of/],
  ])('%s', (_, type, path, to, expected) => {
    expect(inEvent(type, path, to)).toMatch(expected);
  });

  it('events that stand twice, or come after the end', () => {
    const found = parts.json['events/0.jsonl'];
    if (!Array.isArray(found)) throw new Error('no events');
    const events: readonly { readonly type?: unknown }[] = found;
    const of = (list: readonly unknown[]) =>
      refusal(putTogether({ ...parts, json: { ...parts.json, 'events/0.jsonl': list } }));
    const evaluated = events.find((event) => event.type === 'evaluated');
    const trained = events.find((event) => event.type === 'trained');
    const labelled = events.find((event) => event.type === 'labelled');
    expect(of([evaluated, ...events])).toMatch(/stands there twice/);
    expect(of([trained, ...events])).toMatch(/trained of round 1 stands there twice/);
    expect(of([labelled, ...events])).toMatch(/labelled twice/);
    expect(of([...events, evaluated])).toMatch(/after the end/);
    expect(of(Array<unknown>(5500).fill(evaluated))).toMatch(/more than 5000 lines/);
  });

  it('fields that every object inherits, and fields of no shape, anywhere', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'x'.repeat(5000)]) {
      for (const value of [null, {}, 'x']) {
        expect(withChange('run.json', [name], value), name).toMatch(/no such field/);
        expect(withChange('run.json', ['setup', name], value), name).toMatch(/no such field/);
        expect(withChange('task.json', ['definition', name], value), name).toMatch(/no such field/);
        expect(withChange('task.json', ['splits', 'pool', 0, name], value), name).toMatch(/no such field/);
        expect(inEvent('evaluated', ['evaluation', 'predictions', 0, name], value), name).toMatch(
          /no such field/,
        );
        expect(withChange('run.json', [], { [name]: value }), name).not.toBe('');
      }
    }
    expect(withChange('run.json', ['name'], { constructor: null })).toMatch(
      /name: expected text, found an object/,
    );
    expect(withChange('run.json', [], null)).toMatch(/expected an object, found null/);
  });
});

describe('a zip that is no run’s', () => {
  const files = () => entriesOf(parts);
  /** All places of some bytes in others. */
  const find = (bytes: Uint8Array, wanted: Uint8Array): number[] =>
    Array.from({ length: bytes.length }, (_, i) => i).filter((i) =>
      wanted.every((byte, j) => bytes[i + j] === byte),
    );
  const patched = (bytes: Uint8Array, at: number, values: readonly number[]): Uint8Array => {
    const copy = bytes.slice();
    copy.set(values, at);
    return copy;
  };
  const ENTRY = [0x50, 0x4b, 1, 2];

  it.each([
    '../run.json',
    '/etc/passwd',
    'C:\\run.json',
    'events/../x',
    'notes.txt',
    'adapters/0.exe',
    'run.json/x',
    '',
  ])('with an entry "%s"', (name) => {
    expect(refusal(zipSync({ ...files(), [name]: strToU8('x') }))).toMatch(
      /has an entry named|which no run has/,
    );
  });

  it('with an entry that nothing names, or without one that is named', () => {
    expect(refusal(zipSync({ ...files(), 'adapters/77.bin': new Uint8Array(4) }))).toMatch(
      /nothing in it names/,
    );
    expect(refusal(zipSync({ ...files(), 'events/7.jsonl': new Uint8Array(0) }))).toMatch(
      /nothing in it names/,
    );
    for (const name of ['run.json', 'task.json', 'events/0.jsonl', ...Object.keys(parts.binary)])
      expect(
        refusal(zipSync(Object.fromEntries(Object.entries(files()).filter(([own]) => own !== name)))),
      ).toMatch(`it has no ${name}`);
  });
  it('with an entry twice', () => {
    const two = zipSync({ ...files(), 'events/1.jsonl': new Uint8Array(0) });
    const places = find(two, strToU8('events/1.jsonl'));
    expect(places).toHaveLength(2);
    let doubled: Uint8Array = two;
    for (const at of places) doubled = patched(doubled, at, [...strToU8('events/0.jsonl')]);
    expect(refusal(doubled)).toMatch(/"events\/0.jsonl" twice/);
  });

  it('with one name in the directory and another where it stands', () => {
    const [local] = find(good, strToU8('run.json'));
    expect(refusal(patched(good, local ?? 0, [...strToU8('fun.json')]))).toMatch(/another name/);
  });

  it('that is cut off anywhere, empty, or something else', () => {
    for (let size = 0; size < good.length; size += Math.max(1, Math.floor(good.length / 97)))
      expect(refusal(good.slice(0, size))).not.toBe('');
    expect(refusal(strToU8('no zip'))).toMatch(/it is no zip file/);
    expect(refusal(new Uint8Array([...good, 1, 2, 3]))).not.toBe('');
  });

  it('whose checksum or sizes are not those of what is in it', () => {
    const [entry = 0] = find(good, new Uint8Array(ENTRY));
    expect(refusal(patched(good, entry + 16, [1, 2, 3, 4]))).toMatch(/damaged: its checksum is another/);
    // Claims less than it has, then more.
    expect(refusal(patched(good, entry + 24, [1, 0, 0, 0]))).toMatch(/unpacks to more than it says|checksum/);
    expect(refusal(patched(good, entry + 24, [0, 0, 0, 0x10]))).toMatch(/more than 200 times its size/);
    expect(refusal(patched(good, entry + 20, [0xff, 0xff, 0xff, 0x7f]))).toMatch(
      /reaches into what comes after/,
    );
    expect(refusal(patched(good, entry + 42, [0xff, 0xff, 0, 0]))).not.toBe('');
  });

  it('that is encrypted, packed otherwise, or claims more entries than a run has', () => {
    const [entry = 0] = find(good, new Uint8Array(ENTRY));
    expect(refusal(patched(good, entry + 8, [1, 0]))).toMatch(/encrypted/);
    expect(refusal(patched(good, entry + 10, [12, 0]))).toMatch(/method other than deflate/);
    const end = good.length - 22;
    expect(refusal(patched(patched(good, end + 8, [0xfe, 0xff]), end + 10, [0xfe, 0xff]))).toMatch(
      /65534 entries/,
    );
    expect(refusal(patched(good, end + 16, [0xff, 0xff, 0xff, 0xff]))).toMatch(/zip64/);
  });

  it('that is small and unpacks to much', () => {
    const bomb = zipSync({ ...files(), 'adapters/0.bin': new Uint8Array(64 * 1024 ** 2) }, { level: 9 });
    expect(bomb.length).toBeLessThan(200_000);
    expect(refusal(bomb)).toMatch(/"adapters\/0.bin" would unpack to more than 200 times its size/);
  });

  it('that is larger than any run, before it is read', () => {
    expect(() => {
      refuseLarge({ name: 'large.zip', size: MOST_FILE_BYTES + 1 });
    }).toThrow(/large.zip is no run of this lab: it has \d+ bytes/);
  });

  it('with JSON that is none, or nested without end', () => {
    expect(refusal(zipSync({ ...files(), 'task.json': strToU8('{') }))).toMatch(/task.json is no JSON/);
    const deep = strToU8(`${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    expect(refusal(zipSync({ ...files(), 'task.json': deep }, { level: 0 }))).toMatch(/task.json/);
    expect(
      refusal(zipSync({ ...files(), 'run.json': new Uint8Array(5 * 1024 ** 2).fill(32) }, { level: 0 })),
    ).toMatch(/run.json has 5242880 bytes/);
  });
});
