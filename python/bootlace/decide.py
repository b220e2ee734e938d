"""The end of a round (src/method/decide.ts): what validation says, whether to stop, and which adapter is the best. Test is not
looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .agenda import round_in, trained_rounds
from .draws import RunContext
from .isara import novelty_of
from .js import mean
from .metrics.scores import item_values
from .metrics.statistics import LEAST_PAIRS, paired_items
from .ports import LoopEvent, Notice
from .state import is_kept, round_of
from .types import EndReason, Ports, RoundEndedEvent, RoundState, RunState, TooLong


def close_round(run: RunContext, _: Ports, state: RunState, number: int) -> Iterator[LoopEvent]:
    """Closes a round with its validation score and the falls in a row, measured against the best round so far. Of fewer than
    LEAST_PAIRS items that can be judged there is no validation score: they would choose a round by luck."""
    if round_of(state, number).end is not None:
        return
    now = _validation_scores(run, round_of(state, number))
    earlier = [one for one in state.rounds if one.round < number]
    best = _validation_scores(run, round_of(state, best_round(earlier)))
    is_fall = number > 0 and has_fallen(best, now)
    before = earlier[-1].end.falls if earlier and earlier[-1].end is not None else 0
    text = _obstacle(run, len(now)) if number == 0 else None
    if text is not None:
        yield Notice(number, text)
    rows = run.rows_left_out if number == 0 else ()
    too_long = TooLong(run.model.max_positions, tuple(rows)) if rows else None
    validation = None if len(now) < LEAST_PAIRS else mean(list(now.values()))
    yield RoundEndedEvent(number, validation, before + 1 if is_fall else 0, too_long)


def has_fallen(best: Mapping[str, float], now: Mapping[str, float]) -> bool:
    """Whether `now` is below `best`, item by item, by more than one standard error of the paired difference; never of fewer
    than LEAST_PAIRS items."""
    fall = paired_items(best, now)
    return fall is not None and fall.mean > fall.standard_error


def best_round(rounds: Sequence[RoundState]) -> int:
    """The round with the best validation, the earliest of equals; without validation the last."""
    judged = [(one.end.validation, one.round) for one in rounds if one.end and one.end.validation is not None]
    if not judged:
        return rounds[-1].round if rounds else 0
    return max(judged, key=lambda pair: (pair[0], -pair[1]))[1]


def reason_to_end(run: RunContext, state: RunState, number: int) -> EndReason | None:
    """Why the run ends after the round, or None."""
    knobs = run.plan.arm.knobs
    one = round_of(state, number)
    label = round_in(run.agenda, number).label
    is_stale = (
        label is not None
        and label.ends_by_novelty
        and novelty_of(one.samples, knobs.prompts_per_round) < knobs.isara_novelty
    )
    if number > 0 and one.adapter is None:
        return "nothing-novel" if is_stale else "nothing-kept"
    if number == (trained_rounds(run.agenda) or (0,))[-1]:
        return "all-rounds"
    if knobs.early_stopping and (one.end.falls if one.end else 0) >= knobs.patience:
        return "validation-fell"
    is_short = sum(map(is_kept, one.samples)) < knobs.prompts_per_round
    return "nothing-novel" if is_short and is_stale else None


def _validation_scores(run: RunContext, one: RoundState) -> Mapping[str, float]:
    """The stopping metric by validation item, in the items' order."""
    found = (each for each in one.evaluations if each.split == "validation" and each.mode == "zero-shot")
    evaluation = next(found, None)
    if evaluation is None:
        return {}
    rows = {item.row.id: item.row for item in run.items["validation"]}
    return item_values(run.plan.arm.knobs.stop_metric, run.plan.task.definition, rows, evaluation)


def _obstacle(run: RunContext, judged: int) -> str | None:
    """What early stopping cannot do and why, as a sentence; None where it can."""
    knobs = run.plan.arm.knobs
    if not knobs.early_stopping or judged >= LEAST_PAIRS:
        return None
    return (
        f"Early stopping decides nothing here: {judged} validation items can be judged by {knobs.stop_metric}, and fewer than "
        f"{LEAST_PAIRS} say nothing. All rounds run, and the last one counts as the best."
    )
