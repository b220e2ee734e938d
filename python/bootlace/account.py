"""How a run ended, what it lost for want of room, and what its score is beside (src/analysis/endings.ts, losses.ts, floors.ts):
for run.json, in the lab's own words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .metrics.diagnostics import rows_of
from .metrics.scores import Floors, floors
from .results import same_evaluation
from .room import PURPOSES, add_shots, is_bare, rows_sentence, shots_sentence
from .types import RunState, Sample, Shots, Task, Verdict

#: Why an answer was dropped (src/analysis/verdict-words.ts).
VERDICTS: dict[Verdict, str] = {
    "kept": "kept",
    "empty": "empty",
    "unfinished": "no stop within the limit",
    "repeats": "repeats itself",
    "copies": "copies a demonstration",
    "outside-labels": "not a label",
    "perplexity": "perplexity too high",
    "disputed": "too few draws agree",
    "near-duplicate": "near duplicate",
    "too-short": "too short",
}


def _commonest(samples: Sequence[Sample]) -> str:
    """What the filters dropped most for."""
    counts: dict[Verdict, int] = {}
    for sample in samples:
        if sample.verdict != "kept":
            counts[sample.verdict] = counts.get(sample.verdict, 0) + 1
    if not counts:
        return ""
    verdict = max(counts, key=lambda one: counts[one])
    return f" ({counts[verdict]} of {len(samples)}: {VERDICTS[verdict]})"


def early_ending(state: RunState) -> str | None:
    """E.g. "ended in round 2: nothing was kept by the filters (64 of 64: no stop within the limit)"; None where the run
    went through all its rounds, or goes on."""
    if state.end is None or not state.rounds or state.end.reason == "all-rounds":
        return None
    last, best = state.rounds[-1], state.end.best_round
    words = {
        "nothing-kept": f"nothing was kept by the filters{_commonest(last.samples)}",
        "nothing-novel": f"too few of its own questions were new{_commonest(last.samples)}",
        "validation-fell": "validation fell, so it was stopped early "
        f"(best: {'the base' if best == 0 else f'round {best}'})",
    }
    return f"ended in round {last.round}: {words[state.end.reason]}"


def _rounds_words(rounds: Iterable[int]) -> str:
    numbers = sorted(set(rounds))
    if len(numbers) == 1:
        return "" if numbers[0] == 0 else f", round {numbers[0]}"
    return f", rounds {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def losses_of(state: RunState) -> list[str]:
    """All losses of a run, a sentence for each kind; [] where nothing was lost."""
    lost = [
        rows_sentence(one.end.too_long.rows, one.end.too_long.positions)
        for one in state.rounds
        if one.end is not None and one.end.too_long is not None
    ]
    for purpose, title in PURPOSES.items():
        found = [(one.round, one.shots[purpose]) for one in state.rounds if purpose in one.shots]
        # A round that lost everything is not hidden in the sum with one that did not.
        for bare in (True, False):
            alike = [(number, shots) for number, shots in found if is_bare(shots) == bare]
            whole: Shots | None = None
            for _, shots in alike:
                whole = add_shots(whole, shots)
            if whole is not None:
                lost.append(shots_sentence(title + _rounds_words(number for number, _ in alike), whole))
    # An evaluation's demonstrations are the same in every round.
    scored = {
        one.split: shots_sentence(f"Scoring with demonstrations on {one.split}", one.shots)
        for round_state in state.rounds
        for one in round_state.evaluations
        if one.shots is not None
    }
    return [*lost, *scored.values()]


@dataclass(frozen=True, slots=True)
class RunFloors:
    metric: str
    chance: float | None
    majority: float | None
    items: int


def floors_of_run(task: Task, state: RunState, metric: str | None = None) -> RunFloors | None:
    """What a metric (None: the task's own) is without any model on the test items that the last zero-shot evaluation
    scored."""
    found = [same_evaluation(one, "test", "zero-shot") for one in state.rounds]
    last = next((one for one in reversed(found) if one is not None), None)
    if last is None:
        return None
    known = rows_of(task, "test")
    rows = [known[one.id] for one in last.predictions if one.id in known]
    name = metric or task.definition.metric
    own: Floors = floors(task.definition, rows, name)
    return RunFloors(name, own.chance, own.majority, len(rows))
