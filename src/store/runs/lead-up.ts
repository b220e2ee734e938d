/** @file The way to a recorded event, as it was lived: a replay shows answers being made and a loss that falls, and does
 * not leap from result to result. */
import type { AskedPrompt, LastingEvent, Sample } from '../../words/events.ts';
import { phaseOf } from '../../words/events.ts';
import type { Arm } from '../../words/plan.ts';
import { keyIn } from '../../words/row-key.ts';
import type { Task } from '../../words/task.ts';
import { promptInWords } from '../../method/prompt-text.ts';
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
  readonly id: string;
}

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
    answers: said.slice(0, done).map(({ id, answer, ids = [], logprobs = [], finishReason = 'eos' }) => ({
      ...{ round, phase },
      completion: { key: keyIn(phase, round, id), text: answer, ids, logprobs, finishReason },
    })),
    writing:
      next === undefined
        ? new Map()
        : new Map([[keyIn(phase, round, next.id), beginning(next.answer, place - done)]]),
  };
}

/** What a cell shows on its way to the event; null where nothing leads to it.
 * @param share of the way, 0 to 1 */
export function leadUp(task: Task, { knobs }: Arm, event: LastingEvent, share: number): Lead | null {
  const phase = phaseOf(event);
  if (phase === null) return null;
  const lead = (
    items: number,
    detail: string,
    live: Partial<Live>,
    more: Pick<Started, 'evaluating'> = {},
  ): Lead => ({
    started: { round: 'round' in event ? event.round : 0, phase, detail, items, ...more },
    done: Math.floor(share * items),
    live: { ...NOTHING, ...live },
  });
  switch (event.type) {
    case 'labelled': {
      const { round, samples } = event;
      const asked = samples.map(({ id, input, demonstrations }): AskedPrompt => ({
        ...{ key: keyIn(phase, round, id), writes: 'answer' },
        parts: promptInWords(task, input, demonstrations, knobs).parts,
      }));
      return lead(samples.length, '', { asked, ...written(round, phase, samples, share * samples.length) });
    }
    case 'evaluated': {
      const { round, evaluation } = event;
      const { predictions, split, mode } = evaluation;
      const live = written(round, phase, predictions, share * predictions.length);
      return lead(predictions.length, `${split}, ${mode}`, live, { evaluating: { split, mode } });
    }
    case 'ranked': {
      const { ranking } = event;
      return lead(ranking.length, '', written(0, phase, ranking, share * ranking.length));
    }
    case 'trained': {
      const { curve, examples } = event;
      const shown = curve.slice(0, Math.floor(share * curve.length));
      return lead(curve.length, `${examples} examples`, { curve: shown });
    }
    case 'answered':
    case 'round-ended':
    case 'ended':
      return null;
  }
}
