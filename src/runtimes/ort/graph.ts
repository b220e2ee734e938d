/**
 * @file One ONNX graph per model that serves labelling, scoring and embedding: the family's forward pass with a
 * key/value cache, then only what the callers read - the distribution at chosen rows, never (B, T, V) logits.
 *
 * Inputs: input_ids (B, T) int64; position_ids (B, T) int64 where positions are learnt; seqlens_k (B) int32;
 * total_sequence_length () int32; past_key_values.i.{key,value} (B, KV, past, D); rows (N) int64, indices into B T;
 * targets (N, 1) int64; cache_rows (M) int64 where the cache lives outside the session; pool (B, 1, T), weights of a sum over positions; for each linear projection lora_A (in, r)
 * and lora_B (r, out). Outputs: see OUTPUT; present.i.{key,value} (B, KV, capacity, D).
 */
import type { Architecture } from '../../models/architecture.ts';
import type { FloatType } from './float-type.ts';
import { GraphWriter } from './graph-writer.ts';
import { INPUT, OUTPUT } from './names.ts';
import { OnnxOps } from './ops-onnx.ts';
import type { CacheLayer } from './ops-onnx.ts';

export interface GraphOptions {
  readonly float: FloatType;
  /** Longest sequence that the rotary tables reach. */
  readonly maxLength: number;
  /** Also gives out the cache's new rows alone, so that a step need not hand back the whole cache. */
  readonly newCacheRows: boolean;
}

export interface ModelGraph {
  /** The model without weights: those are mounted under their tensors' names. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly cacheLayers: readonly CacheLayer[];
}

export function buildGraph(architecture: Architecture, options: GraphOptions): ModelGraph {
  const { float, maxLength, newCacheRows } = options;
  const { hiddenSize, vocabSize, headModule } = architecture;
  const graph = new GraphWriter();
  const inputIds = graph.input(INPUT.inputIds, 'int64', ['batch', 'length']);
  const seqlensK = graph.input(INPUT.seqlensK, 'int32', ['batch']);
  const totalSequenceLength = graph.input(INPUT.totalSequenceLength, 'int32', []);
  let positionIds: string | undefined;
  const ops = new OnnxOps(
    graph,
    architecture,
    {
      inputIds,
      seqlensK,
      totalSequenceLength,
      ...(newCacheRows ? { cacheRows: graph.input(INPUT.cacheRows, 'int64', ['cache_rows']) } : {}),
      positionIds: () => (positionIds ??= graph.input(INPUT.positionIds, 'int64', ['batch', 'length'])),
    },
    float,
    maxLength,
  );
  const hidden = architecture.forward(ops);

  const last = { axis: { int: -1 } };
  const rows = graph.input(INPUT.rows, 'int64', ['rows']);
  const targets = graph.input(INPUT.targets, 'int64', ['rows', 1]);
  const chosen = graph.node('Gather', [hidden, rows], { attributes: { axis: { int: 0 } } });
  const raw = ops.linear(ops.sized(chosen, hiddenSize), headModule);
  // Log-softmax and its sums are taken in float32 whatever the model's type.
  const cast = (value: string) =>
    float === 'float32' ? value : graph.node('Cast', [value], { attributes: { to: { int: 1 } } });
  graph.nodeTo([OUTPUT.logits], 'Identity', [cast(raw)]);
  graph.output(OUTPUT.logits, 'float32', ['rows', vocabSize]);

  // Log-softmax by hand: WebGPU has no kernel for LogSoftmax, and its parts serve three outputs. With s = logits - max
  // and z = sum exp(s): log p(t) = s(t) - log z, and the entropy is log z - sum(exp(s) s) / z.
  const reduce = (operator: string, value: string) =>
    graph.node(operator, [value, graph.int64s([-1])], { attributes: { keepdims: { int: 1 } } });
  const shifted = graph.node('Sub', [OUTPUT.logits, reduce('ReduceMax', OUTPUT.logits)]);
  const exps = graph.node('Exp', [shifted]);
  const z = reduce('ReduceSum', exps);
  const logZ = graph.node('Log', [z]);
  graph.nodeTo([OUTPUT.argmax], 'ArgMax', [OUTPUT.logits], { attributes: { ...last, keepdims: { int: 1 } } });
  graph.output(OUTPUT.argmax, 'int64', ['rows', 1]);
  graph.nodeTo([OUTPUT.argmaxLogprob], 'Neg', [logZ]);
  graph.output(OUTPUT.argmaxLogprob, 'float32', ['rows', 1]);
  const atTarget = graph.node('GatherElements', [shifted, targets], { attributes: last });
  graph.nodeTo([OUTPUT.targetLogprob], 'Sub', [atTarget, logZ]);
  graph.output(OUTPUT.targetLogprob, 'float32', ['rows', 1]);
  const mean = graph.node('Div', [reduce('ReduceSum', graph.node('Mul', [exps, shifted])), z]);
  graph.nodeTo([OUTPUT.entropy], 'Sub', [logZ, mean]);
  graph.output(OUTPUT.entropy, 'float32', ['rows', 1]);

  const pool = graph.input(INPUT.pool, float, ['batch', 1, 'length']);
  const pooled = graph.node('MatMul', [pool, ops.byRow(hidden, hiddenSize)]);
  graph.nodeTo([OUTPUT.pooled], 'Identity', [cast(pooled)]);
  graph.output(OUTPUT.pooled, 'float32', ['batch', 1, hiddenSize]);
  return { bytes: graph.finish(architecture.modelType), cacheLayers: ops.cacheLayers };
}
