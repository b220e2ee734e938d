/**
 * @file What prompts are made of: the seed's draw of the pool with its tokens, the demonstrations of an item, and the
 * tokens of both together. Every draw derives from (seed, purpose, round, item), so arms of a seed share theirs, nothing
 * depends on what was drawn before, and a prompt that nobody kept can be made again.
 */
import { LabError } from '../core/errors.ts';
import type { Mode } from '../words/events.ts';
import { methodOf } from '../words/methods.ts';
import type { Plan } from '../words/plan.ts';
import type { Ports, Retriever } from './ports.ts';
import { deriveKey, shuffled } from '../core/random.ts';
import type { RowsLeftOut } from '../words/events.ts';
import type { SplitName, TaskRow } from '../words/task.ts';
import { completionText, promptText } from '../words/task.ts';

/** A row with the tokens of its prompt and of its answer. */
export interface Item {
  readonly row: TaskRow;
  readonly promptIds: readonly number[];
  /** Leading space, answer, stop; of the empty answer where no key is known. */
  readonly completionIds: readonly number[];
}

/** Tokens beyond the pool's longest answer that an answer may have. */
const ANSWER_SLACK = 3;

export interface FewShotPrompt {
  readonly ids: readonly number[];
  readonly demonstrations: readonly Item[];
  /** Demonstrations that did not fit into the model's positions. */
  readonly leftOut: number;
}

/** What prompts need of a model: its tokenizer, its length, a retriever. */
export type TextPorts = Pick<Ports, 'model' | 'encode' | 'prefixIds' | 'retriever'>;

async function encodeRows({ task }: Plan, ports: TextPorts, rows: readonly TaskRow[]): Promise<Item[]> {
  const { definition } = task;
  const ids = await ports.encode(
    rows.flatMap(({ input, output }) => [promptText(definition, input), completionText(definition, output)]),
  );
  return rows.map((row, i) => ({ row, promptIds: ids[2 * i] ?? [], completionIds: ids[2 * i + 1] ?? [] }));
}

export interface Taken {
  readonly items: readonly Item[];
  /** Rows passed over because they do not fit into `room` tokens; [] where all fitted. */
  readonly leftOut: readonly RowsLeftOut[];
}

/** The first `wanted` rows of the split, in the seed's order, that fit: of the pool with their answers. */
export async function take(
  plan: Plan,
  ports: TextPorts,
  split: SplitName,
  wanted: number,
  room: number,
): Promise<Taken> {
  const order = shuffled(plan.task.splits[split], deriveKey(plan.seed, 'split', split));
  const items: Item[] = [];
  let [leftOut, of] = [0, 0];
  for (let from = 0; from < order.length && items.length < wanted; from += wanted) {
    for (const item of await encodeRows(plan, ports, order.slice(from, from + wanted))) {
      of++;
      const length = item.promptIds.length + (split === 'pool' ? item.completionIds.length : 0);
      if (length > room) leftOut++;
      else if (items.length < wanted) items.push(item);
    }
  }
  return { items, leftOut: leftOut === 0 ? [] : [{ split, leftOut, of }] };
}

export interface PromptParts extends Pick<PromptMaker, 'pool' | 'maxNewTokens'> {
  readonly prefix: readonly number[];
  readonly preamble: readonly number[];
  /** Of the pool's rows. */
  readonly leftOut: readonly RowsLeftOut[];
}

/** @throws LabError `invalid-request` where no item of the pool fits */
export async function drawParts(plan: Plan, ports: TextPorts): Promise<PromptParts> {
  const { knobs } = plan.arm;
  const prefix = await ports.prefixIds();
  const preamble = knobs.preamble === '' ? [] : ((await ports.encode([knobs.preamble]))[0] ?? []);
  const { maxPositions } = ports.model;
  const { items: pool, leftOut } = await take(
    plan,
    ports,
    'pool',
    knobs.poolSize,
    maxPositions - prefix.length,
  );
  if (pool.length === 0) {
    const { id } = plan.task.definition;
    throw new LabError(
      'invalid-request',
      `Task ${id} has no labelled items that fit into the model's ${maxPositions} positions.`,
      { remedy: 'Give it a pool of labelled items, or choose a model with a longer context.' },
    );
  }
  const longest = Math.max(...pool.map(({ completionIds }) => completionIds.length));
  return {
    ...{ pool, prefix, preamble, leftOut },
    maxNewTokens: knobs.maxNewTokens || longest + ANSWER_SLACK,
  };
}

