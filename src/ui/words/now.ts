/** @file One sentence that is always true now: what the lab does, or waits for. */
import { plural } from '../../core/plural.ts';
import { tooFew } from '../../store/setup/too-few.ts';
import { sizeOf } from '../../store/setup/size.ts';
import type { Method } from '../../words/methods.ts';
import { methodOf } from '../../words/methods.ts';
import type { Arm } from '../../words/plan.ts';
import type { Answerer } from '../../method/agenda.ts';
import { agendaOf, roundIn, shapeOf } from '../../method/agenda.ts';
import { isBare } from '../../method/room.ts';
import type { Stop } from '../../store/live/stops.ts';
import type { Cell, RunView } from '../../store/live/run-state.ts';
import type { LabModel } from '../../store/lab-model.ts';
import { armTitle } from '../../words/arm-title.ts';
import { loadWords } from './loading.ts';
import { formatSeconds, listed } from './numbers.ts';

const titleOf = ({ name, method }: Arm): string => armTitle(name, method);

const answererWords = (teacher: Answerer): string =>
  teacher === 'key' ? 'the hidden key' : teacher === 0 ? 'the base' : `the model from round ${teacher}`;

/** Who answers what. */
function labellingWords({ arm }: Cell, { task }: RunView, round: number): string {
  const { label } = roundIn(agendaOf(arm, shapeOf(task)), round);
  if (label === null) return 'nobody answers anything';
  const { teacher, votes, wanted, isNew, source } = label;
  if (source === 'questions')
    return `${answererWords(teacher)} writes questions and answers them, until ${plural(wanted, 'answer')} can be kept`;
  const majority = votes > 1 ? `, by majority of ${votes} answers,` : '';
  return `${answererWords(teacher)}${majority} answers ${plural(wanted, isNew ? 'new prompt' : 'prompt')}`;
}

const demonstrationWords = ({ arm, state }: Cell, { task }: RunView): string => {
  if (state.rounds.some(({ shots }) => isBare(shots?.label))) return ', zero-shot: no demonstration fits';
  const k = arm.knobs.demonstrations || task.definition.k;
  const which = {
    random: plural(k, 'random demonstration'),
    fixed: `the same ${plural(k, 'demonstration')}`,
    retrieved: `the ${k} nearest demonstrations`,
  };
  return `, each with ${which[arm.knobs.drawing]}`;
};

const whereWords = ({ arm }: Cell, round: number): string =>
  round === 0 ? `${titleOf(arm)}, before round 1` : `${titleOf(arm)}, round ${round} of ${arm.knobs.rounds}`;

/** The result that stepping has stopped on. */
const STOP_WORDS: Readonly<Record<Stop, string>> = {
  label: 'the prompts are labelled',
  filter: 'the filter has looked at the labels',
  order: 'the rows are in order',
  train: 'the adapter is trained',
  score: 'the answers are scored',
};

function pausedWords(run: RunView, cell: Cell): string {
  const { stop = null } = run;
  if (stop === null || cell.activity === null) return activityWords(run, cell);
  return `${whereWords(cell, cell.activity.round)}: ${STOP_WORDS[stop]}. Keys: → steps on, Space runs.`;
}

function activityWords(run: RunView, cell: Cell): string {
  const { activity, arm } = cell;
  if (activity === null) return `${titleOf(arm)}, seed ${cell.seed}, begins.`;
  const { round, phase, done, items, detail, examples = 0 } = activity;
  const where = whereWords(cell, round);
  // An attempt at questions ends whole, with more than were wanted of them.
  const count = done > items ? `${done} done` : `${done} of ${items} done`;
  switch (phase) {
    case 'rank':
      return `${where}, ordering: the base answers every prompt once, to rank them by its own perplexity; ${count}.`;
    case 'label': {
      const who = labellingWords(cell, run, round);
      return `${where}, labelling: ${who}${demonstrationWords(cell, run)}; ${count}.`;
    }
    case 'train':
      return `${where}, training: LoRA on ${plural(examples, 'example')}, step ${done} of ${items}.`;
    case 'evaluate':
      return `${where}, scoring: ${round === 0 ? 'the base' : `the model from round ${round}`} answers ${detail}; ${count}.`;
  }
}

const keptWords = ({ cells }: RunView): string =>
  cells.some(({ state }) =>
    state.rounds.some(({ evaluations, answering }) => evaluations.length > 0 || answering !== null),
  )
    ? 'What was measured until then is kept.'
    : 'Nothing had been measured.';

