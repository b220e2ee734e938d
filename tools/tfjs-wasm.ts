/** @file Where tfjs' .wasm files lie, for Node. */
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Their folder, with the trailing slash that tfjs wants. */
export function tfjsWasmFolder(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist/');
}
