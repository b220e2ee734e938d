/**
 * @file Teacher and student on one ruler: the model that labelled a round, few-shot, and the model trained on these
 * labels, zero-shot, by the task's own metric over the same test items. Where there is no such ruler, why not.
 */
import type { Labelling } from '../method/agenda.ts';
import { agendaOf, roundIn, shapeOf } from '../method/agenda.ts';
import { isBare } from '../method/room.ts';
import type { RunState } from '../method/state.ts';
import { roundOf } from '../method/state.ts';
import { normaliseLabel } from '../metrics/metrics.ts';
import { itemValues } from '../metrics/summarise.ts';
import type { Mode } from '../words/events.ts';
import type { Arm } from '../words/plan.ts';
import type { Task } from '../words/task.ts';
import { isRepeated } from './diagnostics/taught.ts';
import { rowsOf, sameEvaluation } from './watch.ts';

/** A round as a step: from its teacher up to its student. */
export interface Step {
  readonly round: number;
  /** The round whose model labelled; 0 is the base. */
  readonly teacherRound: number;
  readonly teacher: number;
  readonly student: number;
}

/** One arm with one seed. */
export interface Climb {
  readonly steps: readonly Step[];
  /** The last student asked few-shot, as it would teach the next round; null where it is not its arm's next teacher,
   * or was not asked yet. */
  readonly next: number | null;
  /** Test items of every figure here alike; 0 without any. */
  readonly items: number;
}

/** Why an arm has no steps at all: nobody teaches, the key does, no demonstration had room before a test item. */
export type NoClimb = 'no-teacher' | 'key' | 'no-shots';

/** Why a task has no such ruler. */
export type NoRuler = 'multiple-choice' | 'no-test-items';

export function noRuler({ definition, splits }: Task): NoRuler | null {
  // Its score is MC1, over the choices' log-probabilities; what its teacher says are free answers.
  if (definition.kind === 'multiple-choice') return 'multiple-choice';
  return splits.test.length === 0 ? 'no-test-items' : null;
}

/** What labels each round that trains. */
function labellings(task: Task, arm: Arm): ReadonlyMap<number, Labelling> {
  const { rounds } = agendaOf(arm, shapeOf(task));
  return new Map(rounds.flatMap(({ round, label }) => (label === null ? [] : [[round, label] as const])));
}

/** How an arm's labels are made otherwise than by one free answer of the teacher, as its few-shot score is. */
export function labelsBy(task: Task, arm: Arm): { readonly votes: number; readonly isScored: boolean } {
  const all = [...labellings(task, arm).values()];
  return {
    votes: Math.max(0, ...all.map(({ votes }) => votes)),
    isScored: all.some(({ isScored }) => isScored),
  };
}

const meanOver = (ids: readonly string[], values: ReadonlyMap<string, number>): number =>
  ids.reduce((sum, id) => sum + (values.get(id) ?? 0), 0) / ids.length;

/** The steps that the state has scored so far, over the items that all of its scores have. */
export function climbOf(task: Task, arm: Arm, state: RunState): Climb | NoClimb {
  const labels = labellings(task, arm);
  const teachers = new Map([...labels].map(([round, { teacher }]) => [round, teacher]));
  if (teachers.size === 0) return 'no-teacher';
  if ([...teachers.values()].every((teacher) => teacher === 'key')) return 'key';
  const rows = rowsOf(task, 'test');
  const evaluationIn = (round: number, mode: Mode) =>
    sameEvaluation(roundOf(state, round), { split: 'test', mode });
  const few = state.rounds.flatMap(({ round }) => evaluationIn(round, 'few-shot') ?? []);
  if (few.some(({ shots }) => isBare(shots))) return 'no-shots';
  const valuesIn = (round: number, mode: Mode) => {
    const evaluation = evaluationIn(round, mode);
    return evaluation === undefined
      ? null
      : itemValues(task.definition.metric, task.definition, rows, evaluation);
  };
  const pairs = [...teachers].flatMap(([round, teacherRound]) => {
    if (teacherRound === 'key') return [];
    const teacher = valuesIn(teacherRound, 'few-shot');
    const student = valuesIn(round, 'zero-shot');
    return teacher === null || student === null ? [] : [{ round, teacherRound, teacher, student }];
  });
  const [last] = pairs.slice(-1);
  // A teacher that is always the base is nobody's student.
  const teachesOn = last !== undefined && isNextTeacher(arm, task, last.round, teachers);
  const next = teachesOn ? valuesIn(last.round, 'few-shot') : null;
  const used = [
    ...pairs.flatMap(({ teacher, student }) => [teacher, student]),
    ...(next === null ? [] : [next]),
  ];
  const ids = [...(used[0]?.keys() ?? [])].filter((id) => used.every((values) => values.has(id)));
  if (ids.length === 0) return { steps: [], next: null, items: 0 };
  return {
    steps: pairs.map(({ round, teacherRound, teacher, student }) => ({
      ...{ round, teacherRound },
      ...{ teacher: meanOver(ids, teacher), student: meanOver(ids, student) },
    })),
    next: next === null ? null : meanOver(ids, next),
    items: ids.length,
  };
}

