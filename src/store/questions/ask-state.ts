/** @file Asking a model beside a run: what is followed, and the playground. */
import type { PromptParts } from '../../words/prompt-parts.ts';
import type { Fault } from '../lab-state.ts';
import type { Download } from '../live/run-state.ts';
import type { Mode } from '../../words/events.ts';

/** Who answers: the base, or the adapter of a round of a cell of the current run, or one that was loaded. */
export type Answerer =
  | { readonly kind: 'base' }
  | { readonly kind: 'round'; readonly cell: string; readonly round: number }
  | { readonly kind: 'loaded'; readonly name: string };

export interface Alternative {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
}

export interface AnswerToken {
  readonly id: number;
  readonly text: string;
  readonly probability: number;
  /** The five most likely tokens here, the chosen one among them if it is; [] where the model is too large to tell. */
  readonly alternatives: readonly Alternative[];
}

/** Why someone cannot be asked: the run's model is not the loaded one, or the adapter is not there. */
export type Barrier = 'model' | 'adapter';

export interface AskedAnswer {
  readonly answerer: Answerer;
  readonly status: 'waiting' | 'answering' | 'done' | 'failed';
  readonly text: string;
  readonly tokens: readonly AnswerToken[];
  readonly fault: Fault | null;
  /** Nobody was asked: why the answer is the one that the run kept; null where somebody was. */
  readonly readBack: Barrier | null;
}

/** The prompt of an evaluated item, made again from the run's plan. */
export interface PromptSeen {
  readonly parts: PromptParts;
  /** Demonstrations that were drawn, but there was no room for them. */
  readonly leftOut: number;
  /** false: the run's model is not loaded, so all of them are taken to have fitted. */
  readonly isCertain: boolean;
}

/** What a followed prompt came to. */
export interface PinnedPrompt {
  /** The whole text that the model is given. */
  readonly parts: PromptParts;
  /** Demonstrations that have no room before it. */
  readonly leftOut: number;
  /** Whose draw its demonstrations are: that of the round that labelled it, that of scoring, or one that the run would
   * make, since it never asked this. */
  readonly origin:
    { readonly kind: 'labelled'; readonly round: number } | { readonly kind: 'evaluated' | 'outside' };
  /** Ids of the pool's rows that it came with, in order. */
  readonly drawn: readonly string[];
  /** The rounds that labelled it. */
  readonly rounds: readonly number[];
}

/** One prompt that is followed through the rounds. */
export interface Pinned {
  readonly input: string;
  /** Id of the row it came from; null where it was typed. */
  readonly rowId: string | null;
  /** Key of the cell whose rounds answer; null: the run's first. */
  readonly cell: string | null;
  readonly mode: Mode;
  /** The round whose draw it has, where several labelled it; null: the first. */
  readonly drawnIn: number | null;
  /** Ids of the pool's rows that were put before it by hand, in order; null: those it came with. */
  readonly chosen: readonly string[] | null;
  /** null while it is being made. */
  readonly prompt: PinnedPrompt | null;
  readonly answers: readonly AskedAnswer[];
}

export interface Sampling {
  readonly doSample: boolean;
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

export interface Playground {
  readonly text: string;
  /** What the text is: what the model goes on from, or a user's turn, which a chat model's template writes. */
  readonly as: 'text' | 'turn';
  /** The pieces of the prompt that was put there last: it is sent in them, as a run sends it, until the text is changed. */
  readonly pieces: readonly string[];
  /** Where an answer to a text in the shape of the task's prompts ends, beside the model's own end and the limit. Other
   * text has no stop. */
  readonly stopAt: 'task' | 'nothing';
  readonly sampling: Sampling;
  readonly answerers: readonly Answerer[];
  readonly answers: readonly AskedAnswer[];
}

export interface AskState {
  readonly pinned: Pinned | null;
  readonly playground: Playground;
}

/** Nothing here throws: failures stand in the state. */
export interface AskActions {
  /** The prompt that a test item of the run on the page was evaluated with; null where it has no such item. */
  promptSeen(cell: string, id: string, mode: Mode): Promise<PromptSeen | null>;
  pin(input: string, rowId: string | null): void;
  unpin(): void;
  setPinned(change: Partial<Pick<Pinned, 'input' | 'cell' | 'mode' | 'drawnIn' | 'chosen'>>): void;
  setPlayground(change: Partial<Pick<Playground, 'text' | 'as' | 'stopAt' | 'answerers'>>): void;
  /** The next test item's prompt into the playground, as the run on the page scores it, or the setup would. */
  insertPrompt(mode: Mode): Promise<void>;
  setSampling(change: Partial<Sampling>): void;
  /** All answerers of the playground, one after the other, streaming. */
  ask(): Promise<void>;
  stopAsking(): void;
  /** The health card of the answerer's adapter in a line; null for the base, and where it failed (the fault stands in the state). */
  adapterHealth(answerer: Answerer): Promise<string | null>;
  /** PEFT's two files; null where it failed (the fault stands in the state). */
  saveAdapter(answerer: Answerer): Promise<readonly Download[] | null>;
}
