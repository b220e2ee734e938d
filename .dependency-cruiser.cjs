/** Who may import whom, each rule with its reason; docs/ARCHITECTURE.md shows the same as a picture. */

const room = (name) => `^src/${name}/`;

/** `from` may import nothing of the project but itself and `allowed`. */
const only = (from, allowed, comment) => ({
  name: `${from.replace(/\W+/g, '-')}-imports`,
  comment,
  severity: 'error',
  from: { path: room(from) },
  to: { path: '^(src|workers|tools|test)/', pathNot: [room(from), ...allowed.map(room)] },
});

/** A package belongs to the places in `homes`. */
const library = (name, pattern, homes, comment) => ({
  name: `${name}-at-home`,
  comment,
  severity: 'error',
  from: { path: '^(src|workers)/', pathNot: homes },
  to: { path: pattern },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circular',
      comment: 'A cycle has no bottom to begin reading at.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-barrel',
      comment: 'An index file hides where a thing lives and draws whole rooms into every bundle.',
      severity: 'error',
      from: {},
      to: { path: '/index[.]tsx?$' },
    },
    {
      name: 'core-stands-alone',
      comment:
        'The ground: errors, random numbers, sources, shapes, the policy. No DOM, no GPU, no other room, no library but that of shapes.',
      severity: 'error',
      from: { path: room('core') },
      to: { pathNot: [room('core'), 'node_modules/valibot/'] },
    },
    only('lora', ['core'], 'LoRA’s arithmetic serves both runtimes and needs neither.'),
    only(
      'words',
      ['core', 'lora', 'metrics'],
      'What the other rooms speak of; it runs anywhere. Tasks and the stopping knob name metrics.',
    ),
    only(
      'metrics',
      ['core'],
      'How right answers are: the method, the page and the runner score alike. A score knows no more than it reads.',
    ),
    only(
      'method',
      ['core', 'lora', 'words', 'metrics'],
      'The method runs anywhere: what it needs of runtimes and page comes in as ports.',
    ),
    only(
      'analysis',
      ['core', 'words', 'metrics', 'method'],
      'What is said of a run is said alike by page and runner.',
    ),
    only('models', ['core', 'lora'], 'One description of a model, from which both runtimes build.'),
    only('formats', ['core', 'lora', 'words', 'models'], 'Files are read the same for both runtimes.'),
    only(
      'check',
      ['core', 'lora', 'words', 'metrics', 'models', 'formats'],
      'Comparisons see the runtimes through an interface, so that they serve Node and pages alike.',
    ),
    only('protocol', ['core', 'lora', 'words'], 'What crosses between page and workers is plain data.'),
    only(
      'runtimes/ort',
      ['core', 'lora', 'words', 'models', 'formats'],
      'The runtimes meet in the tests, never in code.',
    ),
    only(
      'runtimes/tfjs',
      ['core', 'lora', 'words', 'metrics', 'models', 'formats'],
      'The runtimes meet in the tests, never in code.',
    ),
    only(
      'lab',
      ['core', 'lora', 'words', 'method', 'protocol'],
      'The loop’s ports over the workers’ services: the page and the command line bind them alike.',
    ),
    only(
      'store',
      ['core', 'lora', 'words', 'metrics', 'method', 'analysis', 'protocol', 'lab'],
      'State without a view: it is tested without React.',
    ),
    only(
      'storage',
      ['core', 'words', 'store', 'formats'],
      'Keeps what the store hands it, in the browser; the store knows it by an interface of its own. Of formats it takes the digest of a file that it keeps.',
    ),
    only(
      'ui',
      ['core', 'words', 'metrics', 'method', 'analysis', 'store', 'protocol'],
      'The page knows engines by their interface; main.tsx hands them in.',
    ),
    only(
      'app',
      ['core', 'words', 'formats', 'protocol', 'store', 'ui'],
      'What ties the page to this browser and host: workers, bundled files, offline.',
    ),
    {
      name: 'src-is-its-entry',
      comment: 'Everything has a room; main.tsx alone knows all of them.',
      severity: 'error',
      from: { path: '^src/[^/]+[.]tsx?$', pathNot: '^src/main[.]tsx$' },
      to: {},
    },
    {
      name: 'workers-imports',
      comment: 'Workers connect protocol and runtimes; what the page shows is not their business.',
      severity: 'error',
      from: { path: '^workers/' },
      to: { path: ['^src/(ui|store|app|analysis)/', '^(test|tools)/'] },
    },
    {
      name: 'src-stands-without-tests',
      comment: 'What ships does not import what tests or builds it.',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|tools)/' },
    },
    library(
      'tfjs',
      'node_modules/@tensorflow/',
      [room('runtimes/tfjs'), '^workers/training\\.worker\\.ts$'],
      'Training alone knows tfjs; its worker knows where its wasm files are.',
    ),
    library(
      'onnxruntime',
      'node_modules/onnxruntime-web/',
      [room('runtimes/ort'), '^workers/inference\\.worker\\.ts$'],
      'Inference alone knows onnxruntime; its worker chooses the build.',
    ),
    library(
      'transformers',
      'node_modules/@huggingface/transformers/',
      [room('runtimes/ort'), room('formats')],
      'Its tokenizers belong to the formats, its generation to the inference runtime.',
    ),
    library(
      'minisearch',
      'node_modules/minisearch/',
      [room('lab')],
      'Retrieval is a port; its library stays behind it.',
    ),
    library(
      'valibot',
      'node_modules/valibot/',
      [room('core')],
      'Shapes are made of core/shape.ts, whose faults are in the lab’s words.',
    ),
    library('idb', 'node_modules/idb/', [room('storage')], 'The database is one room’s business.'),
    library(
      'fflate',
      'node_modules/fflate/',
      [room('store'), room('formats/import')],
      'Files of runs are written and read in one place, archives of data files are unpacked in one.',
    ),
    library(
      'data-files',
      'node_modules/(hyparquet|hyparquet-compressors|read-excel-file|chardet|@exodus/bytes)/',
      [room('formats/import')],
      'What people bring is read in the importing worker alone: none of it belongs into the first script.',
    ),
    library(
      'workbox',
      'node_modules/workbox-',
      ['^workers/service[.]worker[.]ts$'],
      'The page without a network is one file’s business.',
    ),
    library(
      'react',
      'node_modules/(react|react-dom|react-aria-components|@observablehq)/',
      [room('ui'), '^src/main\\.tsx$'],
      'The view is one room.',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|\\.cache|test/fixtures)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'],
    },
  },
};
