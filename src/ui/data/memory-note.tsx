/** @file The memory a model needs beside what the device tells of its own, and how that was estimated. */
import type { ReactNode } from 'react';
import { useLab } from '../lab-context.ts';
import { formatBytes } from '../words/numbers.ts';
import type { Fit, MemoryNeed } from './memory.ts';
import { deviceBytes, fitOf } from './memory.ts';

const FITS: Readonly<Record<Fit, string>> = {
  fits: 'fits',
  tight: 'tight: it may fail while training',
  'too-large': 'too large for this device',
  unknown: 'this browser does not tell its memory',
};

/** @param isLeast the need may be up to twice that: only the size of files is known */
export function MemoryNote({
  need,
  isLeast = false,
}: {
  readonly need: MemoryNeed;
  readonly isLeast?: boolean;
}): ReactNode {
  const loaded = useLab((state) => state.model.loaded);
  const loraBytes = useLab((state) => state.setup.predictedAdapterBytes);
  const hasWebgpu = useLab((state) => state.surroundings.hasWebgpu);
  const isWasm =
    loaded === null
      ? !hasWebgpu
      : [loaded.inference, loaded.training].some(({ device }) => device.backend !== 'webgpu');
  const device = deviceBytes(navigator);
  const fit = fitOf(need, device, isWasm);
  return (
    <div className="memory-note">
      <dl className="facts">
        <div>
          <dt>Labelling and scoring</dt>
          <dd>{formatBytes(need.inferenceBytes)}</dd>
        </div>
        <div>
          <dt>Training</dt>
          <dd>{formatBytes(need.trainingBytes)} and activations</dd>
        </div>
        {!isLeast && loraBytes !== null && (
          <div>
            <dt>This setup’s LoRA</dt>
            <dd>{formatBytes(loraBytes)}</dd>
          </div>
        )}
        <div>
          <dt>This device</dt>
          <dd>{device === null ? 'not told' : `${formatBytes(device)} or more`}</dd>
        </div>
        <div>
          <dt>Verdict</dt>
          <dd>
            <b>{FITS[fit]}</b>
          </dd>
        </div>
      </dl>
      <p className="field-note">
        Estimated: {isLeast ? 'at least ' : ''}parameters × 4 bytes, once for each of the two runtimes, which
        keep weights in float32. Activations grow with batch and length and are not in it. LoRA adds its own
        weights, their gradient and AdamW’s two moments while training, and every round’s adapter.{' '}
        {isWasm && 'wasm addresses 4 GB at most in each worker. '}
        Browsers round a machine’s memory and tell nothing of a GPU’s.
      </p>
    </div>
  );
}
