import { mkdtempSync, writeFileSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_CODES, LabError, REMEDIES } from '../../src/core/errors.ts';
import { exitCode } from '../../tools/command-line.ts';
import { reading, toToolError, writing } from '../../tools/file-faults.ts';

const folder = mkdtempSync(join(tmpdir(), 'faults-'));
const file = join(folder, 'file');
writeFileSync(file, 'text');

const errno = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`${code}: it failed`), { code, ...more });
const refused = (code: string) => () => Promise.reject(errno(code));

describe('what the file system refuses', () => {
  it.each([
    ['ENOSPC', 'storage-full', /cannot be written: the disk is full .*Make room/],
    ['EDQUOT', 'storage-full', /quota .*Make room/],
    ['EFBIG', 'storage-full', /larger than/],
    ['EROFS', 'storage-unavailable', /read-only .*can be written to/],
    ['EACCES', 'storage-unavailable', /permission is denied .*that you may write to/],
    ['EPERM', 'storage-unavailable', /permission is denied/],
    ['EMFILE', 'storage-unavailable', /too many files are open .*ulimit -n/],
    ['ENFILE', 'storage-unavailable', /too many files are open/],
    ['EISDIR', 'storage-unavailable', /it is a folder/],
    ['ENOTDIR', 'storage-unavailable', /is a file and no folder/],
    ['ENOENT', 'storage-unavailable', /no such file or folder/],
    ['ENAMETOOLONG', 'storage-unavailable', /too long .*shorter path/],
    ['EIO', 'storage-unavailable', /the disk failed/],
  ])('%s when writing is told with its own remedy', async (code, labCode, said) => {
    const work = writing('/some/path', refused(code));
    await expect(work).rejects.toMatchObject({ code: labCode });
    await expect(work).rejects.toThrow(said);
    await expect(work).rejects.toThrow(/^\/some\/path cannot be written: /);
    // Node does not always say of which file it speaks.
    expect(toToolError(errno(code, { syscall: 'write' })).code).toBe(labCode);
    expect(toToolError(errno(code, { syscall: 'write' })).remedy).not.toBe(REMEDIES.internal);
  });

  it('when reading is unreadable, with what to do about the reading', async () => {
    await expect(reading('/p', refused('EACCES'))).rejects.toThrow(
      /cannot be read: permission is denied .*right to read/,
    );
    await expect(reading('/p', refused('ENOENT'))).rejects.toMatchObject({ code: 'source-unreadable' });
    expect(toToolError(errno('ENOENT', { syscall: 'open', path: '/p' })).what).toMatch(/^\/p cannot be read/);
  });

  it('is told so by a real file system', async () => {
    const inFile = join(file, 'below');
    await expect(writing(inFile, () => mkdir(inFile, { recursive: true }))).rejects.toThrow(/ENOTDIR/);
    await expect(writing(folder, () => writeFile(folder, ''))).rejects.toThrow(/it is a folder/);
    await expect(reading(folder, () => readFile(folder))).rejects.toThrow(/it is a folder .*Name a file/);
    const long = join(folder, 'x'.repeat(300));
    await expect(writing(long, () => writeFile(long, ''))).rejects.toThrow(/too long/);
    await expect(reading(`${file}-`, () => open(`${file}-`))).rejects.toThrow(/there is no such file/);
    await expect(reading('a\0b', () => readFile('a\0b'))).rejects.toThrow(/this is no path/);
  });

  it('leaves what has nothing to do with files as it was', async () => {
    const error = new TypeError('a defect');
    await expect(writing('/p', () => Promise.reject(error))).rejects.toBe(error);
    expect(toToolError(error)).toMatchObject({ code: 'internal' });
    const own = new LabError('busy', 'It works.');
    expect(toToolError(own)).toBe(own);
  });
});

describe('the exit code', () => {
  it("tells kinds of faults apart, and is never that of success or of a command's own no", () => {
    for (const code of ERROR_CODES) expect(exitCode(code), code).toBeGreaterThan(1);
    const kinds = (
      ['invalid-request', 'storage-full', 'busy', 'worker-died', 'internal', 'cancelled'] as const
    ).map(exitCode);
    expect(new Set(kinds).size).toBe(kinds.length);
  });
});
