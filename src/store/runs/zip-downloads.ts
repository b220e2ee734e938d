/** @file Several files as one: what browsers hand over without asking for each. */
import { zipSync } from 'fflate';
import type { Download } from '../live/run-state.ts';

/** @param name of the folder inside, and of the file without its ending */
export function zipDownloads(files: readonly Download[], name: string): Download {
  const entries = Object.fromEntries(files.map((file) => [`${name}/${file.name}`, file.bytes]));
  // Weights do not compress; what is stored as it is opens everywhere.
  const zipped = zipSync(entries, { level: 0 });
  return { name: `${name}.zip`, type: 'application/zip', bytes: zipped };
}