export class PromptMaker {
  readonly plan: Plan;
  /** Labelled items that demonstrations are drawn from. */
  readonly pool: readonly Item[];
  /** Longest answer, in tokens. */
  readonly maxNewTokens: number;
  readonly #texts: TextPorts;
  readonly #prefix: readonly number[];
  readonly #preamble: readonly number[];
  #poolRetriever: Promise<Retriever> | null = null;

  constructor(plan: Plan, texts: TextPorts, parts: PromptParts) {
    this.plan = plan;
    this.pool = parts.pool;
    this.maxNewTokens = parts.maxNewTokens;
    this.#texts = texts;
    this.#prefix = parts.prefix;
    this.#preamble = parts.preamble;
  }

  get k(): number {
    return this.plan.arm.knobs.demonstrations || this.plan.task.definition.k;
  }

  /** A key for random draws of this run. */
  key(...parts: readonly (number | string)[]): number {
    return deriveKey(this.plan.seed, ...parts);
  }

  zeroShot(item: Item): readonly number[] {
    return [...this.#prefix, ...item.promptIds];
  }

  /** Demonstrations as `drawing` says, keyed by purpose, round and item. */
  async demonstrations(item: Item, purpose: string, round: number): Promise<readonly Item[]> {
    switch (this.plan.arm.knobs.drawing) {
      case 'random':
        return this.randomDemonstrations(item, purpose, round);
      case 'fixed':
        return shuffled(this.pool, this.key('fixed')).slice(0, this.k);
      case 'retrieved':
        return this.nearest(item.row.input, this.k);
    }
  }

  randomDemonstrations(item: Item, purpose: string, round: number): readonly Item[] {
    return shuffled(this.pool, this.key('demonstrations', purpose, round, item.row.id)).slice(0, this.k);
  }

  /** The k nearest of the pool, the nearest last: next to the prompt. */
  async nearest(query: string, k: number): Promise<readonly Item[]> {
    this.#poolRetriever ??= this.#texts.retriever(this.pool.map(({ row }) => row.input));
    const indices = await (await this.#poolRetriever).nearest(query, k);
    return indices.flatMap((index) => this.pool[index] ?? []).reverse();
  }

  /** Preamble, demonstrations, prompt; demonstrations that do not fit are left out from the front. */
  fewShot(item: Item, demonstrations: readonly Item[]): FewShotPrompt {
    const room =
      this.#texts.model.maxPositions -
      this.maxNewTokens -
      item.promptIds.length -
      this.#prefix.length -
      this.#preamble.length;
    let from = demonstrations.length;
    for (let used = 0; from > 0; from--) {
      const { promptIds, completionIds } = demonstrations[from - 1] ?? item;
      used += promptIds.length + completionIds.length;
      if (used > room) break;
    }
    const shown = demonstrations.slice(from);
    const shots = shown.flatMap(({ promptIds, completionIds }) => [...promptIds, ...completionIds]);
    return {
      ids: [...this.#prefix, ...this.#preamble, ...shots, ...item.promptIds],
      demonstrations: shown,
      leftOut: from,
    };
  }

  /** The prompt of an item in an evaluation: the draw is the same in every round, and in every arm but those for which
   * retrieval at inference is what they are (ICL). */
  async evaluated(item: Item, mode: Mode): Promise<FewShotPrompt> {
    if (mode === 'zero-shot') return { ids: this.zeroShot(item), demonstrations: [], leftOut: 0 };
    const shown =
      methodOf(this.plan.arm.method).fewShot === 'own'
        ? await this.demonstrations(item, 'evaluate', 0)
        : this.randomDemonstrations(item, 'evaluate', 0);
    return this.fewShot(item, shown);
  }
}

/**
 * The prompt of an evaluated row, made again from the plan alone: what an evaluation of it gave the model.
 * @throws LabError `invalid-request` where no item of the pool fits
 */
export async function evaluatedPrompt(
  plan: Plan,
  ports: TextPorts,
  row: TaskRow,
  mode: Mode,
): Promise<FewShotPrompt> {
  const maker = new PromptMaker(plan, ports, await drawParts(plan, ports));
  const [item] = await encodeRows(plan, ports, [row]);
  if (item === undefined) throw new LabError('internal', `The row ${row.id} has no tokens.`);
  return maker.evaluated(item, mode);
}
