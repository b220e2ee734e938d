/**
 * @file npm run twin-fixtures: writes test/fixtures/twin, what this lab draws, makes, scores and runs where no model is
 * asked. A test holds the files against the code; python/tests holds the twin against the files.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { twinFixtures } from './twin/fixtures.ts';

const FOLDER = fileURLToPath(new URL('../test/fixtures/twin/', import.meta.url));
await mkdir(FOLDER, { recursive: true });
for (const [name, text] of await twinFixtures()) await writeFile(`${FOLDER}${name}`, text);
