/** @file PyTorch, transformers and peft on the same GPU at the same work, through python/bench_native.py. */
import type { SpeedWork } from '../../src/check/speed.ts';
import { checked, finite, object, text } from '../../src/core/shape.ts';
import { parseJson } from '../read-json.ts';
import { askPython } from './reference.ts';
import type { NativeReport } from './report.ts';

const figures = object({
  prefillTokensPerSecond: finite,
  decodeTokensPerSecond: finite,
  trainTokensPerSecond: finite,
  gpuBytes: finite,
});
const shape = object({
  torch: text,
  transformers: text,
  device: text,
  byTf32: object({ off: figures, on: figures }),
});

/** @throws LabError where there is no such Python or no CUDA */
export function nativeOnGpu(script: string, folder: string, work: SpeedWork): NativeReport {
  const said = askPython([script, folder, '--device', 'cuda'], JSON.stringify(work));
  return checked(shape, parseJson(said, script, 'internal'), script, 'internal');
}
