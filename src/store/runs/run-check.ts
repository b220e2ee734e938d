/**
 * @file Whether what a run is said to have told fits together: its setup, its task and its events. Each has its shape
 * already (run-shape.ts, words/task.ts, words/events.ts); here is what one says of another, which every view relies on.
 */
import { fault, is } from '../../core/shape.ts';
import type { Evaluation, LastingEvent } from '../../words/events.ts';
import { lastingEvent } from '../../words/events.ts';
import { agendaOf, mostSamples, shapeOf } from '../../method/agenda.ts';
import type { Arm } from '../../words/plan.ts';
import { MOST_EVENTS } from '../../words/run-limits.ts';
import type { SplitName, Task } from '../../words/task.ts';
import { SPLITS, taskShape } from '../../words/task.ts';
import type { Setup } from '../setup/setup-shape.ts';
import { armsOf } from '../setup/setup.ts';
import type { StoredRun } from './run-shape.ts';
import { ofToday, recordFault } from './run-shape.ts';

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

function evaluationFault(
  { split, predictions }: Pick<Evaluation, 'split' | 'predictions'>,
  ids: Ids,
): string | null {
  const stranger = predictions.find(({ id }) => !ids[split].has(id));
  if (stranger !== undefined) return `it answers "${stranger.id}", which is no row of the task's ${split}`;
  return twice(predictions.map(({ id }) => id)) ? 'it answers a row twice' : null;
}

const evaluationName = (round: number, { split, mode }: Pick<Evaluation, 'split' | 'mode'>): string =>
  `${split}, ${mode}, of round ${round}`;

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
      return evaluationName(event.round, event.evaluation);
    case 'answered':
    case 'labelled':
      return null;
  }
}

function cellFault(arm: Arm, told: readonly LastingEvent[], task: Task, ids: Ids): string | null {
  if (told.length > MOST_EVENTS) return `it has ${told.length} events, more than any run`;
  const seen = new Set<string>();
  const labelled = new Map<number, Set<string>>();
  const answered = new Map<string, Evaluation['predictions']>();
  const most = mostSamples(agendaOf(arm, shapeOf(task)), arm.knobs);
  let samples = 0;
  for (const [i, event] of told.entries()) {
    const at = (why: string) => `event ${i + 1} (${event.type}): ${why}`;
    const last = event.type === 'ended' ? event.bestRound : 'round' in event ? event.round : 0;
    if (last > arm.knobs.rounds) return at(`round ${last}, of ${arm.knobs.rounds} rounds in the setup`);
    if (seen.has('ended')) return at('it comes after the end');
    const once = onceName(event);
    if (once !== null && seen.has(once)) return at(`${once} stands there twice`);
    if (once !== null) seen.add(once);
    if (event.type === 'ranked' && event.ranking.length > task.splits.prompts.length)
      return at(`it ranks ${event.ranking.length} of ${task.splits.prompts.length} prompts`);
    if (event.type === 'evaluated') {
      const why = evaluationFault(event.evaluation, ids);
      if (why !== null) return at(why);
    }
    if (event.type === 'answered') {
      const { round, split, mode } = event;
      if (seen.has(evaluationName(round, event))) return at('it is told whole before');
      const name = JSON.stringify([round, split, mode]);
      const predictions = [...(answered.get(name) ?? []), ...event.predictions];
      answered.set(name, predictions);
      const why = evaluationFault({ split, predictions }, ids);
      if (why !== null) return at(why);
    }
    if (event.type !== 'labelled') continue;
    samples += event.samples.length;
    const known = labelled.get(event.round) ?? new Set();
    labelled.set(event.round, known);
    for (const { id } of event.samples) {
      if (known.has(id)) return at(`"${id}" is labelled twice in round ${event.round}`);
      known.add(id);
    }
    if (samples > most) return at(`more self-labels than the setup asks for`);
  }
  return null;
}

/** Where setup, task and events of a run do not fit together, as words; null where they do. */
export function runFault(setup: Setup, task: Task, events: Events): string | null {
  const ids = idsOf(task);
  const doubled = taskFault(task, ids);
  if (doubled !== null) return doubled;
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

/** What is wrong with a run as the disk gave it back, a sentence; null where it is whole. */
export function keptFault(record: StoredRun, task: Task | null, events: Events): string | null {
  const damaged = recordFault(record);
  if (damaged !== null) return damaged;
  const { setup } = ofToday(record);
  if (task === null) return `The rows of task ${setup.taskId} are not kept with it.`;
  const wrong = fault(taskShape, task);
  if (wrong !== null) return `Its task is damaged: ${wrong}.`;
  for (const [cell, told] of events) {
    const at = told.findIndex((event) => !is(lastingEvent, event));
    if (at >= 0) return `${cell}, event ${at + 1}: ${fault(lastingEvent, told[at]) ?? ''}.`;
  }
  const misfit = runFault(setup, task, events);
  return misfit === null ? null : `What it kept does not fit together: ${misfit}.`;
}
