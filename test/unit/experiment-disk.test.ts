/** @file Disks that are full, read-only or no folder: a real small file system, where this machine lets us mount one. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { conduct } from '../../tools/experiment/conduct.ts';
import { conductOptions, fakeLab, FILE, freshFolder, inputsOf, readOutput } from './experiment-fakes.ts';

const ROUND = 'adapters/colours/soft+/1/2';
const OUTPUTS = [
  ...['results.jsonl', 'predictions.jsonl', 'samples.jsonl', 'sft/colours/frozen/1/1.jsonl'],
  ...[`${ROUND}/adapter_model.safetensors`, `${ROUND}/adapter_config.json`],
];
const inputs = inputsOf({ ...FILE, seeds: [1] });
const run = (folder: string, isResumed: boolean) =>
  conduct(conductOptions(folder, fakeLab(), { inputs, isResumed }));
const outputs = (folder: string) => OUTPUTS.map((name) => readOutput(folder, name));

const disk = mkdtempSync(join(tmpdir(), 'disk-'));
const mount = (...options: readonly string[]): boolean =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'tmpfs', disk]).status === 0;
const isMounted = mount('size=64k');
if (!isMounted)
  console.warn('SKIPPED: this machine lets nobody mount, so no experiment ran on a disk that is full.');
afterAll(() => {
  if (isMounted) spawnSync('umount', [disk]);
  rmSync(disk, { recursive: true, force: true });
});

describe.skipIf(!isMounted)('an experiment on a small disk', () => {
  it('that is full is told so, and goes on when there is room: the same bytes, wherever it was full', async () => {
    const expected = freshFolder();
    expect(await run(expected, false)).toBe(0);
    const folder = join(disk, 'out');
    let fulls = 0;
    let size = 4;
    for (let isDone = false; !isDone; size += 4) {
      expect(mount('remount', `size=${size}k`)).toBe(true);
      const end = await run(folder, fulls > 0).catch((thrown: unknown) => thrown);
      isDone = end === 0;
      if (isDone) continue;
      fulls++;
      expect(end).toMatchObject({
        code: 'storage-full',
        remedy: expect.stringMatching(/Make room/) as unknown,
      });
    }
    expect(fulls).toBeGreaterThan(10);
    expect(outputs(folder)).toEqual(outputs(expected));

    // A resume of what is done, on a disk without a free byte, takes nothing away.
    expect(() => {
      for (let i = 0; ; i++) writeFileSync(join(disk, `filler${i}`), Buffer.alloc(4096));
    }).toThrow(/ENOSPC/);
    await expect(run(folder, true)).rejects.toMatchObject({ code: 'storage-full' });
    expect(outputs(folder)).toEqual(outputs(expected));
    expect(readdirSync(folder).filter((name) => /lock|part/.test(name))).toEqual([]);
  });

  it('that is read-only is told so', async () => {
    expect(mount('remount', 'ro')).toBe(true);
    await expect(run(join(disk, 'other'), false)).rejects.toThrow(
      /other cannot be written: the disk is read-only/,
    );
    await expect(run(join(disk, 'out'), true)).rejects.toMatchObject({ code: 'storage-unavailable' });
    expect(mount('remount', 'rw')).toBe(true);
  });
});

describe('an --out that is no folder', () => {
  const there = mkdtempSync(join(tmpdir(), 'out-'));
  writeFileSync(join(there, 'file'), 'a file');
  mkdirSync(join(there, 'taken', 'predictions.jsonl'), { recursive: true });

  it.each([
    ['a file', 'file', /cannot be written: .*is a file and no folder/],
    ['below a file', 'file/below', /cannot be written: .*is a file and no folder/],
    ['a name that is too long', 'x'.repeat(300), /too long .*shorter path/],
    ['a path that is too long', 'x/'.repeat(3000), /too long .*shorter path/],
    ['a folder where none can be made', '/proc/self/none', /none cannot be written: /],
    ['a folder of something else', 'taken', /is there already/],
  ])('but %s is refused', async (_, name, said) => {
    const work = run(resolve(there, name), false);
    await expect(work).rejects.toThrow(said);
    await expect(work).rejects.not.toMatchObject({ code: 'internal' });
  });
});
