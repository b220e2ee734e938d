/** @file What ships with the page: tasks and a model, read from their folders beside it; and PEFT's files. */
import type { SourceDescriptor } from '../core/source.ts';
import type { TaskDefinition } from '../words/task.ts';
import { readTask } from '../formats/task-folder.ts';
import { fetchBytes } from '../formats/fetch-file.ts';
import { fetchModel as fetchFolder } from '../formats/fetch-model.ts';
import { urlSource } from '../formats/url-source.ts';
import type { TaskCard } from '../store/task-state.ts';
import type { FetchWatch, PeftFiles, Plumbing, TaskShelf } from '../store/plumbing.ts';

/** Every public/icl-pool folder's task.json, put in by the build (vite.config.ts); tests hold the files to the schema. */
declare const __BUNDLED_TASKS__: readonly (TaskDefinition & { readonly splits: TaskCard['sizes'] })[];

/** Absolute, below the page's own folder: a worker's base is another. */
const beside = (path: string): string => new URL(path, document.baseURI).href;

export const bundledTasks: TaskShelf = {
  cards: __BUNDLED_TASKS__.map((definition) => ({ definition, sizes: definition.splits, origin: 'bundled' })),
  read: (id) => readTask(urlSource(beside(`icl-pool/${id}/`))),
};

export const bundledModel = (name: string): SourceDescriptor => ({
  kind: 'url',
  url: beside(`models/${name}/`),
});

export const fetchModel = (source: SourceDescriptor, watch: FetchWatch): Promise<SourceDescriptor> =>
  source.kind === 'url' ? fetchFolder(source.url, watch) : Promise.resolve(source);

/** navigator.deviceMemory in bytes: rounded, and no more than 8 GiB; null in Firefox and WebKit, which have none. */
export function toldMemory(navigator: object): number | null {
  const told: unknown = Reflect.get(navigator, 'deviceMemory');
  return typeof told === 'number' && told > 0 ? told * 2 ** 30 : null;
}

/** What a model needs, by its config.json. */
export const memoryNeeds: Plumbing['memoryNeeds'] = async (source) =>
  (await import('../formats/memory-needs.ts')).memoryNeeds(source, toldMemory(navigator));

/** A file beside the page; null where there is none. @throws LabError `source-unreadable` */
export const readBeside = (path: string): Promise<Uint8Array<ArrayBuffer> | null> =>
  fetchBytes(beside(path), path);

/** Fetched when first needed: the page's own script stays small. */
export const peftFiles: PeftFiles = {
  write: async (adapter, base) => {
    const [{ writeAdapter }, checkpoint] = await Promise.all([
      import('../formats/peft-writer.ts'),
      openBase(base),
    ]);
    return writeAdapter(adapter, checkpoint.architecture);
  },
  read: async (source, base) => {
    const [{ importAdapter }, { openSource }, checkpoint] = await Promise.all([
      import('../formats/peft.ts'),
      import('../formats/open-source.ts'),
      openBase(base),
    ]);
    return importAdapter(openSource(source), checkpoint);
  },
  health: async (adapter, linears) => {
    const { healthLine, healthOf } = await import('../formats/adapter-health.ts');
    return healthLine(healthOf(adapter, linears));
  },
  factors: async (weights) => (await import('../formats/peft-factors.ts')).readFactors(weights),
};

async function openBase(base: SourceDescriptor) {
  const [{ openCheckpoint }, { openSource }] = await Promise.all([
    import('../formats/checkpoint.ts'),
    import('../formats/open-source.ts'),
  ]);
  return openCheckpoint(openSource(base));
}
