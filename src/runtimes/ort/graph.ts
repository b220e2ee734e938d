/**
 * @file One ONNX graph per model that serves labelling, scoring and embedding: the family's forward pass with a
 * key/value cache, then only what the callers read - the distribution at chosen rows, never (B, T, V) logits.
 *
 * Inputs: input_ids (B, T) int64; rows (N) int64, indices into B T; targets (N, 1) int64; pool (B, 1, T), weights of a
 * sum over positions; past_key_values.i.{key,value} (B, KV, capacity, D); for each linear projection lora_A (in, r) and
 * lora_B (r, out); and what graph-inputs.ts names. Outputs: see OUTPUT; present.i.{key,value}, with fused attention
 * (B, KV, capacity, D), the cache with the new tokens in it, with composed attention (B, KV, T, D), those tokens alone.
 */
import type { Architecture } from '../../models/architecture.ts';
import type { TapPoint } from '../../models/tap.ts';
import { TappedOps } from '../../models/tap.ts';
import type { CacheLayer } from './attention.ts';
import { ComposedAttention } from './attention-composed.ts';
import { FusedAttention } from './attention-fused.ts';
import type { FloatType } from './float-type.ts';
import { BlockWeights } from './block-weights.ts';
import { GraphInputs } from './graph-inputs.ts';
import { GraphWriter } from './graph-writer.ts';
import { INPUT, OUTPUT, tapName } from './names.ts';
import { OnnxOps } from './ops-onnx.ts';

export interface GraphOptions {
  readonly float: FloatType;
  /** Longest sequence that the rotary tables reach. */
  readonly maxLength: number;
  readonly attention: 'fused' | 'composed';
  /** Rows of the vocabulary that no token has: never the likeliest, though their probability counts. */
  readonly absentIds?: readonly number[];
  /** Matrices that are mounted in blocks (blockNames), by their tensors' names. */
  readonly blocks?: ReadonlyMap<string, 'q8' | 'q4'>;
  /** Embeddings are fed (embedding-table.ts), and the head's matrix is mounted in parts (headParts). */
  readonly isTableOutside?: boolean;
  /** Every value on the way is an output too: for checks. */
  readonly isTapped?: boolean;
}

export interface ModelGraph {
  /** The model without weights: those are mounted under their tensors' names. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly cacheLayers: readonly CacheLayer[];
  /** Widths of the attention masks that are fed; undefined is the causal mask without a window. */
  readonly windows: readonly (number | undefined)[];
  /** Points of a tapped graph, in order; the output of point i is tapName(i). */
  readonly taps: readonly TapPoint[];
}

