/** @file The model in use, and the ways to bring another: the built-in one, a folder picked or dropped. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { SourceDescriptor } from '../core/source.ts';
import { describeFiles } from '../core/source.ts';
import { toLabError } from '../core/errors.ts';
import type { Lab } from '../store/lab.ts';
import type { LabState, LoadedModel } from '../store/lab-state.ts';
import { describeDrop } from './drop.ts';
import { formatBytes, formatCount, formatDifference, formatMs } from './numbers.ts';

function Facts({ model }: { readonly model: LoadedModel }): ReactNode {
  const { inference, training, logitDifference } = model;
  const facts: readonly (readonly [string, string])[] = [
    ['Family', inference.modelType],
    [
      'Weights',
      `${formatCount(inference.parameters)} (${inference.dtype}, ${formatBytes(inference.weightBytes)})`,
    ],
    ['Vocabulary', `${formatCount(inference.vocabSize)} tokens`],
    ['Longest text', `${formatCount(inference.maxPositions)} tokens`],
    ['Loaded in', `${formatMs(inference.loadMs)} and ${formatMs(training.loadMs)}`],
    ['Runtimes differ by', `${formatDifference(logitDifference)} at most, in any logit`],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

export interface ModelPanelProps {
  readonly state: LabState;
  readonly lab: Lab;
  readonly builtIn: () => SourceDescriptor;
}

export function ModelPanel({ state, lab, builtIn }: ModelPanelProps): ReactNode {
  const { activity, model, loadedShare } = state;
  const [isOver, setIsOver] = useState(false);
  const isIdle = activity === 'idle';
  const drop = async (items: DataTransferItemList) => {
    try {
      const source = await describeDrop(items);
      if (source !== null) await lab.load(source);
    } catch (thrown) {
      lab.fail(toLabError(thrown, 'source-unreadable'));
    }
  };
  return (
    <section
      className={isOver ? 'panel is-over' : 'panel'}
      aria-labelledby="model"
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => {
        setIsOver(false);
      }}
      onDrop={(event) => {
        event.preventDefault();
        setIsOver(false);
        void drop(event.dataTransfer.items);
      }}
    >
      <h2 id="model">Model</h2>
      <p className="model-name">{model?.inference.label ?? 'None loaded'}</p>
      {activity === 'loading' && <progress value={loadedShare} aria-label="Reading the weights" />}
      {model !== null && <Facts model={model} />}
      <div className="buttons">
        <button type="button" className="plain" disabled={!isIdle} onClick={() => void lab.load(builtIn())}>
          Use the built-in model
        </button>
        <label className={isIdle ? 'plain file-button' : 'plain file-button is-disabled'}>
          Open a model folder
          <input
            type="file"
            className="sr-only"
            disabled={!isIdle}
            multiple
            ref={(input) => {
              // No property of the element's React type; without it single files would be picked.
              input?.setAttribute('webkitdirectory', '');
            }}
            onChange={({ currentTarget }) => {
              const files = [...(currentTarget.files ?? [])];
              currentTarget.value = '';
              if (files.length > 0) void lab.load(describeFiles(files));
            }}
          />
        </label>
      </div>
      <p className="hint">
        Any folder in the Hub’s layout: config.json, model.safetensors, tokenizer.json. You can also drop it
        here. It stays on this machine.
      </p>
    </section>
  );
}
