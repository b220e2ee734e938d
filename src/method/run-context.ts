/**
 * @file What a run works with: what its prompts are made of (prompt-maker.ts), and the seed's draws of prompts, reserves
 * and evaluated items.
 */
import type { Plan } from '../words/plan.ts';
import type { Agenda } from './agenda.ts';
import { agendaOf, shapeOf } from './agenda.ts';
import { checkPrompts } from './feasible.ts';
import type { Ports } from './ports.ts';
import type { DrawnParts, Item } from './items.ts';
import { drawParts, take } from './items.ts';
import { PromptMaker } from './prompt-maker.ts';
import type { RowsLeftOut } from '../words/events.ts';
import type { SplitName } from '../words/task.ts';

export class RunContext extends PromptMaker {
  readonly ports: Ports;
  /** Over the items that were drawn. */
  readonly agenda: Agenda;
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
    this.agenda = drawn.agenda;
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

type Drawn = Pick<RunContext, 'agenda' | 'prompts' | 'reserves' | 'items' | 'rowsLeftOut'>;

async function draw(plan: Plan, ports: Ports, parts: DrawnParts): Promise<Drawn> {
  const { knobs } = plan.arm;
  const { drawn } = agendaOf(plan.arm, shapeOf(plan.task));
  const limit = parts.maxNewTokens;
  const rowsLeftOut = [...parts.leftOut];
  const taken = async (split: SplitName, wanted: number): Promise<readonly Item[]> => {
    const room = ports.model.maxPositions - parts.prefix.length - limit;
    const { items, leftOut } = await take({ plan, ports, frame: parts.frame }, split, wanted, room);
    rowsLeftOut.push(...leftOut);
    return items;
  };
  const prompts = await taken('prompts', 2 * drawn);
  checkPrompts(plan, { fit: prompts.length, positions: ports.model.maxPositions, answer: limit });
  const spare = prompts.slice(drawn);
  const perRound = Math.floor(spare.length / knobs.rounds);
  const items = {
    validation: await taken('validation', knobs.validationItems),
    probe: await taken('probe', knobs.probeItems),
    test: await taken('test', knobs.testItems),
  };
  const rows = (of: readonly Item[]) => of.map(({ row }) => row);
  const seen = {
    ...{ pool: rows(parts.pool), prompts: rows(prompts), validation: rows(items.validation) },
    ...{ probe: rows(items.probe), test: rows(items.test) },
  };
  return {
    agenda: agendaOf(plan.arm, shapeOf({ definition: plan.task.definition, splits: seen })),
    prompts: prompts.slice(0, drawn),
    reserves: Array.from({ length: knobs.rounds }, (_, i) => spare.slice(i * perRound, (i + 1) * perRound)),
    ...{ items, rowsLeftOut },
  };
}
