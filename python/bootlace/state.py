"""A run's state: a pure fold over its lasting events (src/method/state.ts)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from .room import add_shots
from .types import (
    Adapter,
    EndedEvent,
    Ending,
    EvaluatedEvent,
    LabelledEvent,
    LastingEvent,
    RankedEvent,
    RoundEnd,
    RoundEndedEvent,
    RoundState,
    RunState,
    Sample,
    Shots,
    TrainedEvent,
)

NEW_RUN = RunState()


def round_of(state: RunState, round_number: int) -> RoundState:
    found = (one for one in state.rounds if one.round == round_number)
    return next(found, RoundState(round_number))


def is_kept(sample: Sample) -> bool:
    return sample.verdict == "kept"


def adapter_of(state: RunState, of: int | str | None) -> Adapter | None:
    """The adapter that the agenda names by its round; None for the base and the key, which need none."""
    return round_of(state, of).adapter if isinstance(of, int) else None


def _with_round(state: RunState, number: int, change: Callable[[RoundState], RoundState]) -> RunState:
    others = [one for one in state.rounds if one.round != number]
    after = change(round_of(state, number))
    return replace(state, rounds=tuple(sorted([*others, after], key=lambda one: one.round)))


def _with_shots(state: RunState, number: int, purpose: str, shots: Shots | None) -> RunState:
    if shots is None:
        return state

    def change(before: RoundState) -> RoundState:
        total = add_shots(before.shots.get(purpose), shots) or shots
        return replace(before, shots={**before.shots, purpose: total})

    return _with_round(state, number, change)


def apply(state: RunState, event: LastingEvent) -> RunState:
    """The state after an event."""
    if isinstance(event, RankedEvent):
        return _with_shots(replace(state, ranking=event.ranking), 0, "rank", event.shots)
    if isinstance(event, LabelledEvent):
        samples = event.samples
        after = _with_round(state, event.round, lambda was: replace(was, samples=was.samples + samples))
        return _with_shots(after, event.round, "label", event.shots)
    if isinstance(event, TrainedEvent):
        adapter, curve, examples = event.adapter, event.curve, event.examples
        after = _with_round(
            state, event.round, lambda was: replace(was, adapter=adapter, curve=curve, examples=examples)
        )
        return _with_shots(after, event.round, "train", event.shots)
    if isinstance(event, EvaluatedEvent):
        one = event.evaluation
        return _with_round(state, event.round, lambda was: replace(was, evaluations=(*was.evaluations, one)))
    if isinstance(event, RoundEndedEvent):
        end = RoundEnd(event.validation, event.falls, event.too_long)
        return _with_round(state, event.round, lambda was: replace(was, end=end))
    assert isinstance(event, EndedEvent)
    return replace(state, end=Ending(event.reason, event.best_round))


def fold_events(events: Iterable[LastingEvent]) -> RunState:
    state = NEW_RUN
    for event in events:
        state = apply(state, event)
    return state
