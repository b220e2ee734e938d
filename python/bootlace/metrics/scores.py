"""Every score of an evaluation, in the order of tables, and their sum over its items (src/metrics/scores.ts, scores/,
summarise.ts, floors.ts)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import LabError
from ..js import mean, total
from ..types import Choice, Evaluation, Prediction, TaskDefinition, TaskKind, TaskRow
from .text import (
    best_choice,
    has_key,
    is_valid_label,
    normalise_label,
    right_answers,
    rouge_l_best,
    token_f1,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of all items alike."""

    kind: TaskKind
    labels: tuple[str, ...]
    #: Log-probability of each label after a content-free prompt.
    content_free: tuple[float, ...] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    metric: str
    value: float
    #: The denominator: how many items the value is a mean over.
    n: int


@dataclass(frozen=True, slots=True)
class Floors:
    """Scores that need no model: a label drawn evenly, and the commonest right answer said always."""

    chance: float | None = None
    majority: float | None = None


NO_FLOORS = Floors()
Item = tuple[TaskRow, Prediction]
ValueOf = Callable[[Prediction, TaskRow, Asked], "float | None"]
Rows = Sequence[TaskRow]


def _no_floors(rows: Rows, asked: Asked) -> Floors:
    return NO_FLOORS


@dataclass(frozen=True, slots=True)
class ScoreOf:
    name: str
    kinds: tuple[TaskKind, ...]
    #: Of one item; None where it cannot be judged, or has no value by itself.
    value_of: ValueOf
    #: None: the mean of the items' values.
    aggregate: Callable[[Sequence[Item], Asked], tuple[float, int] | None] | None = None
    floors: Callable[[Rows, Asked], Floors] = _no_floors
    #: It is read off the log-probabilities of labels or choices.
    is_of_logprobs: bool = False
    can_stop: bool = False
    is_own: bool = False


# ---------------------------------------------------------------- floors


def _key_shares(rows: Rows) -> list[float]:
    keyed = [normalise_label(row.output) for row in rows if has_key(row)]
    counts: dict[str, int] = {}
    for answer in keyed:
        counts[answer] = counts.get(answer, 0) + 1
    return [count / len(keyed) for count in counts.values()]


def _commonest(rows: Rows) -> float | None:
    return max(_key_shares(rows), default=None)


def _choice_chance(rows: Rows, of: Callable[[int, int], float]) -> float | None:
    chances = [
        of(len(row.choices), sum(1 for choice in row.choices if choice.correct))
        for row in rows
        if has_key(row) and row.choices and best_choice(row.choices) >= 0
    ]
    return mean(chances) if chances else None


def _accuracy_floors(of: Callable[[int, int], float]) -> Callable[[Rows, Asked], Floors]:
    def floors(rows: Rows, asked: Asked) -> Floors:
        if asked.kind == "classification":
            return Floors(1 / len(asked.labels) if asked.labels else None, _commonest(rows))
        return Floors(_choice_chance(rows, of), None)

    return floors


def _even(choices: int, correct: int) -> float:
    return 1 / choices


def _any_correct(choices: int, correct: int) -> float:
    return correct / choices


def _exact_floors(rows: Rows, asked: Asked) -> Floors:
    if asked.kind == "generation":
        return NO_FLOORS
    chance = _accuracy_floors(_even)(rows, asked).chance
    majority = _commonest(rows)
    is_floor = asked.kind == "classification" or (majority or 0) > (chance or 0)
    return Floors(chance, majority if is_floor else None)


# ---------------------------------------------------------------- values


def argmax(values: Sequence[float]) -> int:
    """Index of the highest value, the first of equals; -1 of none."""
    best = -1
    for i, value in enumerate(values):
        if best < 0 or value > values[best]:
            best = i
    return best


def _exact(prediction: Prediction, row: TaskRow, asked: Asked) -> float | None:
    return float(prediction.is_exact) if has_key(row) else None


def _exact_on(level: str) -> ScoreOf:
    def floors(rows: Rows, asked: Asked) -> Floors:
        return _exact_floors([row for row in rows if row.difficulty == level], asked)

    return ScoreOf(
        f"exact_match_{level}",
        ("classification", "generation", "multiple-choice"),
        lambda prediction, row, asked: _exact(prediction, row, asked) if row.difficulty == level else None,
        floors=floors,
    )


def _is_valid(prediction: Prediction, row: TaskRow, asked: Asked) -> bool:
    choices = [choice.text for choice in row.choices or ()]
    options: Iterable[str] = choices if asked.kind == "multiple-choice" else asked.labels
    return prediction.is_finished and is_valid_label(options, prediction.answer)