function runWords(run: RunView, isElsewhere: boolean): string {
  const cell = run.cells.find(({ key }) => key === run.current) ?? null;
  const late = run.isLate === true ? 'longer than predicted' : '';
  const left =
    run.secondsLeft !== null
      ? ` About ${formatSeconds(run.secondsLeft)} left${late === '' ? '' : `; this step takes ${late}`}.`
      : late === ''
        ? ''
        : ` This step takes ${late}.`;
  if (run.kind === 'replay' && run.replay !== null) {
    const { isPlaying, position, length } = run.replay;
    const what = isPlaying ? 'Playing a recorded run' : 'A recorded run, at rest';
    const at = `event ${position} of ${length}`;
    // One event can tell several results, at each of which it rests: where in the run that is comes first.
    if (run.stop != null && cell !== null) {
      const round = cell.state.rounds.at(-1)?.round ?? 0;
      return `${what}: ${whereWords(cell, round)}, ${STOP_WORDS[run.stop]} (${at}). Nothing is computed.`;
    }
    return `${what}: ${at}. Nothing is computed.`;
  }
  if (isElsewhere && run.kind === 'stored')
    return 'This run goes on in another window. What it had finished when it was opened here is shown.';
  switch (run.status) {
    case 'waiting':
      return 'The run begins.';
    case 'running':
      return cell === null ? 'The run begins.' : `${activityWords(run, cell)}${left}`;
    case 'paused':
      return `Paused. ${cell === null ? '' : pausedWords(run, cell)}`;
    case 'done': {
      const which = run.kind === 'stored' ? 'A past run' : 'The run has ended';
      return `${which}: ${listed(run.cells.map(({ arm }) => titleOf(arm)).filter((name, i, all) => all.indexOf(name) === i))}, ${plural(run.setup.seeds.length, 'seed')}.`;
    }
    case 'stopped':
      return `Stopped. ${keptWords(run)}`;
    case 'interrupted':
      return `Interrupted: its window went away before its end. ${keptWords(run)}`;
    case 'failed': {
      const failed = run.cells.find(({ status }) => status === 'failed');
      const who = failed === undefined ? 'The run' : `${titleOf(failed.arm)}, seed ${failed.seed},`;
      return `${who} failed. ${keptWords(run)}`;
    }
  }
}

/** What a round does, by who answers what. */
function roundWords(
  labels: Method['labels'],
  teacher: Method['teacher'],
  prompts: number,
  task: string,
): string {
  if (labels === 'questions')
    return `writes questions like those in ${task}'s pool, answers them, trains on both, and writes the next`;
  if (teacher === 'key')
    return `is trained on the hidden key's labels of ${prompts} prompts of ${task}, then of the next ${prompts}`;
  const who = teacher === 'base' ? 'the base labels' : 'labels';
  return labels === 'all-prompts'
    ? `labels prompts of ${task}, trains on its own answers, and ${who} all of them anew`
    : `labels ${prompts} prompts of ${task}, trains on its own answers, and ${who} the next ${prompts}`;
}

/** What the Run button will do, before anything ran. */
function promise({ setup, tasks }: LabModel): string {
  const { arms, prompts } = setup;
  const [first] = arms;
  const task = tasks.task?.definition.id ?? setup.setup.taskId;
  const name = setup.setup.model.name;
  if (first === undefined) return 'The setup needs mending before it can run.';
  const { rounds, promptsPerRound } = first.knobs;
  const { schedule, labels, teacher } = methodOf(first.method);
  switch (schedule) {
    case 'rounds': {
      const rest = arms.slice(1).map(titleOf);
      const controls = rest.length === 0 ? '' : ` Beside it, round by round: ${listed(rest)}.`;
      return `${name} ${roundWords(labels, teacher, promptsPerRound, task)}: ${plural(rounds, 'round')}.${controls}`;
    }
    case 'once':
      if (labels === 'questions')
        return `${name} writes questions like those in ${task}'s pool, answers them and trains on both, once.`;
      if (labels === 'nothing') return `${name} trains on the labelled items of ${task}'s pool alone.`;
      return `${name} labels ${prompts} prompts of ${task} at once and trains on its own answers.`;
    case 'none':
      return `${name} answers ${task} with retrieved demonstrations, without any training.`;
  }
}

export function nowSentence(model: LabModel): string {
  const { run, model: loaded, tasks } = model;
  if (loaded.status === 'loading') {
    return `Loading ${loaded.ref.name}: ${loadWords(loaded.activity)}.`;
  }
  if (run !== null) return runWords(run, model.runs.find(({ id }) => id === run.id)?.isElsewhere === true);
  if (loaded.status === 'failed')
    return `${loaded.ref.name} could not be loaded. ${loaded.fault?.what ?? ''}`;
  if (loaded.status === 'none') return 'No model is loaded.';
  if (tasks.task === null) return tasks.fault === null ? 'Reading the task.' : tasks.fault.what;
  const few = tooFew(model);
  if (few !== null)
    return `${few.task} has ${plural(few.there, 'prompt')}, and this setup needs ${few.needed}: choose a size that fits.`;
  const quick = sizeOf(model.setup.setup) === 'quick' ? 'A quick look: ' : '';
  return `Ready. ${quick}${promise(model)}`;
}
