/** @file A model that comes and is loaded, and what can be asked of that. */
import type { Needs } from '../../core/memory-need.ts';
import type { WeightType } from '../../core/weights.ts';
import type { SourceDescriptor } from '../../core/source.ts';
import type { Adapter } from '../../lora/config.ts';
import type { LoadProgress } from '../../protocol/words.ts';
import type { Fault, LoadedModel } from '../lab-state.ts';
import type { ModelRef } from '../setup/setup-shape.ts';

/** What a load does now. */
export type LoadActivity =
  /** Its files come; bytes, whose total is null until every file has told its length. */
  | { readonly step: 'fetch'; readonly done: number; readonly total: number | null }
  /** Both runtimes start with it; null before a worker has said anything. */
  | {
      readonly step: 'start';
      readonly inference: LoadProgress | null;
      readonly training: LoadProgress | null;
    }
  /** Both have it; their answers are compared. */
  | { readonly step: 'compare' };

export interface ModelView {
  readonly ref: ModelRef;
  readonly status: 'none' | 'loading' | 'ready' | 'failed';
  /** What goes on while it loads; null at rest. */
  readonly activity: LoadActivity | null;
  /** With `inference.device`, `training.device` and their `passedOver`: what stands on which device, and why. */
  readonly loaded: LoadedModel | null;
  /** What it needs in memory; null while that is not known. */
  readonly needs: Needs | null;
  readonly fault: Fault | null;
}

/** A model that was asked for and is too large as it is: nothing of it is loaded, and the one of before stands. */
export interface UnfitView {
  readonly ref: ModelRef;
  readonly needs: Needs;
}

/** A model of the Hub that was asked for by name: first its size, then, on request, its files. */
export interface HubView {
  readonly name: string;
  readonly status: 'asking' | 'found' | 'fetching' | 'stopped' | 'kept' | 'failed';
  /** Of all files that the lab reads; 0 while unknown. */
  readonly bytes: number;
  readonly fetchedBytes: number;
  /** What it needs in memory; null while that is not known. */
  readonly needs: Needs | null;
  readonly fault: Fault | null;
}

export interface LoadedAdapter {
  readonly name: string;
  readonly adapter: Adapter;
  /** Its health card in a line, and what its files say otherwise than the lab would. */
  readonly health: string;
  readonly notes: readonly string[];
}

export interface ModelState {
  readonly model: ModelView;
  readonly hub: HubView | null;
  readonly unfit: UnfitView | null;
  readonly adapters: readonly LoadedAdapter[];
}

/** Nothing here throws: failures stand in the state. */
export interface ModelActions {
  loadBundled(): Promise<void>;
  /** The model that is loaded again, its matrices held in another type; its name says which. */
  holdAs(weights: WeightType): Promise<void>;
  loadFiles(source: SourceDescriptor, name: string): Promise<void>;
  /** The model that is too large as it is, after all, with its matrices held so; null: the one that stands is kept. */
  loadUnfit(weights: WeightType | null): Promise<void>;
  /** Asks the Hub for the size and what it needs alone; `fetchHub` then fetches, resumes, keeps and loads it. */
  askHub(name: string): Promise<void>;
  fetchHub(): Promise<void>;
  cancelLoading(): void;
  removeKeptModel(name: string): Promise<void>;
  loadAdapter(source: SourceDescriptor, name: string): Promise<void>;
}
