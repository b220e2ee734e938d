/** @file The golden folders as the tests open them: through the same readers as check-model. */
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { GoldenAdapter, GoldenBase } from '../../src/check/golden-files.ts';
import { readGoldenAdapter, readGoldenBase } from '../../src/check/golden-files.ts';
import type { Checkpoint } from '../../src/formats/checkpoint.ts';
import { openCheckpoint } from '../../src/formats/checkpoint.ts';
import { readAdapter } from '../../src/formats/peft.ts';
import type { Adapter } from '../../src/lora/config.ts';
import { nodeSource } from '../../tools/node-source.ts';

const GOLDEN = new URL('../fixtures/golden/', import.meta.url);

/** Every folder that is there: a new family's fixtures are tested without being named. */
export const FAMILIES = readdirSync(GOLDEN, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

export const folderOf = (family: string): string => fileURLToPath(new URL(family, GOLDEN));

/** The adapters of a family, rank-stabilised ones included. */
export const adaptersOf = (family: string): string[] =>
  readdirSync(folderOf(family))
    .filter((name) => name.startsWith('lora_'))
    .sort();

export interface OpenedGolden {
  readonly checkpoint: Checkpoint;
  readonly golden: GoldenBase;
}

export async function openGolden(family: string): Promise<OpenedGolden> {
  const source = nodeSource(folderOf(family));
  return { checkpoint: await openCheckpoint(source), golden: await readGoldenBase(source) };
}

export interface OpenedAdapter {
  readonly name: string;
  readonly adapter: Adapter;
  readonly after: Adapter | null;
  readonly golden: GoldenAdapter;
}

export async function openGoldenAdapter(
  { checkpoint, golden }: OpenedGolden,
  family: string,
  name: string,
): Promise<OpenedAdapter> {
  const folder = `${folderOf(family)}/${name}`;
  const source = nodeSource(folder);
  const hasTraining = existsSync(`${folder}/after10`);
  return {
    name,
    adapter: await readAdapter(source, checkpoint),
    after: hasTraining ? await readAdapter(nodeSource(`${folder}/after10`), checkpoint) : null,
    golden: await readGoldenAdapter(source, golden.batch),
  };
}
