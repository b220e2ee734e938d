/** @file The model: the bundled one at the start, another from files, from a folder or from the Hub; its adapters. */
import { LabError, toLabError } from '../../core/errors.ts';
import type { Device, Needs } from '../../core/memory-need.ts';
import { fitOf } from '../../core/memory-need.ts';
import { nameWithWeights, namedWeights } from '../../core/weights.ts';
import type { ModelFacts } from '../../method/ports.ts';
import type { SourceDescriptor } from '../../core/source.ts';
import type { LinearShape } from '../../lora/config.ts';
import { modelFacts } from '../../lab/model-facts.ts';
import type { HubView, LoadActivity, LoadedAdapter, ModelView } from './model-state.ts';
import type { ModelActions } from './model-state.ts';
import type { ModelRef } from '../setup/setup-shape.ts';
import type { RunModel } from '../runs/run-shape.ts';
import type { LabModel } from '../lab-model.ts';
import type { LoadedModel } from '../lab-state.ts';
import { faultOf } from '../lab-state.ts';
import type { Runtimes } from './load-both.ts';
import { loadBoth } from './load-both.ts';
import type { Side } from './patient-load.ts';
import type { Context } from '../plumbing.ts';
import { Throttle } from '../clock.ts';

export interface ReadyModel {
  readonly ref: ModelRef;
  readonly source: SourceDescriptor;
  readonly loaded: LoadedModel;
  readonly facts: ModelFacts;
  readonly linears: readonly LinearShape[];
}

/** What a run keeps of it. */
export const runModelOf = ({ facts, loaded }: Pick<ReadyModel, 'facts' | 'loaded'>): RunModel => {
  const devices = [loaded.inference.device.description, loaded.training.device.description];
  const { name, sha256, learningRate } = facts;
  return { name, sha256, device: [...new Set(devices)].join(' / '), learningRate };
};

/** Names, and where both are called the same the beginnings of their digests: "nano (sha256 6b86b273), ..." */
export function apartInWords(made: Pick<RunModel, 'name' | 'sha256'>, loaded: ModelFacts): string {
  const isSame = made.name === loaded.name;
  const said = ({ name, sha256 }: typeof made) => (isSame ? `${name} (sha256 ${sha256.slice(0, 8)})` : name);
  return `made with ${said(made)}, the loaded model is ${said(loaded)}`;
}

export const noModelView = (ref: ModelRef): ModelView => ({
  ref,
  status: 'none',
  activity: null,
  loaded: null,
  needs: null,
  fault: null,
});

/** The device as a model is held against it: whether it computes in wasm shows only when one is loaded. */
export function deviceOf({ surroundings, model }: Pick<LabModel, 'surroundings' | 'model'>): Device {
  const { memoryBytes: bytes, hasWebgpu } = surroundings;
  const { loaded } = model;
  const isWasm =
    loaded === null
      ? !hasWebgpu
      : [loaded.inference, loaded.training].some(({ device }) => device.backend !== 'webgpu');
  return { bytes, isLeast: bytes !== null && bytes >= MOST_TOLD, isWasm };
}
/** Browsers tell no more. */
const MOST_TOLD = 2 ** 33;

export interface ModelSources {
  /** Before the model of before goes. */
  readonly onLeaving: () => Promise<void>;
  readonly onReady: (ready: ReadyModel) => void;
  readonly onStorage: () => void;
}

export class ModelSlice {
  readonly services: Runtimes;
  readonly actions: ModelActions;
  readonly #context: Context;
  readonly #sources: ModelSources;
  #loading: Promise<ReadyModel> | null = null;
  #abort: { abort(): void } | null = null;
  /** Of the model that is too large. */
  #unfit: { readonly ref: ModelRef; readonly source: SourceDescriptor } | null = null;

