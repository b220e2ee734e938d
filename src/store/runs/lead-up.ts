/** @file The way to a recorded event, as it was lived: a replay shows answers being made and a loss that falls, and does
 * not leap from result to result. */
import type { AskedPrompt, LastingEvent, Phase, Sample } from '../../words/events.ts';
import { phaseOf } from '../../words/events.ts';
import type { Arm } from '../../words/plan.ts';
import { keyIn, questionKey } from '../../words/row-key.ts';
import type { Task } from '../../words/task.ts';
import { promptInWords, questionInWords } from '../../method/prompt-text.ts';
import type { Started } from '../../method/under-way.ts';
import type { Live, LiveAnswer } from '../live/run-state.ts';

export interface Lead {
  readonly started: Started;
  readonly done: number;
  readonly live: Live;
}

const NOTHING: Live = { asked: [], writing: new Map(), answers: [], curve: [] };

/** Of a character that two units make, both or none. */
const beginning = (text: string, share: number): string =>
  text.slice(0, Math.ceil(share * text.length)).replace(/[\uD800-\uDBFF]$/, '');

interface Said extends Pick<Sample, 'answer'>, Partial<Pick<Sample, 'ids' | 'logprobs' | 'finishReason'>> {
  readonly key: string;
}

const keyed = <T extends { readonly id: string }>(
  phase: Phase,
  round: number,
  rows: readonly T[],
): readonly (T & { readonly key: string })[] =>
  rows.map((row) => ({ ...row, key: keyIn(phase, round, row.id) }));

/** So many of the answers, and the beginning of the next. */
function written(
  round: number,
  phase: LiveAnswer['phase'],
  said: readonly Said[],
  place: number,
): Pick<Live, 'writing' | 'answers'> {
  const done = Math.floor(place);
  const next = said[done];
  return {
    answers: said.slice(0, done).map(({ key, answer, ids = [], logprobs = [], finishReason = 'eos' }) => ({
      ...{ round, phase },
      completion: { key, text: answer, ids, logprobs, finishReason },
    })),
    writing: next === undefined ? new Map() : new Map([[next.key, beginning(next.answer, place - done)]]),
  };
}

type Written = AskedPrompt & Said;

/** What the model wrote for a round, in the order in which it did: all of its own questions, then answers. A question that was
 * dropped has no answer; a run of before questions were kept with what they stood after has none to show. */
function writtenFor(
  task: Task,
  { knobs }: Arm,
  { round, samples }: Extract<LastingEvent, { readonly type: 'labelled' }>,
): readonly [questions: readonly Written[], answers: readonly Written[]] {
  const questions = samples.flatMap(({ input, writtenAfter }, i) => {
    if (writtenAfter === undefined) return [];
    const parts = questionInWords(task, writtenAfter, knobs);
    return [{ key: questionKey(round, 0, i), writes: 'question', answer: input, parts } as const];
  });
  const answered = samples.filter(({ writtenAfter, ids }) => writtenAfter === undefined || ids.length > 0);
  const answers = answered.map(({ id, input, demonstrations, answer, ids, logprobs, finishReason }) => ({
    ...({ key: keyIn('label', round, id), writes: 'answer' } as const),
    ...{ answer, ids, logprobs, finishReason },
    parts: promptInWords(task, input, demonstrations, knobs).parts,
  }));
  return [questions, answers];
}

/** What a cell shows on its way to the event; null where nothing leads to it.
 * @param share of the way, 0 to 1 */
export function leadUp(task: Task, arm: Arm, event: LastingEvent, share: number): Lead | null {
  const phase = phaseOf(event);
  if (phase === null) return null;
  const lead = (
    items: number,
    detail: string,
    live: Partial<Live>,
    more: Pick<Started, 'evaluating' | 'examples'> = {},
  ): Lead => ({
    started: { round: 'round' in event ? event.round : 0, phase, detail, items, ...more },
    done: Math.floor(share * items),
    live: { ...NOTHING, ...live },
  });
  switch (event.type) {
    case 'labelled': {
      const [questions, answers] = writtenFor(task, arm, event);
      const items = questions.length + answers.length;
      const place = share * items;
      const isAsking = place < questions.length;
      const now = isAsking ? questions : answers;
      return lead(items, '', {
        asked: now.map(({ key, parts, writes }) => ({ key, parts, writes })),
        ...written(event.round, phase, now, isAsking ? place : place - questions.length),
      });
    }
    case 'evaluated': {
      const { round, evaluation } = event;
      const { predictions, split, mode } = evaluation;
      const live = written(round, phase, keyed(phase, round, predictions), share * predictions.length);
      return lead(predictions.length, `${split}, ${mode}`, live, { evaluating: { split, mode } });
    }
    case 'ranked': {
      const { ranking } = event;
      return lead(ranking.length, '', written(0, phase, keyed(phase, 0, ranking), share * ranking.length));
    }
    case 'trained': {
      const { curve, examples } = event;
      const shown = curve.slice(0, Math.floor(share * curve.length));
      return lead(curve.length, '', { curve: shown }, { examples });
    }
    case 'answered':
    case 'round-ended':
    case 'ended':
      return null;
  }
}
