/**
 * @file The whole of check-model, wherever it runs: load a folder in both runtimes, compare them with each other and,
 * where there is a golden folder, with every quantity in it.
 */
import { GREEDY } from '../words/engine.ts';
import type { BackendName } from '../words/engine.ts';
import { LabError } from '../core/errors.ts';
import type { WeightType } from '../core/weights.ts';
import type { Checkpoint } from '../formats/checkpoint.ts';
import { openCheckpoint } from '../formats/checkpoint.ts';
import type { FileSource } from '../formats/file-source.ts';
import { readGenerationDefaults } from '../formats/generation-config.ts';
import { healthLine, healthOf } from '../formats/adapter-health.ts';
import { importAdapter, readAdapter } from '../formats/peft.ts';
import type { Adapter } from '../lora/config.ts';
import type { Tokenizer } from '../formats/tokenizer.ts';
import { loadTokenizer } from '../formats/tokenizer.ts';
import { probeRows } from '../metrics/agreement.ts';
import { checkAgreement } from './agreement.ts';
import { check } from './check.ts';
import type { Check } from './check.ts';
import { generateAll } from './generate-all.ts';
import { checkAdapterInference, checkBaseInference } from './golden-inference.ts';
import type { AdapterFiles } from './golden-rows.ts';
import { TOLERANCES, worstRow } from './golden-rows.ts';
import { checkAdapterTraining, checkBaseTraining } from './golden-training.ts';
import type { GoldenBatch } from './golden-files.ts';
import { readGoldenAdapter, readGoldenBase, readGoldenLogits } from './golden-files.ts';
import { labellingBytes, trainingBytes } from '../models/memory.ts';
import type { LayerReport } from './layers.ts';
import { compareLayers, hiddenStates } from './layers.ts';
import type { InferenceSide, TappedSide, TrainingSide } from './sides.ts';
import { checkReference, readReference } from './reference.ts';
import { BATCH, measureSpeed, type Speed } from './speed.ts';

/** A checkpoint loaded in both runtimes. */
export interface LoadedPair {
  readonly inference: InferenceSide;
  readonly training: TrainingSide;
  readonly close: () => Promise<void>;
}

export interface TappedPair {
  readonly inference: TappedSide;
  readonly training: TappedSide;
  readonly close: () => Promise<void>;
}

export interface OpenPair {
  readonly weightsFile?: string;
  readonly weights?: WeightType;
}

/** Where folders lie and how both runtimes load one; folders are paths in Node and addresses in a page. */
export interface CheckEnvironment {
  readonly backend: BackendName;
  source(folder: string): FileSource;
  open(folder: string, options?: OpenPair): Promise<LoadedPair>;
  /** Both runtimes telling their values on the way; absent where they cannot. */
  openTapped?(folder: string, weights?: WeightType): Promise<TappedPair>;
  /** Milliseconds. */
  now(): number;
}

export interface Prompt {
  readonly text: string;
  readonly maxNewTokens: number;
}

export interface CheckRequest {
  readonly model: string;
  readonly adapter?: string;
  readonly golden?: { readonly folder: string; readonly adapters: readonly string[] };
  /** A file of python/greedy.py: its folder, and its name there. */
  readonly reference?: { readonly folder: string; readonly file: string };
  readonly prompt?: Prompt;
  /** How matrices are held. */
  readonly weights?: WeightType;
  /** Say where the runtimes part, layer by layer. */
  readonly layers?: boolean;
  /** Leave out tokens per second. */
  readonly skipSpeed?: boolean;
  /** Tokens of a row where speed is measured. */
  readonly tokens?: number;
}

export interface CheckReport {
  readonly ok: boolean;
  readonly architecture: string;
  readonly parameters: number;
  readonly dtype: string;
  readonly weights: WeightType;
  readonly backend: BackendName;
  readonly memoryBytes: { readonly labelling: number; readonly training: number };
  readonly speed?: Speed;
  readonly continuation?: { readonly ids: readonly number[]; readonly text: string };
  readonly checks: readonly Check[];
  /** The adapter's health card, and what its file says otherwise. */
  readonly adapter?: readonly string[];
  readonly layers?: readonly LayerReport[];
  /** What was not compared, and why. */
  readonly leftOut: readonly string[];
}

export async function runChecks(environment: CheckEnvironment, request: CheckRequest): Promise<CheckReport> {
  const report = await checkPair(environment, request);
  if (request.layers !== true) return report;
  // One after the other: together they would hold the weights four times.
  const layers = await checkLayers(environment, request);
  return { ...report, ok: report.ok && layers.every(({ parting }) => parting === null), layers };
}

