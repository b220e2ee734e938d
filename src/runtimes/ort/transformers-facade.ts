/**
 * @file The session as transformers.js expects one of its own, so that its generate() can drive the same model: one
 * prompt at a time (it pads batches on the left, which the attention operator cannot mask), with a cache that grows by
 * a token a step. The lab labels with generate.ts; this is the yardstick it is measured against, and the way to use
 * what transformers.js has and the lab has not.
 *
 * transformers.js must be using the same onnxruntime-web module: in a browser it does; in Node it takes onnxruntime-node
 * unless globalThis[Symbol.for('onnxruntime')] is set to the module before it is imported.
 */
import {
  InterruptableStoppingCriteria,
  LlamaForCausalLM,
  PretrainedConfig,
  Tensor as TransformersTensor,
} from '@huggingface/transformers';
import type { CancelSignal } from '../../core/errors.ts';
import { LabError, throwIfCancelled, toLabError } from '../../core/errors.ts';
import type { Adapter } from '../../lora/config.ts';
import type { CacheLayer } from './attention.ts';
import { batchFeeds, checkIds } from './batch.ts';
import type { CacheNames } from './names.ts';
import { INPUT, OUTPUT, pastNames, presentNames } from './names.ts';
import type { Ort, Tensor } from './ort.ts';
import type { ModelSession } from './session.ts';
import { floatOutput } from './tensors.ts';

export interface TransformersOptions {
  /** The base alone if left out or null. */
  readonly adapter?: Adapter | null;
  readonly maxNewTokens: number;
  readonly signal?: CancelSignal;
}

const WHAT = 'Generating';

/** The greedy continuation of one prompt by transformers.js' generate(): new token ids.
 * @throws LabError as generate() of this room */
export async function generateWithTransformers(
  session: ModelSession,
  ids: readonly number[],
  { adapter = null, maxNewTokens, signal }: TransformersOptions,
): Promise<number[]> {
  if (ids.length === 0) throw new LabError('invalid-request', 'The prompt has no tokens.');
  checkIds(session, ids, 'The prompt');
  if (ids.length + maxNewTokens > session.maxLength) {
    throw new LabError(
      'context-overflow',
      `The prompt of ${ids.length} tokens with ${maxNewTokens} new ones exceeds ${session.maxLength} tokens.`,
    );
  }
  const interrupt = new InterruptableStoppingCriteria();
  const facade = new SessionFacade(session, adapter, () => signal?.aborted === true, interrupt);
  // For any family: of the configuration only the names of the cache's tensors are taken.
  const { numLayers: num_hidden_layers, vocabSize: vocab_size } = session.architecture;
  const config = new PretrainedConfig({ model_type: 'llama', num_hidden_layers, vocab_size });
  const model = new LlamaForCausalLM(config, { model: facade }, {});
  const inputs = new TransformersTensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]);
  try {
    const sequences: unknown = await model.generate({
      inputs,
      max_new_tokens: maxNewTokens,
      do_sample: false,
      stopping_criteria: interrupt,
    });
    facade.throwIfFailed();
    throwIfCancelled(signal, WHAT);
    if (!(sequences instanceof TransformersTensor)) throw new Error('generate() gave no tensor');
    return sequences.tolist().flat().map(Number).slice(ids.length);
  } finally {
    facade.close();
  }
}

/** The members of an InferenceSession that transformers.js reads. */
class SessionFacade {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata: readonly {
    name: string;
    isTensor: true;
    type: string;
    shape: (number | string)[];
  }[];
  private readonly adapter: ReturnType<ModelSession['holdAdapter']>;
  private failure: LabError | undefined;

