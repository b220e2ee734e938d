/**
 * @file A run's state: plain data (structured-cloneable), a pure fold over the run's lasting events.
 */
import type { Adapter } from '../lora/config.ts';
import type { TrainStep } from '../words/engine.ts';
import type { EndReason, Evaluation, LastingEvent, Ranked, Sample, Shots, TooLong } from '../words/events.ts';
import type { Purpose } from './room.ts';
import { addShots } from './room.ts';

export interface RoundState {
  /** 0 is the base. */
  readonly round: number;
  /** In the order they were labelled, dropped ones too. */
  readonly samples: readonly Sample[];
  readonly adapter: Adapter | null;
  readonly curve: readonly TrainStep[];
  readonly examples: number;
  readonly evaluations: readonly Evaluation[];
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
  ...{ round, samples: [], adapter: null, curve: [], examples: 0, evaluations: [], end: null },
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
    case 'evaluated':
      return withRound(state, event.round, ({ evaluations }) => ({
        evaluations: [...evaluations, event.evaluation],
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

export const foldEvents = (events: readonly LastingEvent[]): RunState => events.reduce(apply, NEW_RUN);