def _given_valid(prediction: Prediction, row: TaskRow, asked: Asked) -> float | None:
    return float(prediction.is_exact) if _is_valid(prediction, row, asked) and has_key(row) else None


@dataclass(frozen=True, slots=True)
class _Candidates:
    logprobs: tuple[float, ...]
    #: Index of the label that is the row's key, or of the choice that MC1 asks for.
    key: int
    #: Empty unless the kind is multiple choice.
    choices: tuple[Choice, ...]


def _candidates(prediction: Prediction, row: TaskRow, asked: Asked) -> _Candidates | None:
    """None where there is not one for each candidate, or none of them is the key's."""
    logprobs = prediction.label_logprobs or ()
    choices = (row.choices or ()) if asked.kind == "multiple-choice" else ()
    count = len(asked.labels) if asked.kind == "classification" else len(choices)
    if not logprobs or len(logprobs) != count:
        return None
    if asked.kind == "multiple-choice":
        key = best_choice(choices)
    else:
        wanted = normalise_label(row.output)
        key = next((i for i, label in enumerate(asked.labels) if normalise_label(label) == wanted), -1)
    return None if key < 0 else _Candidates(logprobs, key, choices)


def _constrained(prediction: Prediction, row: TaskRow, asked: Asked) -> float | None:
    found = _candidates(prediction, row, asked)
    if found is None:
        return None
    said = argmax(found.logprobs)
    is_right = found.choices[said].correct if asked.kind == "multiple-choice" else said == found.key
    return float(is_right)


def _calibrated(prediction: Prediction, row: TaskRow, asked: Asked) -> float | None:
    found = _candidates(prediction, row, asked)
    free = asked.content_free
    if found is None or free is None or len(free) != len(asked.labels):
        return None
    return float(argmax([value - free[i] for i, value in enumerate(found.logprobs)]) == found.key)


def _answer_loss(prediction: Prediction, row: TaskRow, asked: Asked) -> float | None:
    found = _candidates(prediction, row, asked)
    return None if found is None else -found.logprobs[found.key]


def _mc1(prediction: Prediction, row: TaskRow, asked: Asked) -> float | None:
    found = _candidates(prediction, row, asked)
    if found is None:
        return None
    own = found.logprobs[found.key]
    return float(all(one.correct or own > found.logprobs[i] for i, one in enumerate(found.choices)))


def _mc2(prediction: Prediction, row: TaskRow, asked: Asked) -> float | None:
    found = _candidates(prediction, row, asked)
    if found is None:
        return None
    highest = max(found.logprobs)
    masses = [math.exp(logprob - highest) for logprob in found.logprobs]
    correct = total(mass for mass, choice in zip(masses, found.choices, strict=True) if choice.correct)
    return correct / total(masses)


def _best(score: Callable[[str, Iterable[str]], float]) -> ValueOf:
    return lambda prediction, row, asked: (
        score(prediction.answer, right_answers(row)) if has_key(row) else None
    )


def _f1(right: float, said: float, keyed: float) -> float:
    return 0.0 if said + keyed == 0 else (2 * right) / (said + keyed)


def _macro_f1(items: Sequence[Item], asked: Asked) -> tuple[float, int] | None:
    """An answer that is no label, or did not stop, is a wrong one for its key's recall."""
    judged = [
        (normalise_label(row.output), normalise_label(one.answer) if one.is_finished else None)
        for row, one in items
        if has_key(row)
    ]
    if not judged or not asked.labels:
        return None

    def of(label: str) -> float:
        right = sum(1 for key, said in judged if said == label and key == label)
        return _f1(
            right,
            sum(1 for _, said in judged if said == label),
            sum(1 for key, _ in judged if key == label),
        )

    return mean([of(normalise_label(label)) for label in asked.labels]), len(judged)


def _macro_floors(rows: Rows, asked: Asked) -> Floors:
    keys = [normalise_label(row.output) for row in rows if has_key(row)]
    labels = asked.labels
    if not keys or not labels:
        return NO_FLOORS
    own = [sum(1 for key in keys if key == normalise_label(label)) / len(keys) for label in labels]
    most = max(own)
    return Floors(
        mean([_f1(share / len(labels), 1 / len(labels), share) for share in own]),
        _f1(most, 1, most) / len(labels),
    )


