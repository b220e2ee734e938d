/**
 * @file What a run works with: the seed's draws of pool, prompts and items with their tokens, and the prompts made of
 * them. Every draw derives from (seed, purpose, round, item), so arms of a seed share theirs and nothing depends on what
 * was drawn before.
 */
import { LabError } from './errors.ts';
import { KNOBS } from './knobs.ts';
import { methodOf } from './methods.ts';
import type { Plan } from './plan.ts';
import type { Ports, Retriever } from './ports.ts';
import { deriveKey, shuffled } from './random.ts';
import type { SplitName, TaskRow } from './task.ts';
import { completionText, promptText } from './task.ts';

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

export class RunContext {
  readonly plan: Plan;
  readonly ports: Ports;
  /** Labelled items that demonstrations are drawn from. */
  readonly pool: readonly Item[];
  /** rounds x promptsPerRound prompts in the order drawn. */
  readonly prompts: readonly Item[];
  /** Each round's own refills, [round - 1][i]. */
  readonly reserves: readonly (readonly Item[])[];
  readonly items: Readonly<Record<'validation' | 'probe' | 'test', readonly Item[]>>;
  /** Longest answer, in tokens. */
  readonly maxNewTokens: number;
  /** Rows left out because they do not fit into the model's positions. */
  readonly rowsLeftOut: number;
  readonly #prefix: readonly number[];
  readonly #preamble: readonly number[];
  #poolRetriever: Promise<Retriever> | null = null;

  private constructor(plan: Plan, ports: Ports, parts: Drawn) {
    this.plan = plan;
    this.ports = ports;
    this.pool = parts.pool;
    this.prompts = parts.prompts;
    this.reserves = parts.reserves;
    this.items = parts.items;
    this.maxNewTokens = parts.maxNewTokens;
    this.rowsLeftOut = parts.rowsLeftOut;
    this.#prefix = parts.prefix;
    this.#preamble = parts.preamble;
  }

  /** Draws and encodes. @throws LabError `invalid-request` where the task has too few prompts or no pool. */
  static async open(plan: Plan, ports: Ports): Promise<RunContext> {
    return new RunContext(plan, ports, await draw(plan, ports));
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
    this.#poolRetriever ??= this.ports.retriever(this.pool.map(({ row }) => row.input));
    const indices = await (await this.#poolRetriever).nearest(query, k);
    return indices.flatMap((index) => this.pool[index] ?? []).reverse();
  }

  /** Preamble, demonstrations, prompt; demonstrations that do not fit are left out from the front. */
  fewShot(item: Item, demonstrations: readonly Item[]): FewShotPrompt {
    const room =
      this.ports.model.maxPositions -
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
}

interface Drawn extends Pick<
  RunContext,
  'pool' | 'prompts' | 'reserves' | 'items' | 'maxNewTokens' | 'rowsLeftOut'
> {
  readonly prefix: readonly number[];
  readonly preamble: readonly number[];
}

async function encodeRows({ task }: Plan, ports: Ports, rows: readonly TaskRow[]): Promise<Item[]> {
  const { definition } = task;
  const ids = await ports.encode(
    rows.flatMap(({ input, output }) => [promptText(definition, input), completionText(definition, output)]),
  );
  return rows.map((row, i) => ({ row, promptIds: ids[2 * i] ?? [], completionIds: ids[2 * i + 1] ?? [] }));
}

/** Says what is feasible, and where length is what stands in the way, which knob gives way. */
function tooFewPrompts({ task, arm }: Plan, ports: Ports, fit: number, limit: number): LabError {
  const { rounds, promptsPerRound } = arm.knobs;
  const perRound = Math.floor(fit / rounds);
  const most = Math.floor(fit / promptsPerRound);
  const feasible = [
    ...(perRound >= KNOBS.promptsPerRound.min ? [`${rounds} rounds of ${perRound}`] : []),
    ...(most > 0 ? [`${most} of ${promptsPerRound}`] : []),
  ];
  const all = task.splits.prompts.length;
  const tooLong =
    fit < all
      ? ` A row may have ${ports.model.maxPositions} tokens here, up to ${limit} of them the answer's: a smaller maxNewTokens lets longer prompts fit.`
      : '';
  return new LabError(
    'invalid-request',
    `Task ${task.definition.id} has ${all} prompts, of which ${fit} fit into the model; ${rounds} rounds of ${promptsPerRound} need ${rounds * promptsPerRound}.`,
    {
      remedy: `${feasible.length === 0 ? 'Give the task more prompts.' : `Feasible: ${feasible.join(', or ')}.`}${tooLong}`,
    },
  );
}

async function draw(plan: Plan, ports: Ports): Promise<Drawn> {
  const { task, arm, seed } = plan;
  const { knobs } = arm;
  const prefix = await ports.prefixIds();
  const preamble = knobs.preamble === '' ? [] : ((await ports.encode([knobs.preamble]))[0] ?? []);
  let rowsLeftOut = 0;
  let limit = 0;
  const room = () => ports.model.maxPositions - prefix.length - limit;

  /** The first `wanted` rows of the split, in the seed's order, that fit. */
  const take = async (split: SplitName, wanted: number): Promise<Item[]> => {
    const order = shuffled(task.splits[split], deriveKey(seed, 'split', split));
    const taken: Item[] = [];
    for (let from = 0; from < order.length && taken.length < wanted; from += wanted) {
      for (const item of await encodeRows(plan, ports, order.slice(from, from + wanted))) {
        const length = item.promptIds.length + (split === 'pool' ? item.completionIds.length : 0);
        if (length > room()) rowsLeftOut++;
        else if (taken.length < wanted) taken.push(item);
      }
    }
    return taken;
  };

  const pool = await take('pool', knobs.poolSize);
  const { id } = task.definition;
  if (pool.length === 0) {
    throw new LabError(
      'invalid-request',
      `Task ${id} has no labelled items that fit into the model's ${ports.model.maxPositions} positions.`,
      {
        remedy: 'Give it a pool of labelled items, or choose a model with a longer context.',
      },
    );
  }
  limit =
    knobs.maxNewTokens || Math.max(...pool.map(({ completionIds }) => completionIds.length)) + ANSWER_SLACK;

  const usesPrompts = methodOf(arm.method).inputs === 'prompts';
  const needed = usesPrompts ? knobs.rounds * knobs.promptsPerRound : 0;
  const prompts = await take('prompts', 2 * needed);
  if (prompts.length < needed) throw tooFewPrompts(plan, ports, prompts.length, limit);
  const spare = prompts.slice(needed);
  const perRound = Math.floor(spare.length / knobs.rounds);
  return {
    pool,
    prompts: prompts.slice(0, needed),
    reserves: Array.from({ length: knobs.rounds }, (_, i) => spare.slice(i * perRound, (i + 1) * perRound)),
    items: {
      validation: await take('validation', knobs.validationItems),
      probe: await take('probe', knobs.probeItems),
      test: await take('test', knobs.testItems),
    },
    maxNewTokens: limit,
    ...{ rowsLeftOut, prefix, preamble },
  };
}
