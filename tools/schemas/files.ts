/** @file The generated files, path to text, formatted as the project's files are. */
import { format, resolveConfig } from 'prettier';
import { fileURLToPath } from 'node:url';
import { experimentSchema, methodsSchema, resultsSchema, taskSchema } from './json-schemas.ts';
import { knobsPage } from './knobs-page.ts';
import { layoutsPage } from './layouts-page.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export async function generatedFiles(): Promise<ReadonlyMap<string, string>> {
  const files = new Map([
    ['experiments/experiment.schema.json', JSON.stringify(experimentSchema())],
    ['experiments/methods.schema.json', JSON.stringify(methodsSchema())],
    ['experiments/results.schema.json', JSON.stringify(resultsSchema())],
    ['public/icl-pool/task.schema.json', JSON.stringify(taskSchema())],
    ['docs/KNOBS.md', knobsPage()],
    ['docs/LAYOUTS.md', layoutsPage()],
  ]);
  const formatted = new Map<string, string>();
  for (const [path, text] of files) {
    const filepath = `${ROOT}${path}`;
    formatted.set(path, await format(text, { ...(await resolveConfig(filepath)), filepath }));
  }
  return formatted;
}
