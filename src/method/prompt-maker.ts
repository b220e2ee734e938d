/**
 * @file The one place that makes prompts: of the seed's pool (items.ts) the demonstrations of an item,
 * and from both the text and the tokens of a prompt, for labels, rankings, training,
 * evaluation, ISARA's questions, and whoever asks again on the page. Every draw derives from (seed, purpose, round,
 * item), so arms of a seed share theirs, nothing depends on what was drawn before, and a prompt that nobody kept can be
 * made again.
 */
import { LabError } from '../core/errors.ts';
import { deriveKey, shuffled, uniformAt } from '../core/random.ts';
import type { GenerationConfig } from '../words/engine.ts';
import { GREEDY } from '../words/engine.ts';
import type { Mode } from '../words/events.ts';
import type { Knobs } from '../words/knobs.ts';
import { methodOf } from '../words/methods.ts';
import type { Plan } from '../words/plan.ts';
import type { TaskRow } from '../words/task.ts';
import type { Retriever } from './ports.ts';
import type { AnswerFrame, ChatMessage } from '../words/chat.ts';
import type { Asked } from './chat.ts';
import { conversation } from './chat.ts';
import type { PromptParts } from '../words/prompt-parts.ts';
import {
  aroundInput,
  cueText,
  inOrder,
  partsOfChat,
  questionAsked,
  questionText,
  rowText,
  shotOf,
} from './prompt-text.ts';
import type { DrawnParts, Item, Piece, TextPorts } from './items.ts';
import { drawParts, encodeRows, piecesOf, taughtText } from './items.ts';
import { trainingTemplate } from './training-template.ts';

export interface Prompt {
  /** What is sent: what the tokenizer puts before a text, then the parts in their order; in a chat, all that the template
   * writes, tokenised as one. */
  readonly ids: readonly number[];
  /** What is shown. */
  readonly parts: PromptParts;
  /** The turns of a chat; null for plain text. */
  readonly messages: readonly ChatMessage[] | null;
  readonly demonstrations: readonly Item[];
  /** Demonstrations that did not fit into the model's positions. */
  readonly leftOut: number;
}

/** What is sent of pieces: what the tokenizer puts before a text, then their tokens. */
const sentIds = (prefix: readonly number[], pieces: readonly Piece[]): readonly number[] => [
  ...prefix,
  ...pieces.flatMap(({ ids }) => ids),
];

/** Any text as it is sent: in the pieces of the prompt that it is, or as one. A text that writes the beginning itself, as
 * chat templates do, gets no second one. */
export async function idsOfTexts(ports: TextPorts, texts: readonly string[]): Promise<readonly number[]> {
  const pieces = await piecesOf(
    ports,
    texts.map((text) => ({ text })),
  );
  const [prefix, own] = [await ports.prefixIds(), sentIds([], pieces)];
  return prefix.length > 0 && prefix.every((id, i) => own[i] === id) ? own : [...prefix, ...own];
}

/** How a conversation is written. */
interface Speaking {
  /** Tokens to be kept free. */
  readonly limit: number;
  readonly chat?: Knobs['chat'];
  readonly isOpen?: boolean;
}

export class PromptMaker {
  readonly plan: Plan;
  /** Labelled items that demonstrations are drawn from. */
  readonly pool: readonly Item[];
  /** Longest answer, in tokens. */
  readonly maxNewTokens: number;
  readonly #texts: TextPorts;
  readonly #prefix: readonly number[];
  readonly #preamble: Piece | null;
  readonly #frame: AnswerFrame | null;
  readonly #byId: ReadonlyMap<string, Item>;
  #poolRetriever: Promise<Retriever> | null = null;

  constructor(plan: Plan, texts: TextPorts, parts: DrawnParts) {
    this.plan = plan;
    this.pool = parts.pool;
    this.#byId = new Map(parts.pool.map((item) => [item.row.id, item]));
    this.maxNewTokens = parts.maxNewTokens;
    this.#texts = texts;
    this.#prefix = parts.prefix;
    this.#preamble = parts.preamble;
    this.#frame = parts.frame;
  }

  get k(): number {
    return this.plan.arm.knobs.demonstrations || this.plan.task.definition.k;
  }

