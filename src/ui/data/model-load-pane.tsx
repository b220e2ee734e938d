/** @file Another model: a folder in the Hub's layout, picked or dropped, one of the Hub by name, or one that is kept. */
import type { ReactNode } from 'react';
import { FileTrigger } from 'react-aria-components';
import type { SourceDescriptor } from '../../core/source.ts';
import { describeFiles } from '../../core/source.ts';
import { describeDrop } from '../drop.ts';
import { Button } from '../kit/button.tsx';
import { Progress } from '../kit/progress.tsx';
import { useActions, useLab } from '../lab-context.ts';
import { loadShare, loadWords } from '../words/loading.ts';
import { DropArea } from '../kit/drop-area.tsx';
import { HubField } from './hub-field.tsx';
import { KeptModels } from './kept-models.tsx';
import { UnfitModel } from './unfit-model.tsx';

const nameOf = (source: SourceDescriptor): string => ('label' in source ? source.label : 'picked files');

function FolderPart(): ReactNode {
  const isRunning = useLab(({ run }) => run?.kind === 'live' && run.status === 'running');
  const model = useLab((state) => state.model);
  const actions = useActions();
  const load = (source: SourceDescriptor | null) => {
    if (source !== null) void actions.loadFiles(source, nameOf(source));
  };
  return (
    <section className="data-part" aria-labelledby="folder">
      <h3 id="folder">From a folder</h3>
      <DropArea
        label="A model's folder"
        onDrop={(data) => {
          void describeDrop(data.items).then(load);
        }}
      >
        <div className="button-row">
          <FileTrigger
            acceptDirectory
            onSelect={(list) => {
              const files = [...(list ?? [])];
              if (files.length > 0) load(describeFiles(files));
            }}
          >
            <Button look="strong">Choose a folder</Button>
          </FileTrigger>
          <span className="field-note">
            or drop it here: config.json, tokenizer.json, model.safetensors, as the Hub lays them out
          </span>
        </div>
        {model.status === 'loading' ? (
          <Progress
            label={`Loading ${model.ref.name}`}
            share={loadShare(model.activity)}
            note={loadWords(model.activity)}
          />
        ) : (
          <p className="field-note">
            Its files are read where they are; after a reload the folder must be chosen again.
            {isRunning && ' The run under way is stopped and kept.'}
          </p>
        )}
      </DropArea>
    </section>
  );
}

export function ModelLoadPane(): ReactNode {
  return (
    <>
      <div className="page-head">
        <div>
          <h2>Load a model</h2>
          <p className="soft">A base model shows most: one that is weak zero-shot and better few-shot.</p>
        </div>
      </div>
      <UnfitModel />
      <FolderPart />
      <HubField />
      <section className="data-part" aria-labelledby="kept-models">
        <h3 id="kept-models">Kept in this browser</h3>
        <KeptModels />
      </section>
    </>
  );
}
