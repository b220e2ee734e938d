/** @file Import of a task: files, what they hold, what the person says about it, what comes of it, and the button. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { plural } from '../../core/plural.ts';
import { faultOf } from '../../store/lab-state.ts';
import { Button } from '../kit/button.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { FaultBox } from '../shell/messages.tsx';
import { labelNamesOf } from './import-choices.ts';
import { ImportFile } from './import-file.tsx';
import { ImportOptions } from './import-options.tsx';
import { ImportPicker } from './import-picker.tsx';
import { ImportLabels } from './import-labels.tsx';
import { ImportResult } from './import-result.tsx';
import type { Importing } from './use-import.ts';
import { useImport } from './use-import.ts';

interface Labels {
  /** What the labels were read from: other files or another column have others. */
  readonly from: string;
  readonly raw: readonly string[];
  readonly typed: ReadonlyMap<string, string>;
}

/** The labels as they stand in the files: those of the preview before anybody named one. */
function useLabels(importing: Importing): readonly [Labels | null, (typed: Labels['typed']) => void] {
  const { preview, files, choices } = importing;
  const [labels, setLabels] = useState<Labels | null>(null);
  const from = JSON.stringify([
    files.map(({ name }) => name),
    preview?.files.map(({ mapping }) => mapping.output),
  ]);
  const definition = preview?.imported?.task.definition;
  const own =
    definition?.kind === 'classification' && choices.labelNames === undefined ? definition.labels : null;
  const shown: Labels | null =
    own !== null ? { from, raw: own, typed: new Map() } : labels?.from === from ? labels : null;
  const put = (typed: Labels['typed']) => {
    if (shown === null) return;
    setLabels({ ...shown, typed });
    const labelNames = labelNamesOf(shown.raw, typed);
    importing.change({ ...choices, labelNames });
  };
  return [shown, put];
}

export interface ImportPaneProps {
  readonly onImported: (id: string) => void;
  readonly onGuide: () => void;
}

export function ImportPane({ onImported, onGuide }: ImportPaneProps): ReactNode {
  const importing = useImport();
  const { preview, isReading, choices, change } = importing;
  const cards = useLab((state) => state.tasks.cards);
  const actions = useActions();
  const [labels, nameLabels] = useLabels(importing);
  const imported = preview?.imported ?? null;
  const id = imported?.task.definition.id ?? '';
  const same = cards.find(({ definition }) => definition.id === id);
  const take = async () => {
    if (imported === null) return;
    await actions.addTask(imported.task);
    onImported(id);
  };
  return (
    <>
      <div className="page-head">
        <div>
          <h2>Import a task</h2>
          <p className="soft">
            Files are read in this page and kept in this browser; nothing is sent anywhere.{' '}
            <Button look="quiet" onPress={onGuide}>
              Your own data, from a file to a run
            </Button>
          </p>
        </div>
        <Button
          look="strong"
          isDisabled={imported === null || isReading || importing.isStopped || same?.origin === 'bundled'}
          onPress={() => void take()}
        >
          {same?.origin === 'imported' ? 'Import in its place' : 'Import and use'}
        </Button>
      </div>
      <ImportPicker importing={importing} />
      <Status importing={importing} />
      {preview === null ? (
        importing.files.length === 0 && <Hints />
      ) : (
        <div className="import-body" aria-busy={isReading}>
          {preview.problem !== null && (
            <FaultBox title="These files make no task yet" fault={faultOf(preview.problem)} />
          )}
          {same?.origin === 'bundled' && (
            <p className="field-fault">A bundled task is called {id}: give this one another name.</p>
          )}
          <ImportOptions importing={importing} preview={preview} />
          {preview.files.map((shown, i) => (
            <ImportFile
              key={`${i} ${shown.file}`}
              shown={shown}
              said={choices.columns}
              onColumns={(columns) => {
                change({ ...choices, columns, labelNames: undefined });
              }}
            />
          ))}
          {labels !== null && <ImportLabels raw={labels.raw} typed={labels.typed} onChange={nameLabels} />}
          {imported !== null && <ImportResult {...imported} />}
        </div>
      )}
    </>
  );
}

function statusOf({ files, isReading, isStopped, rows, preview }: Importing): string {
  if (files.length === 0) return '';
  if (isReading)
    return rows === 0 ? 'Reading the files.' : `Reading the files, ${plural(rows, 'row')} so far.`;
  if (isStopped) return 'Stopped. What is shown is what was read before.';
  const imported = preview?.imported ?? null;
  if (imported === null) return 'No task yet.';
  const { task, report } = imported;
  return `${plural(importedRows(task.splits), 'row')} in five splits, ${plural(report.rejected.length, 'row')} rejected.`;
}

/** A small file is read before the button to stop it shows. */
function Status({ importing }: { readonly importing: Importing }): ReactNode {
  const { files, isReading, isStopped, stop, again } = importing;
  return (
    <div className="import-status">
      <p role="status">{statusOf(importing)}</p>
      {files.length > 0 && isReading && (
        <span className="import-stop">
          <Button look="quiet" onPress={stop}>
            Stop reading
          </Button>
        </span>
      )}
      {isStopped && (
        <Button look="quiet" onPress={again}>
          Read again
        </Button>
      )}
    </div>
  );
}

const importedRows = (splits: Readonly<Record<string, readonly unknown[]>>): number =>
  Object.values(splits).reduce((sum, rows) => sum + rows.length, 0);

function Hints(): ReactNode {
  return (
    <ul className="import-hints">
      <li>
        One file is enough: pool, prompts, validation, probe and test are drawn from it by the seed, labels
        alike.
      </li>
      <li>Files called train, dev or test keep their published splits.</li>
      <li>
        Delimiter, header, encoding, columns and kind are found out; all of it can be changed before anything
        is kept.
      </li>
      <li>
        Multiple choice, conversations, preferences, pairs, passages with questions and what labelling tools
        save are known by their form, and every column that is not used is named.
      </li>
      <li>Doubles, empty and broken rows are left out, each with its reason.</li>
    </ul>
  );
}