/** Long enough for every path of the attention kernels; random ids, or the prompt's. */
const LAYER_TOKENS = 48;

async function checkLayers(environment: CheckEnvironment, request: CheckRequest): Promise<LayerReport[]> {
  if (environment.openTapped === undefined) {
    throw new LabError('invalid-request', `Layers are not compared on ${environment.backend}.`, {
      remedy: 'Take --backend wasm or cpu.',
    });
  }
  const source = environment.source(request.model);
  const checkpoint = await openCheckpoint(source);
  const { architecture } = checkpoint;
  const adapter =
    request.adapter === undefined ? null : await readAdapter(environment.source(request.adapter), checkpoint);
  const words =
    request.prompt === undefined
      ? probeRows([LAYER_TOKENS], architecture)
      : [(await requireTokenizer(source, architecture.vocabSize)).encode(request.prompt.text)];
  const { inference, training, close } = await environment.openTapped(request.model, request.weights);
  try {
    const reports: LayerReport[] = [];
    const [ort, tfjs] = [`ort ${inference.backend}`, `tfjs ${training.backend}`];
    for (const ids of words) {
      const theirs = await inference.activations(adapter, ids);
      const ours = await training.activations(adapter, ids);
      reports.push(compareLayers(`${tfjs} against ${ort}`, training.backend, ours, theirs));
    }
    if (request.golden === undefined || adapter !== null) return reports;
    const { batch, hidden } = await readGoldenBase(environment.source(request.golden.folder));
    for (const [name, side] of [
      [ort, inference],
      [tfjs, training],
    ] as const) {
      for (const [row, ids] of batch.sequences.entries()) {
        const own = hiddenStates(await side.activations(null, ids), architecture.numLayers);
        const states = hidden.map((rows, i) => ({
          name: own[i]?.name ?? '',
          values: rows[row] ?? new Float32Array(),
        }));
        reports.push(compareLayers(`${name} against the golden, row ${row}`, side.backend, own, states));
      }
    }
    return reports;
  } finally {
    await close();
  }
}

async function checkPair(environment: CheckEnvironment, request: CheckRequest): Promise<CheckReport> {
  const source = environment.source(request.model);
  const checkpoint = await openCheckpoint(
    source,
    request.weights === undefined ? {} : { weights: request.weights },
  );
  const imported =
    request.adapter === undefined
      ? null
      : await importAdapter(environment.source(request.adapter), checkpoint);
  const adapter = imported?.adapter ?? null;
  const prompt =
    request.prompt === undefined
      ? undefined
      : { ...request.prompt, tokenizer: await requireTokenizer(source, checkpoint.architecture.vocabSize) };
  const { weights } = request;
  const pair = await environment.open(request.model, weights === undefined ? {} : { weights });
  const checks: Check[] = [];
  const leftOut: string[] = [];
  try {
    // First of all: what the checks hold, whole distributions of many tokens, is no part of labelling's memory.
    const speed =
      request.skipSpeed === true
        ? undefined
        : await measureSpeed(
            checkpoint.architecture,
            pair.inference,
            pair.training,
            () => environment.now(),
            request.tokens,
          );
    checks.push(await checkAgreement(checkpoint.architecture, pair.inference, pair.training, null));
    if (adapter !== null) {
      checks.push(await checkAgreement(checkpoint.architecture, pair.inference, pair.training, adapter));
    }
    const memoryBytes = {
      labelling: labellingBytes(checkpoint.architecture, checkpoint.weights, {
        ...{ rows: BATCH, tokens: (request.tokens ?? 48) + 16 },
      }),
      training: trainingBytes(checkpoint.architecture, checkpoint.weights, {
        ...{ rows: BATCH, tokens: request.tokens ?? 48 },
      }),
    };
    if (request.golden !== undefined) {
      const { folder, adapters } = request.golden;
      checks.push(...(await checkGolden(environment, checkpoint, pair, folder, adapters)));
    }
    if (request.reference !== undefined) {
      const { folder, file } = request.reference;
      const rows = await readReference(environment.source(folder), file);
      const { vocabSize } = checkpoint.architecture;
      const reference = await checkReference(pair.inference, pair.training, rows, vocabSize);
      checks.push(...reference.checks);
      leftOut.push(...reference.leftOut);
    }
    const continuation =
      prompt === undefined ? undefined : await continuePrompt(pair.inference, adapter, checkpoint, prompt);
    return {
      ok: checks.length > 0 && checks.every((row) => row.ok),
      architecture: checkpoint.architecture.modelType,
      parameters: checkpoint.parameters,
      dtype: checkpoint.dtype,
      weights: request.weights ?? 'float32',
      backend: environment.backend,
      memoryBytes,
      ...(speed === undefined ? {} : { speed }),
      ...(continuation === undefined ? {} : { continuation }),
      checks,
      leftOut,
      ...(imported === null
        ? {}
        : {
            adapter: [
              healthLine(healthOf(imported.adapter, checkpoint.architecture.linears)),
              ...imported.notes,
            ],
          }),
    };
  } finally {
    await pair.close();
  }
}

