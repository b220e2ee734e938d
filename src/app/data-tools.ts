/** @file The files that the data views show, and the importer: each fetched when it is first needed. */
import type { ImportWishes } from '../words/importing.ts';
import { bundledTasks, readBeside } from './bundled.ts';
import type { DataTools, ImportChoices } from '../ui/data/data-tools.ts';

/** What was said, without what was not. */
function wishesOf(choices: ImportChoices): ImportWishes {
  const { name, description, kind, columns, labelNames, hasHeader, encoding, delimiter, seed, pool } =
    choices;
  const { template, answerAfter, keepTogether, severalLabels } = choices;
  return {
    ...(name !== undefined && { name }),
    ...(description !== undefined && { description }),
    ...(kind !== undefined && { kind }),
    ...(columns !== undefined && { columns }),
    ...(labelNames !== undefined && { labelNames }),
    ...(hasHeader !== undefined && { hasHeader }),
    ...(encoding !== undefined && { encoding }),
    ...(delimiter !== undefined && { delimiter }),
    ...(seed !== undefined && { seed }),
    ...(pool !== undefined && { pool }),
    ...(template !== undefined && { template }),
    ...(answerAfter !== undefined && { answerAfter }),
    ...(keepTogether !== undefined && { keepTogether }),
    ...(severalLabels !== undefined && { severalLabels }),
  };
}

export const dataTools: DataTools = {
  previewImport: async (files, choices, signal, onRows) => {
    const { previewInWorker } = await import('./import-worker.ts');
    return previewInWorker({ files, wishes: wishesOf(choices) }, signal, onRows);
  },
  readTask: (id) => bundledTasks.read(id),
  readModelCard: async (model) => {
    const bytes = await readBeside(`models/${model}/README.md`);
    return bytes === null ? null : new TextDecoder().decode(bytes);
  },
  readGuide: async () => (await import('./guide.ts')).guide,
  readExperiments: async () => (await import('./experiment-files.ts')).experimentFiles,
};
