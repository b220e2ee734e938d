/** @file The bench's program as one .mjs for Node, everything it imports inside. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Writes bench.mjs into `folder`. */
export async function bundle(folder: string): Promise<void> {
  await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    publicDir: false,
    ssr: { noExternal: true },
    resolve: {
      // The one for browsers runs on onnxruntime-web; that for Node wants image libraries and onnxruntime-node.
      alias: {
        '@huggingface/transformers': join(
          ROOT,
          'node_modules/@huggingface/transformers/dist/transformers.web.js',
        ),
      },
    },
    build: {
      ssr: join(ROOT, 'tools/gpu-bench/main.ts'),
      target: 'node20',
      outDir: folder,
      emptyOutDir: false,
      minify: true,
      rolldownOptions: {
        output: { entryFileNames: 'bench.mjs', codeSplitting: false },
        checks: { bundlerTimings: false },
      },
    },
  });
}