/** Whether the model of a round labels what comes after it, or would. */
function isNextTeacher(
  arm: Arm,
  task: Task,
  round: number,
  teachers: ReadonlyMap<number, number | 'key'>,
): boolean {
  if ([...teachers.values()].includes(round)) return true;
  // The last round: as a run that were a round longer.
  const { knobs } = arm;
  const longer = { ...arm, knobs: { ...knobs, rounds: knobs.rounds + 1 } };
  return roundIn(agendaOf(longer, shapeOf(task)), knobs.rounds + 1).label?.teacher === round;
}

/** Means over the seeds that have come as far, up to where the first of them has no score: no mean over some seeds is
 * laid beside one over others. */
export function meanClimb(climbs: readonly Climb[]): Climb {
  const begun = climbs.filter(({ steps }) => steps.length > 0);
  const average = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const steps: Step[] = [];
  for (const { round, teacherRound } of begun[0]?.steps ?? []) {
    const own = begun.flatMap((climb) => climb.steps.find((step) => step.round === round) ?? []);
    if (own.length < begun.length) break;
    steps.push({
      ...{ round, teacherRound },
      teacher: average(own.map(({ teacher }) => teacher)),
      student: average(own.map(({ student }) => student)),
    });
  }
  const next = begun.flatMap((climb) => climb.next ?? []);
  const isWhole = begun.every((climb) => climb.steps.length === steps.length);
  return {
    steps,
    next: isWhole && next.length === begun.length && begun.length > 0 ? average(next) : null,
    items: Math.min(...(begun.length === 0 ? [0] : begun.map(({ items }) => items))),
  };
}

/** Of prompts that two rounds of a state labelled: how many were given the same label both times. */
export interface Agreement {
  readonly round: number;
  readonly before: number;
  readonly same: number;
  readonly of: number;
}

/** Between successive labellings of the same prompts; [] where no prompt was labelled twice. */
export function agreements({ rounds }: RunState): readonly Agreement[] {
  const said = new Map<string, { readonly round: number; readonly answer: string }>();
  const found = new Map<string, { round: number; before: number; same: number; of: number }>();
  for (const { round, samples } of rounds) {
    for (const { id, answer } of samples) {
      const before = said.get(id);
      said.set(id, { round, answer });
      if (before === undefined || before.round === round) continue;
      const key = `${before.round}/${round}`;
      const sum = found.get(key) ?? { round, before: before.round, same: 0, of: 0 };
      sum.of += 1;
      if (normaliseLabel(before.answer) === normaliseLabel(answer)) sum.same += 1;
      found.set(key, sum);
    }
  }
  return [...found.values()];
}

/** Of prompts that a student was asked again after it was trained on them (knob trainedItems). */
export interface Retold {
  readonly round: number;
  /** To which the student gives the label that its teacher gave. */
  readonly same: number;
  readonly of: number;
}

/** By round; [] where no student was asked again. Needs no key, and no prompt that two rounds share. */
export const retoldBy = ({ rounds }: RunState): readonly Retold[] =>
  rounds.flatMap((one) => {
    const asked = sameEvaluation(one, { split: 'prompts', mode: 'zero-shot' });
    const labels = new Map(one.samples.map((sample) => [sample.id, sample]));
    const pairs = (asked?.predictions ?? []).flatMap((now) => {
      const taught = labels.get(now.id);
      return taught === undefined ? [] : [isRepeated(now, taught)];
    });
    return pairs.length === 0
      ? []
      : [{ round: one.round, same: pairs.filter(Boolean).length, of: pairs.length }];
  });