  constructor(context: Context, sources: ModelSources) {
    this.#context = context;
    this.#sources = sources;
    this.services = context.plumbing.runtimes;
    this.actions = {
      loadBundled: () => this.load({ kind: 'bundled', name: 'nano' }),
      loadFiles: (source, name) => this.load({ kind: 'picked', name }, source),
      holdAs: (weights) =>
        context.attempt(async () => {
          const { ref, source } = await this.ready();
          const { name } = namedWeights(ref.name);
          await this.load({ ...ref, name: nameWithWeights({ name, weights }) }, source);
        }),
      loadUnfit: async (weights) => {
        const asked = this.#unfit;
        this.#unfit = null;
        context.set({ unfit: null });
        if (weights === null || asked === null) return;
        const { name } = asked.ref;
        await this.load({ ...asked.ref, name: nameWithWeights({ name, weights }) }, asked.source, true);
      },
      askHub: (name) => this.#askHub(name.trim()),
      fetchHub: () => this.#fetchHub(),
      cancelLoading: () => {
        this.#abort?.abort();
      },
      removeKeptModel: (name) =>
        context.attempt(async () => {
          await context.plumbing.shelf?.remove(name);
          if (context.state.hub?.name === name) context.set({ hub: null });
          this.#sources.onStorage();
        }),
      loadAdapter: (source, name) => context.attempt(() => this.#loadAdapter(source, name)),
    };
  }

  /** The model that stands or is being loaded. @throws LabError of the load, or `invalid-request` for none */
  ready(): Promise<ReadyModel> {
    const none = new LabError('invalid-request', 'No model is loaded.', { remedy: 'Load a model first.' });
    return this.#loading ?? Promise.reject(none);
  }

  /** Loads what the reference means, unless it stands; a failure is shown with the model. One that is too large for the
   * device as it is, is asked about first.
   * @param isAsked whether that was done */
  async load(ref: ModelRef, source?: SourceDescriptor, isAsked = false): Promise<void> {
    const { model } = this.#context.state;
    const isSame = model.ref.kind === ref.kind && model.ref.name === ref.name;
    if (isSame && source === undefined && (model.status === 'ready' || model.status === 'loading')) return;
    let found: SourceDescriptor;
    try {
      found = source ?? (await this.#sourceOf(ref));
    } catch (thrown) {
      this.#context.fail(thrown); // The model of before stands.
      return;
    }
    const needs = ref.kind === 'bundled' ? null : await this.#needsOf(found);
    this.#unfit = null;
    this.#context.set({ unfit: null });
    if (!isAsked && needs !== null && this.#isTooLarge(ref, needs)) {
      this.#unfit = { ref, source: found };
      this.#context.set({ unfit: { ref, needs } });
      this.#context.notify(
        `${ref.name} is too large for this device as it is: choose under Data & models how it is held.`,
      );
      return;
    }
    const before = this.#loading;
    this.#abort?.abort();
    await before?.catch(() => undefined);
    const loading = this.#load(ref, found);
    this.#loading = loading;
    try {
      this.#sources.onReady(await loading);
    } catch (thrown) {
      if (this.#loading !== loading) return;
      this.#loading = null;
      const error = toLabError(thrown);
      const isWanted = error.code === 'cancelled';
      // Told with the model and nowhere else, so that it goes when the next one stands.
      const told = { status: isWanted ? 'none' : 'failed', fault: isWanted ? null : faultOf(error) } as const;
      this.#context.set({ model: { ...noModelView(ref), ...told } });
    }
  }

  /** null where that cannot be told: the load will say why. */
  async #needsOf(source: SourceDescriptor): Promise<Needs | null> {
    try {
      return await this.#context.plumbing.memoryNeeds(source);
    } catch {
      return null;
    }
  }

  /** As it is; whoever names another type has chosen. */
  #isTooLarge(ref: ModelRef, needs: Needs): boolean {
    const { weights } = namedWeights(ref.name);
    const need = needs().find((one) => one.weights === weights);
    return (
      weights === 'float32' &&
      need !== undefined &&
      fitOf(need, deviceOf(this.#context.state)) === 'too-large'
    );
  }

  async #load(ref: ModelRef, from: SourceDescriptor): Promise<ReadyModel> {
    const { newAbort, clock, fetchModel } = this.#context.plumbing;
    const abort = newAbort();
    this.#abort = abort;
    await this.#sources.onLeaving();
    this.#context.set({ model: { ...noModelView(ref), status: 'loading' }, adapters: [] });
    let activity: LoadActivity = { step: 'fetch', done: 0, total: null };
    const throttle = new Throttle(clock, () => {
      const { model } = this.#context.state;
      if (model.status === 'loading') this.#context.set({ model: { ...model, activity } });
    });
    const show = (now: LoadActivity): void => {
      activity = now;
      throttle.soon();
    };
    const source = await fetchModel(from, {
      signal: abort.signal,
      onBytes: (done, total) => {
        show({ step: 'fetch', done, total });
      },
    });
    let sides: Pick<Extract<LoadActivity, { step: 'start' }>, Side> = { inference: null, training: null };
    show({ step: 'start', ...sides });
    const loaded = await loadBoth(
      this.services,
      { source, backend: 'auto', weights: namedWeights(ref.name).weights },
      {
        signal: abort.signal,
        delay: clock.delay,
        hasThreads: this.#context.state.surroundings.hasSharedMemory,
        say: (text) => {
          this.#context.notify(text);
        },
        onProgress: (side, progress) => {
          sides = { ...sides, [side]: progress };
          show({ step: 'start', ...sides });
        },
        onComparing: () => {
          show({ step: 'compare' });
        },
      },
    );
    const needs = await this.#needsOf(source);
    const { linears } = loaded.training;
    const facts = { ...modelFacts(loaded.training), name: ref.name };
    this.#abort = null;
    this.#context.set({
      model: { ref, status: 'ready', activity: null, loaded, needs, fault: null },
    });
    return { ref, source, loaded, facts, linears };
  }

  async #sourceOf(ref: ModelRef): Promise<SourceDescriptor> {
    const { name } = namedWeights(ref.name);
    if (ref.kind === 'bundled') return this.#context.plumbing.bundledModel(name);
    const kept = ref.kind === 'hub' ? await this.#context.plumbing.shelf?.open(name) : null;
    if (kept) return kept;
    const how = ref.kind === 'hub' ? 'Fetch it from the Hub first.' : 'Choose its folder again.';
    throw new LabError('source-unreadable', `The model ${ref.name} is not in this browser.`, { remedy: how });
  }

  #hub(change: Partial<HubView>): void {
    const { hub } = this.#context.state;
    if (hub !== null) this.#context.set({ hub: { ...hub, ...change } });
  }

  async #askHub(name: string): Promise<void> {
    const { shelf, newAbort } = this.#context.plumbing;
    this.#context.set({
      hub: { name, status: 'asking', bytes: 0, fetchedBytes: 0, needs: null, fault: null },
    });
    try {
      if (shelf === null) throw noShelf();
      const bytes = await shelf.ask(name, newAbort().signal);
      this.#hub({ bytes, needs: await this.#needsOf(shelf.remote(name)), status: 'found' });
    } catch (thrown) {
      this.#hub({ status: 'failed', fault: faultOf(this.#context.fail(thrown)) });
    }
  }

  async #fetchHub(): Promise<void> {
    const { hub } = this.#context.state;
    const { shelf, newAbort, clock } = this.#context.plumbing;
    if (hub === null || hub.status === 'fetching') return;
    const abort = newAbort();
    this.#abort = abort;
    this.#hub({ status: 'fetching', fault: null });
    let [fetchedBytes, bytes] = [0, hub.bytes];
    const throttle = new Throttle(clock, () => {
      this.#hub({ fetchedBytes, bytes });
    });
    try {
      if (shelf === null) throw noShelf();
      const source = await shelf.fetch(hub.name, abort.signal, (done, total) => {
        [fetchedBytes, bytes] = [done, total];
        throttle.soon();
      });
      this.#hub({ status: 'kept', fetchedBytes: bytes });
      this.#sources.onStorage();
      await this.load({ kind: 'hub', name: hub.name }, source);
    } catch (thrown) {
      const error = this.#context.fail(thrown);
      const status = error.code === 'cancelled' ? 'stopped' : 'failed';
      this.#hub({ status, fault: faultOf(error) });
    }
  }

  async #loadAdapter(source: SourceDescriptor, name: string): Promise<void> {
    const { source: base, linears } = await this.ready();
    const { peft } = this.#context.plumbing;
    const { adapter, notes } = await peft.read(source, base);
    const loaded: LoadedAdapter = { name, adapter, notes, health: await peft.health(adapter, linears) };
    const others = this.#context.state.adapters.filter((other) => other.name !== name);
    this.#context.set({ adapters: [...others, loaded] });
  }
}

const noShelf = (): LabError =>
  new LabError('storage-unavailable', 'This browser cannot keep a model (no private file system here).');
