/** @file What a model needs in memory in each type that its weights may be held in, beside what the device tells of its own. */
import type { ReactNode } from 'react';
import type { Batches, Fit, Needs } from '../../core/memory-need.ts';
import { fitOf } from '../../core/memory-need.ts';
import type { HeldBytes, MemoryUse } from '../../core/memory.ts';
import { totalBytes } from '../../core/memory.ts';
import type { WeightType } from '../../core/weights.ts';
import { namedWeights } from '../../core/weights.ts';
import { deviceOf } from '../../store/model/model-slice.ts';
import { Facts } from '../kit/facts.tsx';
import { useLab } from '../lab-context.ts';
import { formatBytes } from '../words/numbers.ts';

const FITS: Readonly<Record<Fit, string>> = {
  fits: 'fits',
  tight: 'tight: it may fail while training',
  'too-large': 'too large',
  unknown: 'not known',
};

interface NeedTableProps {
  readonly needs: Needs;
  /** As the model is held now; null: it is not loaded. */
  readonly held?: WeightType | null;
  /** Of the setup that will run; null or left out: a usual one's. */
  readonly batches?: Batches | null;
}

export function NeedTable({ needs, held = null, batches = null }: NeedTableProps): ReactNode {
  const surroundings = useLab((state) => state.surroundings);
  const model = useLab((state) => state.model);
  const device = deviceOf({ surroundings, model });
  const told = surroundings.memoryBytes;
  return (
    <div className="memory-note">
      <table className="data-table need-table">
        <thead>
          <tr>
            <th scope="col">Weights as</th>
            <th scope="col">Labelling</th>
            <th scope="col">Training</th>
            <th scope="col">On this device</th>
          </tr>
        </thead>
        <tbody>
          {needs(batches ?? {}).map((need) => (
            <tr key={need.weights} aria-current={need.weights === held ? 'true' : undefined}>
              <th scope="row">
                {need.weights}
                {need.weights === held && ', now'}
              </th>
              <td>{formatBytes(need.labelling)}</td>
              <td>{formatBytes(need.training)}</td>
              <td>{FITS[fitOf(need, device)]}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="field-note">
        Estimated from config.json, at most, for {batches === null ? 'a usual run' : 'the run that is set up'}
        : weights, the cache or the activations of a batch, and LoRA of rank 8 with its gradient and moments.{' '}
        {told === null
          ? 'This browser does not tell the machine’s memory.'
          : `This device tells ${formatBytes(told)}${device.isLeast ? ' or more' : ''}.`}{' '}
        {device.isWasm && 'wasm addresses 4 GB at most in each worker. '}
        Browsers tell nothing of a GPU’s memory.
      </p>
    </div>
  );
}

/** What both workers held when the model was loaded, and at most on the way there. */
function heldWords(...uses: readonly MemoryUse[]): string {
  const sum = (of: (use: MemoryUse) => HeldBytes) =>
    formatBytes(uses.reduce((bytes, use) => bytes + totalBytes(of(use)), 0));
  return `${sum(({ now }) => now)}; while loading at most ${sum(({ load, now }) => load ?? now)}`;
}

/** Of the model that stands, with what it was seen to hold. */
export function MemoryNote(): ReactNode {
  const { loaded, needs, ref } = useLab((state) => state.model);
  const loraBytes = useLab((state) => state.setup.predictedAdapterBytes);
  const batches = useLab((state) => state.setup.predictedBatches);
  const seen = [
    ...(loraBytes === null ? [] : [{ name: 'This setup’s LoRA, all rounds', value: formatBytes(loraBytes) }]),
    ...(loaded === null
      ? []
      : [
          {
            name: 'Held since it was loaded',
            value: heldWords(loaded.inference.memory, loaded.training.memory),
          },
        ]),
  ];
  return (
    <>
      {needs !== null && <NeedTable needs={needs} held={namedWeights(ref.name).weights} batches={batches} />}
      <Facts facts={seen} />
    </>
  );
}
