/** @file What onnxruntime-web throws, as the lab's errors. It throws plain Errors with native messages, and bare numbers
 * where a C++ exception left the wasm module. */
import type { ErrorCode } from '../../core/errors.ts';
import { LabError } from '../../core/errors.ts';

const PATTERNS: readonly (readonly [RegExp, ErrorCode])[] = [
  [/device (is |was )?lost|lost device|external Instance reference/i, 'device-lost'],
  [
    /out of memory|bad_alloc|bad allocation|failed to allocate|allocation failed|invalid typed array length|memory access out of bounds/i,
    'out-of-memory',
  ],
  [/WebGPU is not supported|failed to get GPU adapter/i, 'webgpu-unavailable'],
];

/** @param what the work that failed, as the beginning of a sentence: "Labelling" */
export function ortError(thrown: unknown, what: string): LabError {
  if (thrown instanceof LabError) return thrown;
  if (typeof thrown === 'number') {
    return new LabError('out-of-memory', `${what} failed: the wasm module ran out of memory (${thrown}).`, {
      cause: thrown,
    });
  }
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const code = PATTERNS.find(([pattern]) => pattern.test(text))?.[1] ?? 'internal';
  return new LabError(code, `${what} failed: ${text.replace(/[.\s]*$/, '.')}`, { cause: thrown });
}
