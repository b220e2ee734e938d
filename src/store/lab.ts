/**
 * @file The walk through the lab, as a store without a view: load one checkpoint into both runtimes, ask, teach one
 * sentence, hand the adapter over, ask again. The engines come in as their interfaces.
 */
import type { StoreApi } from 'zustand/vanilla';
import { createStore } from 'zustand/vanilla';
import { GREEDY, TRAIN_DEFAULTS } from '../core/engine.ts';
import { LabError, toLabError } from '../core/errors.ts';
import type { SourceDescriptor } from '../core/source.ts';
import type { Adapter, LoraConfig } from '../lora/config.ts';
import type { Signal } from '../protocol/wire.ts';
import type { Activity, Answer, LabState, Surroundings } from './lab-state.ts';
import { faultOf, initialState } from './lab-state.ts';
import type { Runtimes } from './load-both.ts';
import { compareRuntimes, loadBoth } from './load-both.ts';

export interface LabPorts extends Runtimes {
  /** Milliseconds from any fixed start. */
  readonly now: () => number;
  readonly newAbort: () => { readonly signal: Signal; abort(): void };
}

export interface Lab {
  readonly store: StoreApi<LabState>;
  load(source: SourceDescriptor): Promise<void>;
  ask(): Promise<void>;
  teach(): Promise<void>;
  cancel(): void;
  setPrompt(prompt: string): void;
  setSentence(sentence: string): void;
  /** Says in the page that a worker was replaced. */
  notify(notice: string): void;
  fail(error: LabError): void;
  dismiss(): void;
}

const LORA: LoraConfig = {
  ...{ r: 8, loraAlpha: 16, useRslora: false, loraDropout: 0, targetModules: 'all-linear' },
};
const LESSON = { ...TRAIN_DEFAULTS, learningRate: 1e-2, batchSize: 1, maxSteps: 60 };
const ANSWER_TOKENS = 40;

const bytesOf = ({ pairs }: Adapter): number =>
  [...pairs.values()].reduce((sum, { a, b }) => sum + a.byteLength + b.byteLength, 0);

class LabStore implements Lab {
  readonly store: StoreApi<LabState>;
  readonly #ports: LabPorts;
  #abort: { abort(): void } | null = null;

  constructor(ports: LabPorts, surroundings: Surroundings) {
    this.#ports = ports;
    this.store = createStore(() => initialState(surroundings));
  }

  cancel(): void {
    this.#abort?.abort();
  }
  setPrompt(prompt: string): void {
    this.store.setState({ prompt, before: null, after: null, lesson: null });
  }
  setSentence(sentence: string): void {
    this.store.setState({ sentence, before: null, after: null, lesson: null });
  }
  notify(notice: string): void {
    this.store.setState({ notice });
  }
  fail(error: LabError): void {
    this.store.setState({ fault: faultOf(error) });
  }
  dismiss(): void {
    this.store.setState({ fault: null, notice: null });
  }

  load(source: SourceDescriptor): Promise<void> {
    return this.#during('loading', async (signal) => {
      this.store.setState({ model: null, before: null, after: null, lesson: null, loadedShare: 0 });
      const model = await loadBoth(this.#ports, source, signal, (loadedShare) => {
        this.store.setState({ loadedShare });
      });
      this.store.setState({ model });
    });
  }

  ask(): Promise<void> {
    return this.#during('answering', async (signal) => {
      await this.#ports.inference.setAdapter({ adapter: null }, { signal });
      this.store.setState({ after: null, lesson: null });
      await this.#answer('before', signal);
    });
  }

  teach(): Promise<void> {
    return this.#during('teaching', async (signal) => {
      const { inference, training, now } = this.#ports;
      this.store.setState({ after: null, lesson: null });
      await inference.setAdapter({ adapter: null }, { signal });
      if (this.store.getState().before?.perplexity == null) await this.#answer('before', signal);

      const [promptIds, completionIds] = await this.#encode(signal);
      await training.initAdapter({ config: LORA, seed: 0 }, { signal });
      const started = now();
      const request = { examples: [{ promptIds, completionIds }], config: LESSON, resumeFrom: null };
      const steps = training.train(request, { signal });
      const losses: number[] = [];
      let next = await steps.next();
      for (; next.done !== true; next = await steps.next()) {
        losses.push(next.value.loss);
        this.store.setState({ lesson: { losses: [...losses], maxSteps: LESSON.maxSteps, outcome: null } });
      }
      const trainMs = now() - started;
      const adapter = next.value;
      const { swapMs } = await inference.setAdapter({ adapter }, { signal });
      const rows = [[...promptIds, ...completionIds]];
      const { difference: logitDifference } = await compareRuntimes(this.#ports, rows, signal);
      const outcome = { trainMs, swapMs, adapterBytes: bytesOf(adapter), logitDifference };
      this.store.setState({ lesson: { losses, maxSteps: LESSON.maxSteps, outcome } });
      await this.#answer('after', signal);
    });
  }

  /** Runs one activity at a time; its failure is shown, a cancelled one merely ends. */
  async #during(activity: Activity, work: (signal: Signal) => Promise<void>): Promise<void> {
    if (this.store.getState().activity !== 'idle') return;
    const abort = this.#ports.newAbort();
    this.#abort = abort;
    this.store.setState({ activity, fault: null, notice: null });
    try {
      await work(abort.signal);
    } catch (thrown) {
      const error = toLabError(thrown);
      if (error.code !== 'cancelled') this.fail(error);
    } finally {
      this.#abort = null;
      this.store.setState({ activity: 'idle' });
    }
  }

  async #encode(signal: Signal): Promise<[prompt: readonly number[], sentence: readonly number[]]> {
    const { prompt, sentence } = this.store.getState();
    const [promptIds = [], completionIds = []] = await this.#ports.inference.encode(
      { texts: [prompt, sentence], addSpecialTokens: false },
      { signal },
    );
    if (promptIds.length === 0 || completionIds.length === 0) {
      const field = promptIds.length === 0 ? 'prompt' : 'sentence';
      throw new LabError('invalid-request', `The ${field} is empty.`, { remedy: 'Type a few words.' });
    }
    return [promptIds, completionIds];
  }

  /** The greedy answer to the prompt, token by token, and the perplexity of the sentence. */
  async #answer(which: 'before' | 'after', signal: Signal): Promise<void> {
    const { inference } = this.#ports;
    const show = (answer: Answer) => {
      this.store.setState({ [which]: answer });
    };
    const [promptIds, completionIds] = await this.#encode(signal);
    show({ text: '', isComplete: false, perplexity: null });
    let text = '';
    const config = { ...GREEDY, maxNewTokens: Math.min(ANSWER_TOKENS, completionIds.length) };
    const request = { rows: [{ key: 'prompt', ids: promptIds }], config, batchSize: 1 };
    for await (const event of inference.generate(request, { signal })) {
      text = event.type === 'token' ? text + event.text : event.completion.text;
      show({ text, isComplete: event.type === 'completion', perplexity: null });
    }
    const [score] = await inference.score([{ promptIds, completionIds }], { signal });
    const nll = (score?.logprobs ?? []).reduce((sum, logprob) => sum - logprob, 0);
    show({ text, isComplete: true, perplexity: Math.exp(nll / completionIds.length) });
  }
}

export function createLab(ports: LabPorts, surroundings: Surroundings): Lab {
  return new LabStore(ports, surroundings);
}
