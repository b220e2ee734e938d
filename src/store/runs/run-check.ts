/**
 * @file Whether what a run is said to have told fits together: its setup, its task and its events. Each has its shape
 * already (run-shape.ts, task-shape.ts, event-shape.ts); here is what one says of another, which every view relies on.
 */
import type { Evaluation, LastingEvent } from '../../words/events.ts';
import { agendaOf, mostSamples, shapeOf } from '../../method/agenda.ts';
import type { Arm } from '../../words/plan.ts';
import { MOST_EVENTS } from '../../words/run-limits.ts';
import type { SplitName, Task } from '../../words/task.ts';
import { SPLITS } from '../../words/task.ts';
import type { Setup } from '../lab-model.ts';
import { armsOf } from '../setup/setup.ts';

type Events = ReadonlyMap<string, readonly LastingEvent[]>;
type Ids = Readonly<Record<SplitName, ReadonlySet<string>>>;

const idsOf = ({ splits }: Task): Ids => {
  const of = (split: SplitName) => new Set(splits[split].map(({ id }) => id));
  return {
    pool: of('pool'),
    prompts: of('prompts'),
    validation: of('validation'),
    probe: of('probe'),
    test: of('test'),
  };
};

const twice = (ids: readonly string[]): boolean => new Set(ids).size < ids.length;

function taskFault(task: Task, ids: Ids): string | null {
  const doubled = SPLITS.find((split) => ids[split].size < task.splits[split].length);
  return doubled === undefined ? null : `two rows of the task's ${doubled} have the same id`;
}

function evaluationFault({ split, predictions }: Evaluation, ids: Ids): string | null {
  const stranger = predictions.find(({ id }) => !ids[split].has(id));
  if (stranger !== undefined) return `it answers "${stranger.id}", which is no row of the task's ${split}`;
  return twice(predictions.map(({ id }) => id)) ? 'it answers a row twice' : null;
}

/** What may stand there once: where it stands twice, one of the two is not this run's. */
function onceName(event: LastingEvent): string | null {
  switch (event.type) {
    case 'ranked':
    case 'ended':
      return event.type;
    case 'trained':
    case 'round-ended':
      return `${event.type} of round ${event.round}`;
    case 'evaluated':
      return `${event.evaluation.split}, ${event.evaluation.mode}, of round ${event.round}`;
    case 'labelled':
      return null;
  }
}

function cellFault(arm: Arm, told: readonly LastingEvent[], task: Task, ids: Ids): string | null {
  if (told.length > MOST_EVENTS) return `it has ${told.length} events, more than any run`;
  const seen = new Set<string>();
  const labelled = new Map<number, Set<string>>();
  const most = mostSamples(agendaOf(arm, shapeOf(task)), arm.knobs);
  let samples = 0;
  for (const [i, event] of told.entries()) {
    const fault = (why: string) => `event ${i + 1} (${event.type}): ${why}`;
    const last = event.type === 'ended' ? event.bestRound : 'round' in event ? event.round : 0;
    if (last > arm.knobs.rounds) return fault(`round ${last}, of ${arm.knobs.rounds} rounds in the setup`);
    if (seen.has('ended')) return fault('it comes after the end');
    const once = onceName(event);
    if (once !== null && seen.has(once)) return fault(`${once} stands there twice`);
    if (once !== null) seen.add(once);
    if (event.type === 'ranked' && event.ranking.length > task.splits.prompts.length)
      return fault(`it ranks ${event.ranking.length} of ${task.splits.prompts.length} prompts`);
    if (event.type === 'evaluated') {
      const why = evaluationFault(event.evaluation, ids);
      if (why !== null) return fault(why);
    }
    if (event.type !== 'labelled') continue;
    samples += event.samples.length;
    const known = labelled.get(event.round) ?? new Set();
    labelled.set(event.round, known);
    for (const { id } of event.samples) {
      if (known.has(id)) return fault(`"${id}" is labelled twice in round ${event.round}`);
      known.add(id);
    }
    if (samples > most) return fault(`more self-labels than the setup asks for`);
  }
  return null;
}

/** Where setup, task and events of a run do not fit together, as words; null where they do. */
export function runFault(setup: Setup, task: Task, events: Events): string | null {
  const ids = idsOf(task);
  const fault = taskFault(task, ids);
  if (fault !== null) return fault;
  const cells = new Map<string, Arm>(
    armsOf(setup).flatMap((arm) => setup.seeds.map((seed) => [`${arm.name}/${seed}`, arm] as const)),
  );
  for (const [cell, told] of events) {
    const arm = cells.get(cell);
    if (arm === undefined) return `it tells of "${cell}", no arm and seed of its setup`;
    const own = cellFault(arm, told, task, ids);
    if (own !== null) return `${cell}, ${own}`;
  }
  return null;
}