  constructor(
    private readonly session: ModelSession,
    adapter: Adapter | null,
    private readonly isCancelled: () => boolean,
    private readonly interrupt: InterruptableStoppingCriteria,
  ) {
    this.adapter = session.holdAdapter(adapter);
    const { cacheLayers, float } = session;
    this.inputMetadata = cacheLayers.flatMap(({ kvHeads, headSize }, i) =>
      namesOf(pastNames(i)).map((name) => {
        const shape = ['batch_size', kvHeads, 'past_sequence_length', headSize];
        return { name, isTensor: true as const, type: float, shape };
      }),
    );
    this.inputNames = [INPUT.inputIds, ...this.inputMetadata.map(({ name }) => name)];
    this.outputNames = [OUTPUT.logits, ...cacheLayers.flatMap((_, i) => namesOf(presentNames(i)))];
  }

  /** One step. It never rejects, since a rejected run would stop all later ones of transformers.js in this worker: after
   * a failure it gives back empty logits and ends the generation, and throwIfFailed() tells. */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    try {
      if (this.isCancelled()) this.interrupt.interrupt();
      return await this.step(feeds);
    } catch (thrown) {
      this.failure = toLabError(thrown);
      this.interrupt.interrupt();
      const { vocabSize } = this.session.architecture;
      const none = new this.session.ort.Tensor('float32', new Float32Array(vocabSize), [1, 1, vocabSize]);
      return { [OUTPUT.logits]: none };
    }
  }

  throwIfFailed(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  close(): void {
    this.adapter.release();
  }

  private async step(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const { session } = this;
    const { ort, float, cacheLayers, device } = session;
    const past: Record<string, Tensor> = {};
    let pastLength = 0;
    for (const { name } of this.inputMetadata) {
      const tensor = required(feeds, name);
      pastLength = tensor.dims[2] ?? 0;
      // transformers.js makes its own tensors from another copy of the class.
      past[name] =
        tensor.location === 'gpu-buffer' ? tensor : new ort.Tensor(float, floatsOf(tensor), tensor.dims);
    }
    const ids = idsOf(required(feeds, INPUT.inputIds));
    const batch = batchFeeds(session, { ids: [ids], pastLengths: [pastLength], capacity: pastLength });
    const fetches = Object.fromEntries(this.outputNames.map((name) => [name, null]));
    const outputs = await session.run(WHAT, this.adapter, { ...batch, ...past }, fetches);
    const { vocabSize } = session.architecture;
    const result: Record<string, Tensor> = {
      [OUTPUT.logits]: new ort.Tensor('float32', await floatOutput(outputs, OUTPUT.logits), [
        1,
        1,
        vocabSize,
      ]),
    };
    for (const [i, layer] of cacheLayers.entries()) {
      const [before, after] = [pastNames(i), presentNames(i)];
      for (const part of ['key', 'value'] as const) {
        result[after[part]] =
          device === undefined
            ? joined(ort, required(past, before[part]), required(outputs, after[part]), layer)
            : required(outputs, after[part]);
      }
    }
    return result;
  }
}

const namesOf = ({ key, value }: CacheNames): readonly string[] => [key, value];

/** (1, KV, P, D) and (1, KV, T, D) -> (1, KV, P + T, D). */
function joined(ort: Ort, past: Tensor, added: Tensor, { kvHeads, headSize }: CacheLayer): Tensor {
  const [old, fresh] = [floatsOf(past), floatsOf(added)];
  const [oldRow, freshRow] = [old.length / kvHeads, fresh.length / kvHeads];
  const whole = new Float32Array(old.length + fresh.length);
  for (let head = 0; head < kvHeads; head++) {
    const at = head * (oldRow + freshRow);
    whole.set(old.subarray(head * oldRow, (head + 1) * oldRow), at);
    whole.set(fresh.subarray(head * freshRow, (head + 1) * freshRow), at + oldRow);
  }
  return new ort.Tensor('float32', whole, [1, kvHeads, (oldRow + freshRow) / headSize, headSize]);
}

function required(tensors: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`there is no tensor "${name}"`);
  return tensor;
}

function floatsOf(tensor: Tensor): Float32Array {
  if (tensor.data instanceof Float32Array) return tensor.data;
  throw new Error('a tensor of the cache is not float32');
}

function idsOf(tensor: Tensor): number[] {
  if (tensor.data instanceof BigInt64Array) return Array.from(tensor.data, Number);
  throw new Error('the token ids are not int64');
}
