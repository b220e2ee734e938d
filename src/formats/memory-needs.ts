/** @file What a model needs in memory, by its config.json alone: of a folder, or of one on a host whose weights stay there. */
import type { Needs } from '../core/memory-need.ts';
import type { SourceDescriptor } from '../core/source.ts';
import { architectureFromConfig } from '../models/families.ts';
import { needsOf } from '../models/memory.ts';
import { readJson } from './json.ts';
import { openSource } from './open-source.ts';

/** @param deviceBytes of the machine, by which activations are kept or computed again; null: not told
 * @throws LabError as the source and architectureFromConfig */
export async function memoryNeeds(source: SourceDescriptor, deviceBytes: number | null): Promise<Needs> {
  const config = await readJson(openSource(source), 'config.json', 'source-unreadable');
  const architecture = architectureFromConfig(config);
  return (batches) => needsOf(architecture, deviceBytes, batches);
}
