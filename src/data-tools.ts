/** @file The files that the data views show, and the importer: each fetched when it is first needed. */
import { bundledTasks, readBeside } from './bundled.ts';
import type { ImportOptions } from './formats/import/options.ts';
import type { DataTools, ImportChoices } from './ui/data/data-tools.ts';

/** What was said, without what was not. */
function optionsOf(choices: ImportChoices): ImportOptions {
  const { name, description, kind, columns, labelNames, hasHeader, seed, pool } = choices;
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(kind !== undefined && { kind }),
    ...(columns !== undefined && { columns }),
    ...(labelNames !== undefined && { labelNames }),
    ...(hasHeader !== undefined && { hasHeader }),
    ...(seed !== undefined && { seed }),
    ...(pool !== undefined && { pool }),
  };
}

export const dataTools: DataTools = {
  previewImport: async (files, choices) => {
    const { previewImport } = await import('./formats/import/import-task.ts');
    return previewImport(files, optionsOf(choices));
  },
  readTask: (id) => bundledTasks.read(id),
  readModelCard: async (model) => {
    const bytes = await readBeside(`models/${model}/README.md`);
    return bytes === null ? null : new TextDecoder().decode(bytes);
  },
  readExperiments: async () => (await import('./experiment-files.ts')).experimentFiles,
};
