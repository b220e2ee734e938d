/**
 * @file The importer in a worker of its own, started for a preview and ended with it: a large file is read beside the
 * page, and calling it off ends the worker in the middle of its work.
 */
import type { RejectedRow } from '../words/importing.ts';
import { delay } from './connect.ts';
import { LabError, toLabError } from '../core/errors.ts';
import type { SplitName, TaskRow } from '../words/task.ts';
import type { ImportOutcome, ImportRequest } from '../protocol/importing.ts';
import { importMethods } from '../protocol/importing.ts';
import { clientOf } from '../protocol/method.ts';
import { Supervisor } from '../protocol/supervisor.ts';
import type { Signal } from '../protocol/wire.ts';
import { fromWire } from '../protocol/wire.ts';
import type { ImportPreview } from '../ui/data/data-tools.ts';

const spawn = () =>
  new Worker(new URL('../../workers/import.worker.ts', import.meta.url), { type: 'module', name: 'import' });

interface Taken {
  readonly splits: Record<SplitName, TaskRow[]>;
  readonly rejected: RejectedRow[];
}

function previewOf({ files, imported, problem }: ImportOutcome, { splits, rejected }: Taken): ImportPreview {
  const why = problem === null ? null : fromWire(problem);
  if (imported === null) return { files, imported: null, problem: why };
  const { definition, ...report } = imported;
  return {
    files,
    imported: { task: { definition, splits }, report: { ...report, rejected } },
    problem: why,
  };
}

/** @param onRows how many rows have come
 * @throws LabError `cancelled`; `worker-died` for files that no page can read */
export async function previewInWorker(
  request: ImportRequest,
  signal: Signal,
  onRows: (count: number) => void,
): Promise<ImportPreview> {
  const ignore = () => undefined;
  const supervisor = new Supervisor({ spawn, delay, replay: false, onReplaced: ignore, onGaveUp: ignore });
  const stop = () => {
    supervisor.stop();
  };
  signal.addEventListener('abort', stop);
  const taken: Taken = {
    splits: { pool: [], prompts: [], validation: [], probe: [], test: [] },
    rejected: [],
  };
  let count = 0;
  try {
    const started = supervisor.start();
    const parts = clientOf(importMethods, supervisor.channel).preview(request, { signal });
    const [first] = await Promise.all([parts.next(), started]);
    let next = first;
    for (; next.done !== true; next = await parts.next()) {
      const { value: part } = next;
      if (part.type === 'rows') taken.splits[part.split].push(...part.rows);
      else taken.rejected.push(...part.rows);
      count += part.rows.length;
      onRows(count);
    }
    return previewOf(next.value, taken);
  } catch (thrown) {
    const error = toLabError(thrown);
    if (error.code !== 'worker-died') throw error;
    const remedy = 'Import smaller files, or use: npm run import-task -- FILE --out DIR';
    throw new LabError('worker-died', error.what, { remedy, cause: error });
  } finally {
    signal.removeEventListener('abort', stop);
    stop();
  }
}