async function checkGolden(
  environment: CheckEnvironment,
  checkpoint: Checkpoint,
  pair: LoadedPair,
  folder: string,
  adapters: readonly string[],
): Promise<Check[]> {
  const { inference, training } = pair;
  if (adapters.length === 0) {
    throw new LabError(
      'source-unreadable',
      `${folder} holds no adapter with goldens, so nothing is compared.`,
      {
        remedy: 'Name the golden folder that has lora_* folders, each with a golden.json.',
      },
    );
  }
  const golden = await readGoldenBase(environment.source(folder));
  const { batch } = golden;
  const checks = [
    ...(await checkBaseInference(inference, golden)),
    ...(await checkBaseTraining(training, golden)),
  ];
  for (const name of adapters) {
    const source = environment.source(`${folder}/${name}`);
    const goldenAdapter = await readGoldenAdapter(source, batch);
    const files: AdapterFiles = {
      name,
      adapter: await readAdapter(source, checkpoint),
      after:
        goldenAdapter.training === null
          ? null
          : await readAdapter(environment.source(`${folder}/${name}/after10`), checkpoint),
      golden: goldenAdapter,
    };
    const { rows, trained } = await checkAdapterTraining(training, files, batch);
    checks.push(...rows, ...(await checkAdapterInference(inference, files, batch, trained)));
  }
  for (const [variant, logits] of golden.variants) {
    const label = `model_${variant}.safetensors`;
    checks.push(...(await checkAnother(environment, folder, label, label, batch, logits)));
  }
  if ((await environment.source(folder).size('merged/config.json')) !== null) {
    const merged = `${folder}/merged`;
    const logits = await readGoldenLogits(environment.source(merged), batch);
    checks.push(...(await checkAnother(environment, merged, undefined, 'merged', batch, logits)));
  }
  return checks;
}

/** Logits of other weights of the same model, in both runtimes: opened, compared, closed. */
async function checkAnother(
  environment: CheckEnvironment,
  folder: string,
  weightsFile: string | undefined,
  label: string,
  { sequences }: GoldenBatch,
  golden: readonly Float32Array[],
): Promise<Check[]> {
  const { inference, training, close } = await environment.open(
    folder,
    weightsFile === undefined ? {} : { weightsFile },
  );
  try {
    const row = (
      runtime: Check['runtime'],
      { backend }: { readonly backend: BackendName },
      found: readonly Float32Array[],
    ) => check({ runtime, backend }, `${label}: logits`, worstRow(found, golden), TOLERANCES.logits);
    return [
      row('ort', inference, await inference.logits(null, sequences)),
      row('tfjs', training, await training.logits(null, sequences)),
    ];
  } finally {
    await close();
  }
}

async function continuePrompt(
  inference: InferenceSide,
  adapter: Adapter | null,
  { source, config }: Checkpoint,
  { text, maxNewTokens, tokenizer }: Prompt & { readonly tokenizer: Tokenizer },
): Promise<{ ids: readonly number[]; text: string }> {
  const { eosTokenIds = [] } = await readGenerationDefaults(source, config);
  const ids = tokenizer.encode(text);
  const [completion] = await generateAll(inference, adapter, [ids], { ...GREEDY, maxNewTokens, eosTokenIds });
  if (completion === undefined) throw new LabError('internal', 'The continuation of the prompt is missing.');
  // Together with the prompt: alone, a sentencepiece tokenizer drops the first token's leading space.
  const before = tokenizer.decode(ids);
  const whole = tokenizer.decode([...ids, ...completion.ids]);
  return {
    ids: completion.ids,
    text: whole.startsWith(before) ? whole.slice(before.length) : tokenizer.decode(completion.ids),
  };
}

async function requireTokenizer(source: FileSource, vocabSize: number): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(source, vocabSize);
  if (tokenizer !== null) return tokenizer;
  throw new LabError('tokenizer-integrity', `${source.label} has no tokenizer.json, which a prompt needs.`, {
    remedy: 'Add tokenizer.json and tokenizer_config.json to the folder, or leave the prompt out.',
  });
}
