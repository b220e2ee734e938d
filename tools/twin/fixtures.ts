/** @file The twin's fixtures, name to text: one value a line, so that a change is seen where it is. */
import { numberFixtures } from './numbers.ts';
import { promptFixtures } from './prompts.ts';
import { runFixtures } from './runs.ts';
import { textFixtures } from './texts.ts';
import { wordFixtures } from './words.ts';

/** JSON with the entries of the outer lists and objects on lines of their own. */
function text(value: unknown): string {
  if (Array.isArray(value)) return `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const parts = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${text(item)}`);
  return `{\n${parts.join(',\n')}\n}`;
}

export async function twinFixtures(): Promise<ReadonlyMap<string, string>> {
  const values: readonly (readonly [string, unknown])[] = [
    ['numbers.json', numberFixtures()],
    ['words.json', await wordFixtures()],
    ['texts.json', await textFixtures()],
    ['prompts.json', await promptFixtures()],
    ['runs.json', await runFixtures()],
  ];
  return new Map(values.map(([name, value]) => [name, `${text(value)}\n`]));
}