export function buildGraph(architecture: Architecture, options: GraphOptions): ModelGraph {
  const { float, maxLength } = options;
  const { hiddenSize, vocabSize, headModule, logitMaps = [] } = architecture;
  const graph = new GraphWriter(float);
  const inputs = new GraphInputs(graph);
  const Emitter = options.attention === 'fused' ? FusedAttention : ComposedAttention;
  const attention = new Emitter(graph, inputs, maxLength);
  const ops = new OnnxOps(
    graph,
    inputs,
    attention,
    architecture,
    new BlockWeights(graph, inputs, options.blocks),
    options.isTableOutside,
  );
  const taps: TapPoint[] = [];
  const tapped = new TappedOps(ops, architecture, (point, value) => {
    const name = tapName(taps.push(point) - 1);
    graph.nodeTo([name], 'Identity', [value]);
    graph.output(name, float, ['tokens', `width of ${name}`]);
  });
  const hidden = architecture.forward(options.isTapped === true ? tapped : ops);

  const last = { axis: { int: -1 } };
  const rows = graph.input(INPUT.rows, 'int64', ['rows']);
  const targets = graph.input(INPUT.targets, 'int64', ['rows', 1]);
  const chosen = graph.node('Gather', [hidden, rows], { attributes: { axis: { int: 0 } } });
  const head = ops.linear(ops.sized(chosen, hiddenSize), headModule);
  const raw = logitMaps.reduce((x, { name, by }) => ops.map(x, name, by), head);
  // Log-softmax and its sums are taken in float32 whatever the model's type.
  const cast = (value: string) =>
    float === 'float32' ? value : graph.node('Cast', [value], { attributes: { to: { int: 1 } } });
  graph.nodeTo([OUTPUT.logits], 'Identity', [cast(raw)]);
  graph.output(OUTPUT.logits, 'float32', ['rows', vocabSize]);

  // Log-softmax by hand: WebGPU has no kernel for LogSoftmax, and its parts serve three outputs. With s = logits - max
  // and z = sum exp(s): log p(t) = s(t) - log z, and the entropy is log z - sum(exp(s) s) / z.
  const reduce = (operator: string, value: string, keepdims: 0 | 1 = 1) =>
    graph.node(operator, [value, graph.int64s([-1])], { attributes: { keepdims: { int: keepdims } } });
  // The kernels add in float32 one after the other: of 49,152 values that is wrong by 1e-4 nats, of so few at a time by 5e-7.
  const sum = (value: string) => {
    let [left, width] = [value, vocabSize];
    while (width > SUMMED_AT_ONCE) {
      const padding = -width & (SUMMED_AT_ONCE - 1);
      if (padding > 0) left = graph.node('Pad', [left, graph.int64s([0, 0, 0, padding])]);
      width = (width + padding) / SUMMED_AT_ONCE;
      const groups = graph.reshape(left, [-1, SUMMED_AT_ONCE]);
      left = graph.reshape(reduce('ReduceSum', groups, 0), [-1, width]);
    }
    return reduce('ReduceSum', left);
  };
  const shifted = graph.node('Sub', [OUTPUT.logits, reduce('ReduceMax', OUTPUT.logits)]);
  const exps = graph.node('Exp', [shifted]);
  const z = sum(exps);
  const logZ = graph.node('Log', [z]);
  const { absentIds = [] } = options;
  const eligible =
    absentIds.length === 0
      ? OUTPUT.logits
      : graph.node('Add', [OUTPUT.logits, maskOf(graph, vocabSize, absentIds)]);
  graph.nodeTo([OUTPUT.argmax], 'ArgMax', [eligible], { attributes: { ...last, keepdims: { int: 1 } } });
  graph.output(OUTPUT.argmax, 'int64', ['rows', 1]);
  if (absentIds.length === 0) graph.nodeTo([OUTPUT.argmaxLogprob], 'Neg', [logZ]);
  else {
    const atBest = graph.node('GatherElements', [shifted, OUTPUT.argmax], { attributes: last });
    graph.nodeTo([OUTPUT.argmaxLogprob], 'Sub', [atBest, logZ]);
  }
  graph.output(OUTPUT.argmaxLogprob, 'float32', ['rows', 1]);
  const atTarget = graph.node('GatherElements', [shifted, targets], { attributes: last });
  graph.nodeTo([OUTPUT.targetLogprob], 'Sub', [atTarget, logZ]);
  graph.output(OUTPUT.targetLogprob, 'float32', ['rows', 1]);
  const mean = graph.node('Div', [sum(graph.node('Mul', [exps, shifted])), z]);
  graph.nodeTo([OUTPUT.entropy], 'Sub', [logZ, mean]);
  graph.output(OUTPUT.entropy, 'float32', ['rows', 1]);

  const pool = graph.input(INPUT.pool, float, ['batch', 1, 'length']);
  const pooled = graph.node('MatMul', [pool, inputs.byRow(hidden, hiddenSize)]);
  graph.nodeTo([OUTPUT.pooled], 'Identity', [cast(pooled)]);
  graph.output(OUTPUT.pooled, 'float32', ['batch', 1, hiddenSize]);
  const { cacheLayers } = attention;
  return { bytes: graph.finish(architecture.modelType), cacheLayers, windows: inputs.windows, taps };
}

/** A power of two. */
const SUMMED_AT_ONCE = 8;

/** Large and finite: shaders may assume that nothing is infinite. */
const NEVER = -1e30;

function maskOf(graph: GraphWriter, vocabSize: number, absentIds: readonly number[]): string {
  const mask = new Float32Array(vocabSize);
  for (const id of absentIds) mask[id] = NEVER;
  return graph.constant('absent ids', 'float32', [vocabSize], new Uint8Array(mask.buffer));
}
