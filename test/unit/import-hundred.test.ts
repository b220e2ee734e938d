/** @file The hundred files of all layouts, and 36 more: each comes out as was written down before the importer was looked at. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { given } from '../fixtures/import-cases/cases.ts';
import { hundred } from '../fixtures/import-hundred/hundred.ts';
import { expectCase } from './import-expect.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/import-cases/', import.meta.url));

describe('a file of the hundred', () => {
  it.each(hundred)('$name: $why', async (one) => {
    await expectCase(one);
    expect.hasAssertions();
  });
});

describe('a file as people have it', () => {
  it.each(given)('$name: $why', async ({ files, ...one }) => {
    const read = files.map(async (name) => ({ name, bytes: new Uint8Array(await readFile(FOLDER + name)) }));
    await expectCase({ ...one, files: await Promise.all(read) });
    expect.hasAssertions();
  });
});
