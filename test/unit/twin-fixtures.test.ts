/** @file test/fixtures/twin is what this lab's own code gives: python/tests hold the twin against the same files. */
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { twinFixtures } from '../../tools/twin/fixtures.ts';

const FOLDER = fileURLToPath(new URL('../fixtures/twin/', import.meta.url));

describe("the twin's fixtures", () => {
  it('are what npm run twin-fixtures writes, and nothing else', async () => {
    const fresh = await twinFixtures();
    expect((await readdir(FOLDER)).sort()).toEqual([...fresh.keys()].sort());
    for (const [name, text] of fresh) {
      // Line by line, so that the first that departs is shown.
      expect(text.split('\n'), name).toEqual((await readFile(`${FOLDER}${name}`, 'utf8')).split('\n'));
    }
  });
});
