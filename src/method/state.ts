/**
 * @file A run's state: plain data (structured-cloneable), a pure fold over the run's lasting events.
 */
import type { Adapter } from '../lora/config.ts';
import type { TrainStep } from '../words/engine.ts';
import type { EndReason, Evaluation, LastingEvent, Ranked, Sample, Shots, TooLong } from '../words/events.ts';
import type { Purpose } from './room.ts';
import { addShots } from './room.ts';

/** What an evaluation that is under way has so far. */
export type Answering = Pick<Evaluation, 'split' | 'mode' | 'predictions'> & {
  readonly entropy: { readonly sum: number; readonly count: number };
  readonly milliseconds: number;
};

export interface RoundState {
  /** 0 is the base. */
  readonly round: number;
  /** In the order they were labelled, dropped ones too. */
  readonly samples: readonly Sample[];
  readonly adapter: Adapter | null;
  readonly curve: readonly TrainStep[];
  readonly examples: number;
  readonly evaluations: readonly Evaluation[];
  /** null where none is under way. */
  readonly answering: Answering | null;
  /** Set when the round has ended. */
  readonly end: {
    readonly validation: number | null;
    readonly falls: number;
    readonly tooLong?: TooLong;
  } | null;
  /** Demonstrations that had no room; absent where all had. */
  readonly shots?: Readonly<Partial<Record<Purpose, Shots>>>;
}

export interface RunState {
  readonly ranking: readonly Ranked[] | null;
  /** By round, from the base on. */
  readonly rounds: readonly RoundState[];
  readonly end: { readonly reason: EndReason; readonly bestRound: number } | null;
}

export const NEW_RUN: RunState = { ranking: null, rounds: [], end: null };

const emptyRound = (round: number): RoundState => ({
  ...{ round, samples: [], adapter: null, curve: [], examples: 0, evaluations: [], answering: null },
  end: null,
});

export const roundOf = (state: RunState, round: number): RoundState =>
  state.rounds.find((candidate) => candidate.round === round) ?? emptyRound(round);

function withRound(
  state: RunState,
  round: number,
  change: (before: RoundState) => Partial<RoundState>,
): RunState {
  const before = roundOf(state, round);
  const after = { ...before, ...change(before) };
  const others = state.rounds.filter((candidate) => candidate.round !== round);
  return { ...state, rounds: [...others, after].sort((a, b) => a.round - b.round) };
}

/** With the demonstrations that had no room, where an event tells of some. */
function withShots(state: RunState, round: number, purpose: Purpose, shots: Shots | undefined): RunState {
  if (shots === undefined) return state;
  return withRound(state, round, (before) => {
    const sum = addShots(before.shots?.[purpose], shots) ?? shots;
    return { shots: { ...before.shots, [purpose]: sum } };
  });
}

/** What there is of this evaluation; null where it has not begun. */
export const answeringOf = (
  { answering }: RoundState,
  split: Evaluation['split'],
  mode: Evaluation['mode'],
): Answering | null => (answering?.split === split && answering.mode === mode ? answering : null);

/** The state after an event. */
export function apply(state: RunState, event: LastingEvent): RunState {
  switch (event.type) {
    case 'ranked':
      return withShots({ ...state, ranking: event.ranking }, 0, 'rank', event.shots);
    case 'labelled':
      return withShots(
        withRound(state, event.round, ({ samples }) => ({ samples: [...samples, ...event.samples] })),
        ...([event.round, 'label', event.shots] as const),
      );
    case 'trained': {
      const { round, adapter, curve, examples, shots } = event;
      return withShots(
        withRound(state, round, () => ({ adapter, curve, examples })),
        round,
        'train',
        shots,
      );
    }
    case 'answered': {
      const { round, split, mode, predictions, entropy, cost } = event;
      return withRound(state, round, (before) => {
        const own = answeringOf(before, split, mode);
        return {
          answering: {
            ...{ split, mode, entropy },
            predictions: [...(own?.predictions ?? []), ...predictions],
            milliseconds: (own?.milliseconds ?? 0) + cost.milliseconds,
          },
        };
      });
    }
    case 'evaluated':
      return withRound(state, event.round, ({ evaluations }) => ({
        evaluations: [...evaluations, event.evaluation],
        answering: null,
      }));
    case 'round-ended': {
      const { validation, falls, tooLong } = event;
      const end = { validation, falls, ...(tooLong === undefined ? {} : { tooLong }) };
      return withRound(state, event.round, () => ({ end }));
    }
    case 'ended': {
      const { reason, bestRound } = event;
      return { ...state, end: { reason, bestRound } };
    }
  }
}

const nameOf = (round: number, { split, mode }: Pick<Evaluation, 'split' | 'mode'>): string =>
  JSON.stringify([round, split, mode]);

/** Without the parts of evaluations that are told whole: the same state in fewer events. */
export function withoutParts(events: readonly LastingEvent[]): readonly LastingEvent[] {
  const whole = new Set(
    events.flatMap((event) => (event.type === 'evaluated' ? [nameOf(event.round, event.evaluation)] : [])),
  );
  return events.filter((event) => event.type !== 'answered' || !whole.has(nameOf(event.round, event)));
}

export const foldEvents = (events: readonly LastingEvent[]): RunState => events.reduce(apply, NEW_RUN);