  /** How a prompt is answered where nothing else is asked for. An answer ends at the task's stop, at the model's own end,
   * and in a chat at the end of the turn. */
  get answering(): GenerationConfig {
    const { stop } = this.plan.task.definition;
    const eosTokenIds = [...new Set([...this.#texts.model.eosTokenIds, ...(this.#frame?.endIds ?? [])])];
    return { ...GREEDY, maxNewTokens: this.maxNewTokens, stopStrings: [stop], eosTokenIds };
  }

  /** A key for random draws of this run. */
  key(...parts: readonly (number | string)[]): number {
    return deriveKey(this.plan.seed, ...parts);
  }

  itemsOf(rows: readonly TaskRow[]): Promise<Item[]> {
    return encodeRows({ plan: this.plan, ports: this.#texts, frame: this.#frame }, rows);
  }

  async itemOf(row: TaskRow): Promise<Item> {
    const [item] = await this.itemsOf([row]);
    if (item === undefined) throw new LabError('internal', `The row ${row.id} has no tokens.`);
    return item;
  }

  /** Tokens of answers as they follow a prompt and are scored: with the stop, as they are taught. In a chat the bare
   * answer, since how sure an untaught model is of ending its turn there differs from label to label; but with its end
   * where that alone tells candidates apart, because one may begin another. */
  answerIds(answers: readonly string[]): Promise<readonly (readonly number[])[]> {
    const [plan, frame] = [this.plan, this.#frame];
    const { labels } = plan.task.definition;
    const begins = (label: string) => labels.some((other) => other !== label && other.startsWith(label));
    // Choices are texts of any kind.
    const isBare = frame !== null && labels.length > 0 && !labels.some(begins);
    return this.#texts.encode(
      answers.map((answer) => (isBare ? frame.before + answer : taughtText({ plan, frame }, answer))),
    );
  }

  /** The item with a share of its input's tokens hidden, of the template's own words none. */
  async hiding(item: Item, share: number, key: number): Promise<Item> {
    const [before, after] = aroundInput(this.plan.task.definition);
    const [head = [], input = [], tail = []] = await this.#texts.encode([before, item.row.input, after]);
    const shown = input.filter((_, i) => uniformAt(key, i) >= share);
    const ids = [...head, ...(shown.length === 0 ? input : shown), ...tail];
    return { ...item, prompt: { ...item.prompt, ids } };
  }

  /** Demonstrations as `drawing` says, keyed by purpose, round and item. */
  async demonstrations({ row }: Item, purpose: string, round: number): Promise<readonly Item[]> {
    switch (this.plan.arm.knobs.drawing) {
      case 'random':
        return this.#random(row, purpose, round);
      case 'fixed':
        return shuffled(this.pool, this.key('fixed')).slice(0, this.k);
      case 'retrieved':
        return this.nearest(row.input, this.k);
    }
  }

  #random({ id }: TaskRow, purpose: string, round: number): readonly Item[] {
    return shuffled(this.pool, this.key('demonstrations', purpose, round, id)).slice(0, this.k);
  }

  /** The k nearest of the pool, the nearest last: next to the prompt. */
  async nearest(query: string, k: number): Promise<readonly Item[]> {
    this.#poolRetriever ??= this.#texts.retriever(this.pool.map(({ row }) => row.input));
    const indices = await (await this.#poolRetriever).nearest(query, k);
    return indices.flatMap((index) => this.pool[index] ?? []).reverse();
  }

  /** Demonstrations that do not fit are left out from the front. */
  #made(preamble: Piece | null, demonstrations: readonly Item[], prompt: Piece, limit: number): Prompt {
    const alone = [...(preamble === null ? [] : [preamble]), prompt];
    const taken = alone.reduce((sum, { ids }) => sum + ids.length, this.#prefix.length + limit);
    const room = this.#texts.model.maxPositions - taken;
    let from = demonstrations.length;
    for (let used = 0; from > 0; from--) {
      const { prompt: before, completion } = demonstrations[from - 1] ?? { prompt, completion: prompt };
      used += before.ids.length + completion.ids.length;
      if (used > room) break;
    }
    const shown = demonstrations.slice(from);
    const shots = shown.map(({ row, ...pieces }) => ({ id: row.id, ...pieces }));
    const parts: PromptParts<Piece> = { preamble, demonstrations: shots, prompt };
    const ids = sentIds(this.#prefix, inOrder(parts));
    return { ids, parts, messages: null, demonstrations: shown, leftOut: from };
  }

  /** The same of a chat, whose length is known when it is written. */
  async #spoken(
    { preamble, shots, prompt }: Asked,
    demonstrations: readonly Item[],
    { limit, chat = this.plan.arm.knobs.chat, isOpen = false }: Speaking,
  ): Promise<Prompt> {
    const { system } = this.plan.arm.knobs;
    const room = this.#texts.model.maxPositions - limit;
    for (let from = 0; ; from++) {
      const asked = { preamble, shots: shots.slice(from), prompt };
      const messages = conversation({ chat, system }, asked);
      const [written] = await this.#texts.chat.write([messages], isOpen);
      if (written === undefined) throw new LabError('internal', 'The chat template wrote nothing.');
      if (written.ids.length > room && from < shots.length) continue;
      const parts = partsOfChat(written, system, asked);
      return {
        ...{ ids: written.ids, parts, messages, demonstrations: demonstrations.slice(from), leftOut: from },
      };
    }
  }

  /** The prompt alone. */
  zeroShot({ row, prompt }: Item): Prompt {
    if (this.#frame === null) return this.#made(null, [], prompt, this.maxNewTokens);
    const { system } = this.plan.arm.knobs;
    const asked = { preamble: '', shots: [], prompt: rowText(this.plan.task.definition, row).prompt.text };
    return {
      ...{ ids: prompt.ids, parts: partsOfChat(prompt, system, asked), demonstrations: [], leftOut: 0 },
      messages: conversation(this.plan.arm.knobs, asked),
    };
  }

  /** Preamble, demonstrations, prompt. */
  async fewShot(item: Item, demonstrations: readonly Item[]): Promise<Prompt> {
    const limit = this.maxNewTokens;
    if (this.#frame === null) return this.#made(this.#preamble, demonstrations, item.prompt, limit);
    const { definition } = this.plan.task;
    const asked = {
      preamble: this.plan.arm.knobs.preamble,
      shots: demonstrations.map(({ row }) => shotOf(definition, row)),
      prompt: rowText(definition, item.row).prompt.text,
    };
    return this.#spoken(asked, demonstrations, { limit });
  }

  /** As a teacher reads it; the draw is keyed by the part in which SOFT would label it. */
  async labelled(item: Item, purpose: string, part: number, mode: Mode = 'few-shot'): Promise<Prompt> {
    if (mode === 'zero-shot') return this.zeroShot(item);
    return this.fewShot(item, await this.demonstrations(item, purpose, part));
  }

  /** Shown in evaluations: the draw is the same in every round, and in every arm but those for which retrieval at
   * inference is what they are (ICL). */
  async evaluationShots(item: Item): Promise<readonly Item[]> {
    const isOwn = methodOf(this.plan.arm.method).fewShot === 'own';
    return isOwn ? this.demonstrations(item, 'evaluate', 0) : this.#random(item.row, 'evaluate', 0);
  }

  async evaluated(item: Item, mode: Mode): Promise<Prompt> {
    return mode === 'zero-shot' ? this.zeroShot(item) : this.fewShot(item, await this.evaluationShots(item));
  }

  /** As the student reads it: what the training template says. Whether demonstrations are kept is drawn for each example
   * by itself, the same in every epoch, so the share is one in expectation.
   * @param own ids of those it was labelled with; [] where nobody was shown any */
  async taught(item: Item, own: readonly string[], round: number): Promise<Prompt> {
    const { share, kept, areOwn } = trainingTemplate(this.plan.arm.knobs);
    if (uniformAt(this.key('mixed', round, item.row.id), 0) >= share) return this.zeroShot(item);
    const mine = areOwn ? own.flatMap((id) => this.#byId.get(id) ?? []) : [];
    const shown = mine.length > 0 ? mine.slice(-kept) : this.#random(item.row, 'train', round).slice(0, kept);
    return this.fewShot(item, shown);
  }

  /** ISARA's: a new question is written after those nearest to the anchor, the nearest last. In a chat it is the user who
   * is gone on with, in a turn that the template has left open: questions alone are lines of that one turn. */
  async question(anchor: string, limit: number): Promise<Prompt> {
    const { knobs } = this.plan.arm;
    const { definition } = this.plan.task;
    const near = await this.nearest(anchor, knobs.isaraNeighbours);
    if (this.#frame !== null) {
      const rows = near.map(({ row }) => row);
      const { asked, chat } = questionAsked(definition, rows, knobs);
      return this.#spoken(asked, near, { limit, isOpen: true, chat });
    }
    const [cue = { text: '', ids: [] }, ...lines] = await piecesOf(this.#texts, [
      { text: cueText(definition) },
      ...near.map(({ row }) => ({ text: questionText(row.input) })),
    ]);
    const shown =
      knobs.isaraShows === 'pairs'
        ? near
        : near.map(({ row }, i) => ({ row, prompt: cue, completion: lines[i] ?? cue }));
    return this.#made(null, shown, cue, limit);
  }
}

/** A maker for whoever has a plan and no run of it. @throws LabError `invalid-request` where no item of the pool fits */
export const promptMaker = async (plan: Plan, ports: TextPorts): Promise<PromptMaker> =>
  new PromptMaker(plan, ports, await drawParts(plan, ports));
