/** @file The bundled experiments, put into one chunk by the build: the files that `npm run experiment` reads. */
import type { ExperimentFile } from '../ui/data/data-tools.ts';

const files = import.meta.glob(['../../experiments/*.json', '!**/*.schema.json', '!**/methods.json'], {
  eager: true,
  import: 'default',
});

export const experimentFiles: readonly ExperimentFile[] = Object.entries(files).map(([path, json]) => ({
  name: path.slice(path.lastIndexOf('/') + 1, -'.json'.length),
  json,
}));