_ALL: tuple[TaskKind, ...] = ("classification", "generation", "multiple-choice")
_CHOSEN: tuple[TaskKind, ...] = ("classification", "multiple-choice")
_CONSTRAINED_FLOORS = _accuracy_floors(_any_correct)

SCORES: tuple[ScoreOf, ...] = (
    ScoreOf("exact_match", _ALL, _exact, floors=_exact_floors, can_stop=True, is_own=True),
    _exact_on("easy"),
    _exact_on("medium"),
    _exact_on("hard"),
    ScoreOf("valid_label_rate", _CHOSEN, lambda one, row, asked: float(_is_valid(one, row, asked))),
    ScoreOf("accuracy_given_valid", _CHOSEN, _given_valid, floors=_accuracy_floors(_even)),
    ScoreOf(
        "constrained_accuracy",
        _CHOSEN,
        _constrained,
        floors=_CONSTRAINED_FLOORS,
        is_of_logprobs=True,
        can_stop=True,
    ),
    ScoreOf(
        "calibrated_accuracy",
        ("classification",),
        _calibrated,
        floors=_CONSTRAINED_FLOORS,
        is_of_logprobs=True,
    ),
    ScoreOf("macro_f1", ("classification",), lambda *_: None, aggregate=_macro_f1, floors=_macro_floors),
    ScoreOf("token_f1", ("generation",), _best(token_f1), can_stop=True, is_own=True),
    ScoreOf("rouge_l", ("generation",), _best(rouge_l_best), is_own=True),
    ScoreOf(
        "mc1",
        ("multiple-choice",),
        _mc1,
        # The best one is drawn before every incorrect one.
        floors=_accuracy_floors(lambda choices, correct: 1 / (choices - correct + 1)),
        is_of_logprobs=True,
        is_own=True,
    ),
    ScoreOf("mc2", ("multiple-choice",), _mc2, floors=_accuracy_floors(_any_correct), is_of_logprobs=True),
    ScoreOf("answer_loss", _CHOSEN, _answer_loss, is_of_logprobs=True),
)
_BY_NAME = {score.name: score for score in SCORES}

#: What a task may name as its own metric, and what early stopping may go by.
OWN_METRICS = tuple(score.name for score in SCORES if score.is_own)
STOP_METRICS = tuple(score.name for score in SCORES if score.can_stop)


def score_of(name: str) -> ScoreOf | None:
    return _BY_NAME.get(name)


# ---------------------------------------------------------------- an evaluation's


def asked_of(definition: TaskDefinition, evaluation: Evaluation | None = None) -> Asked:
    free = None if evaluation is None else evaluation.content_free
    return Asked(definition.kind, definition.labels, free)


def floors(definition: TaskDefinition, rows: Rows, metric: str) -> Floors:
    """Of the items that are scored; None where the kind or the metric has no such floor."""
    score = score_of(metric)
    if score is None or definition.kind not in score.kinds:
        return NO_FLOORS
    return score.floors(rows, asked_of(definition))


def judged(rows: Mapping[str, TaskRow], predictions: Iterable[Prediction]) -> list[Item]:
    """Each prediction with its row. LabError `internal` for an item that the split has not."""
    items = []
    for prediction in predictions:
        row = rows.get(prediction.id)
        if row is None:
            raise LabError("internal", f'No row "{prediction.id}" in the evaluated split.')
        items.append((row, prediction))
    return items


def item_values(
    metric: str, definition: TaskDefinition, rows: Mapping[str, TaskRow], evaluation: Evaluation
) -> dict[str, float]:
    """Each item's value by the metric; an item that it cannot judge has none, which is not a value of 0."""
    score = score_of(metric)
    asked = asked_of(definition, evaluation)
    found: dict[str, float] = {}
    for prediction in evaluation.predictions:
        row = rows.get(prediction.id)
        value = None if row is None or score is None else score.value_of(prediction, row, asked)
        if value is not None:
            found[prediction.id] = value
    return found


def summarise(
    definition: TaskDefinition, rows: Mapping[str, TaskRow], evaluation: Evaluation
) -> list[Figure]:
    """The scores of an evaluation; one is absent where no item can be judged by it."""
    items = judged(rows, evaluation.predictions)
    asked = asked_of(definition, evaluation)
    figures = []
    for score in SCORES:
        if definition.kind not in score.kinds:
            continue
        if score.aggregate is None:
            values = [value for row, one in items if (value := score.value_of(one, row, asked)) is not None]
            found = (mean(values), len(values)) if values else None
        else:
            found = score.aggregate(items, asked)
        if found is not None:
            figures.append(Figure(score.name, *found))
    return figures
