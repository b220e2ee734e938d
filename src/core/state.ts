/**
 * @file A run's state: plain data (structured-cloneable), a pure fold over the run's lasting events.
 */
import type { Adapter } from '../lora/config.ts';
import type { TrainStep } from './engine.ts';
import type { EndReason, Evaluation, LastingEvent, Ranked, Sample } from './events.ts';

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
  readonly end: { readonly validation: number | null; readonly falls: number } | null;
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

/** The state after an event. */
export function apply(state: RunState, event: LastingEvent): RunState {
  switch (event.type) {
    case 'ranked':
      return { ...state, ranking: event.ranking };
    case 'labelled':
      return withRound(state, event.round, ({ samples }) => ({ samples: [...samples, ...event.samples] }));
    case 'trained': {
      const { adapter, curve, examples } = event;
      return withRound(state, event.round, () => ({ adapter, curve, examples }));
    }
    case 'evaluated':
      return withRound(state, event.round, ({ evaluations }) => ({
        evaluations: [...evaluations, event.evaluation],
      }));
    case 'round-ended': {
      const { validation, falls } = event;
      return withRound(state, event.round, () => ({ end: { validation, falls } }));
    }
    case 'ended': {
      const { reason, bestRound } = event;
      return { ...state, end: { reason, bestRound } };
    }
  }
}

export const foldEvents = (events: readonly LastingEvent[]): RunState => events.reduce(apply, NEW_RUN);
