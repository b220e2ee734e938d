/** @file The import under way: files that were picked, what was said about them, and the preview that follows both. */
import type { ImportFile } from '../../words/importing.ts';
import { useEffect, useRef, useState } from 'react';
import { toLabError } from '../../core/errors.ts';
import { useTools } from '../lab-context.ts';
import type { ImportChoices, ImportPreview } from './data-tools.ts';

/** Typing is let to end before everything is read again, in milliseconds. */
const PAUSE_MS = 200;
/** Tells the rows that came at every so many. */
const ROWS_TOLD = 10_000;
/** Larger files would take much of the page's memory, twice: the command takes them. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface Importing {
  readonly files: readonly ImportFile[];
  readonly choices: ImportChoices;
  /** Of the files and choices of before while newer ones are read. */
  readonly preview: ImportPreview | null;
  readonly isReading: boolean;
  /** Rows that have come of the preview under way, roughly. */
  readonly rows: number;
  /** The reading was called off; `again` takes it up. */
  readonly isStopped: boolean;
  readonly stop: () => void;
  readonly again: () => void;
  /** Why a file was not even read. */
  readonly refusal: string | null;
  readonly add: (files: readonly File[], to: 'files' | 'pool') => Promise<void>;
  readonly remove: (name: string) => void;
  /** Says the answer to all rows of a file; '' takes it back. */
  readonly label: (name: string, label: string) => void;
  readonly change: (choices: ImportChoices) => void;
}

const pathOf = ({ name, webkitRelativePath }: File): string =>
  webkitRelativePath === '' ? name : webkitRelativePath;

const merged = (old: readonly ImportFile[], more: readonly ImportFile[]): readonly ImportFile[] => [
  ...old.filter(({ name }) => !more.some((file) => file.name === name)),
  ...more,
];

export function useImport(): Importing {
  const { data } = useTools();
  const [files, setFiles] = useState<readonly ImportFile[]>([]);
  const [choices, setChoices] = useState<ImportChoices>({});
  const [shown, setShown] = useState<{ readonly of: unknown; readonly preview: ImportPreview } | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const [key, setKey] = useState<object>({});
  const [rows, setRows] = useState(0);
  const [stopped, setStopped] = useState<object | null>(null);
  const reading = useRef<AbortController | null>(null);
  useEffect(() => {
    if (files.length === 0) return undefined;
    const abort = new AbortController();
    reading.current = abort;
    const show = (preview: ImportPreview) => {
      if (!abort.signal.aborted) setShown({ of: key, preview });
    };
    const timer = setTimeout(() => {
      if (abort.signal.aborted) return;
      setRows(0);
      const tell = (count: number) => {
        setRows(count - (count % ROWS_TOLD));
      };
      data.previewImport(files, choices, abort.signal, tell).then(show, (thrown: unknown) => {
        show({ files: [], imported: null, problem: toLabError(thrown) });
      });
    }, PAUSE_MS);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [data, files, choices, key]);
  const touch = () => {
    setKey({});
  };
  return {
    files,
    choices,
    refusal,
    preview: files.length === 0 ? null : (shown?.preview ?? null),
    isReading: files.length > 0 && shown?.of !== key && stopped !== key,
    rows,
    isStopped: stopped === key,
    stop: () => {
      reading.current?.abort();
      setStopped(key);
    },
    again: touch,
    add: async (list, to) => {
      const large = list.find(({ size }) => size > MOST_BYTES);
      setRefusal(
        large === undefined
          ? null
          : `${large.name} is larger than 64 MB. Import it with: npm run import-task -- ${large.name} --out DIR`,
      );
      const usable = list.filter(({ size }) => size <= MOST_BYTES);
      const read = await Promise.allSettled(
        usable.map(async (file) => ({ name: pathOf(file), bytes: new Uint8Array(await file.arrayBuffer()) })),
      );
      const more = read.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      if (more.length < usable.length)
        setRefusal('A file could not be read. Pick it again; a file that changed since needs a new pick.');
      if (more.length === 0) return;
      if (to === 'files') {
        setFiles(merged(files, more));
        // Roles and labels were said of other columns.
        setChoices({ ...choices, columns: undefined, labelNames: undefined });
      } else setChoices({ ...choices, pool: merged(choices.pool ?? [], more) });
      touch();
    },
    remove: (name) => {
      setFiles(files.filter((file) => file.name !== name));
      const left = (choices.pool ?? []).filter((file) => file.name !== name);
      const pool = left.length === 0 ? undefined : left;
      setChoices({ ...choices, pool, columns: undefined, labelNames: undefined });
      touch();
    },
    label: (name, label) => {
      setFiles(
        files.map((file): ImportFile => {
          if (file.name !== name) return file;
          const { bytes } = file;
          return label === '' ? { name, bytes } : { name, bytes, label };
        }),
      );
      setChoices({ ...choices, columns: undefined, labelNames: undefined });
      touch();
    },
    change: (next) => {
      setChoices(next);
      touch();
    },
  };
}
