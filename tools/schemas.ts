/**
 * @file npm run schemas: what is made of the tables of knobs, methods and metrics: the JSON Schemas of experiment files,
 * of results and of task.json, docs/KNOBS.md and docs/LAYOUTS.md. A test holds the files against the tables.
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './schemas/files.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
for (const [path, text] of await generatedFiles()) await writeFile(`${ROOT}${path}`, text);
