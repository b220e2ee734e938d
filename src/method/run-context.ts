/**
 * @file What a run works with: what its prompts are made of (prompt-maker.ts), and the seed's draws of prompts, reserves
 * and evaluated items.
 */
import { LabError } from '../core/errors.ts';
import { KNOBS } from '../words/knobs.ts';
import { methodOf } from '../words/methods.ts';
import type { Plan } from '../words/plan.ts';
import type { Ports } from './ports.ts';
import type { DrawnParts, Item } from './prompt-maker.ts';
import { PromptMaker, drawParts, take } from './prompt-maker.ts';
import type { RowsLeftOut } from '../words/events.ts';
import type { SplitName } from '../words/task.ts';

export class RunContext extends PromptMaker {
  readonly ports: Ports;
  /** rounds x promptsPerRound prompts in the order drawn. */
  readonly prompts: readonly Item[];
  /** Each round's own refills, [round - 1][i]. */
  readonly reserves: readonly (readonly Item[])[];
  readonly items: Readonly<Record<'validation' | 'probe' | 'test', readonly Item[]>>;
  /** By split: rows left out because they do not fit into the model's positions; [] where all do. */
  readonly rowsLeftOut: readonly RowsLeftOut[];

  private constructor(plan: Plan, ports: Ports, parts: DrawnParts, drawn: Drawn) {
    super(plan, ports, parts);
    this.ports = ports;
    this.prompts = drawn.prompts;
    this.reserves = drawn.reserves;
    this.items = drawn.items;
    this.rowsLeftOut = drawn.rowsLeftOut;
  }

  /** Draws and encodes. @throws LabError `invalid-request` where the task has too few prompts or no pool. */
  static async open(plan: Plan, ports: Ports): Promise<RunContext> {
    const parts = await drawParts(plan, ports);
    return new RunContext(plan, ports, parts, await draw(plan, ports, parts));
  }
}

type Drawn = Pick<RunContext, 'prompts' | 'reserves' | 'items' | 'rowsLeftOut'>;

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

async function draw(plan: Plan, ports: Ports, parts: DrawnParts): Promise<Drawn> {
  const { knobs, method } = plan.arm;
  const limit = parts.maxNewTokens;
  const rowsLeftOut = [...parts.leftOut];
  const taken = async (split: SplitName, wanted: number): Promise<readonly Item[]> => {
    const room = ports.model.maxPositions - parts.prefix.length - limit;
    const { items, leftOut } = await take(plan, ports, split, wanted, room);
    rowsLeftOut.push(...leftOut);
    return items;
  };
  const needed = methodOf(method).inputs === 'prompts' ? knobs.rounds * knobs.promptsPerRound : 0;
  const prompts = await taken('prompts', 2 * needed);
  if (prompts.length < needed) throw tooFewPrompts(plan, ports, prompts.length, limit);
  const spare = prompts.slice(needed);
  const perRound = Math.floor(spare.length / knobs.rounds);
  const items = {
    validation: await taken('validation', knobs.validationItems),
    probe: await taken('probe', knobs.probeItems),
    test: await taken('test', knobs.testItems),
  };
  return {
    prompts: prompts.slice(0, needed),
    reserves: Array.from({ length: knobs.rounds }, (_, i) => spare.slice(i * perRound, (i + 1) * perRound)),
    ...{ items, rowsLeftOut },
  };
}
