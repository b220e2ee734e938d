"""A run as rows, for results.jsonl, predictions.jsonl and samples.jsonl (src/analysis/results.ts, tools/experiment/outputs.ts):
nothing but what was measured, in a total order. Every row is a dict whose keys stand as the lab writes them; js.stringify
makes a line of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from .js import stringify, utf16
from .metrics.diagnostics import rows_of, watch_answers, watch_samples, watch_training
from .metrics.scores import Figure, summarise
from .metrics.text import has_key
from .prompts import in_words
from .room import said_mode
from .types import Evaluation, Mode, Plan, RoundState, RunState
from .wire import plain

Row = dict[str, Any]

_FIELDS = ("model", "task", "arm", "method", "seed", "round", "split", "mode", "metric", "value", "n")


def row_key(row: Row) -> tuple[Any, ...]:
    """Sorts result rows: field by field as they stand in a row, texts by code unit, null first."""

    def place(value: Any) -> tuple[bool, Any]:
        return value is not None, utf16(value) if isinstance(value, str) else value

    return tuple(place(row[name]) for name in _FIELDS)


def _head(plan: Plan) -> Row:
    return {
        "task": plan.task.definition.id,
        "arm": plan.arm.name,
        "method": plan.arm.method,
        "seed": plan.seed,
    }


def same_evaluation(round_state: RoundState | None, split: str, mode: Mode) -> Evaluation | None:
    """The evaluation of the same split and mode."""
    evaluations = () if round_state is None else round_state.evaluations
    return next((one for one in evaluations if one.split == split and one.mode == mode), None)


def tidy_rows(model: str, plan: Plan, state: RunState) -> list[Row]:
    """Every figure of a run so far, sorted; values that are not finite are left out, as JSON has none."""
    task = plan.task
    rows: list[Row] = []

    def add(number: int, split: str, mode: str | None, figures: Iterable[Figure]) -> None:
        for figure in figures:
            if math.isfinite(figure.value):
                rows.append(
                    {
                        "model": model,
                        **_head(plan),
                        "round": number,
                        "split": split,
                        "mode": mode,
                        "metric": figure.metric,
                        "value": figure.value,
                        "n": figure.n,
                    }
                )

    previous: RoundState | None = None
    for one in state.rounds:
        own = [*watch_samples(task, one.samples, state.ranking), *watch_training(one.curve)]
        add(one.round, "prompts", None, own)
        for evaluation in one.evaluations:
            before = same_evaluation(previous, evaluation.split, evaluation.mode)
            figures = [
                *summarise(task.definition, rows_of(task, evaluation.split), evaluation),
                *watch_answers(task, evaluation, before, one.samples),
            ]
            add(one.round, evaluation.split, said_mode(evaluation.mode, evaluation.shots), figures)
        previous = one
    return sorted(rows, key=row_key)


def prediction_rows(plan: Plan, state: RunState) -> list[Row]:
    """One row per answered item: was it right (None: no key), and each label's or choice's log-probability."""
    labels = plan.task.definition.labels
    rows: list[Row] = []
    for one in state.rounds:
        for evaluation in one.evaluations:
            known = rows_of(plan.task, evaluation.split)
            mode = said_mode(evaluation.mode, evaluation.shots)
            for prediction in evaluation.predictions:
                row = known.get(prediction.id)
                choices = None if row is None else row.choices
                names = labels if choices is None else [choice.text for choice in choices]
                values = prediction.label_logprobs
                rows.append(
                    {
                        **_head(plan),
                        "round": one.round,
                        "split": evaluation.split,
                        "mode": mode,
                        "item": prediction.id,
                        "answer": prediction.answer,
                        "finished": prediction.is_finished,
                        "correct": prediction.is_exact if row is not None and has_key(row) else None,
                        "label_logprobs": None
                        if values is None
                        else [
                            {"label": name, "logprob": values[i] if i < len(values) else None}
                            for i, name in enumerate(names)
                        ],
                    }
                )
    return rows


def sample_rows(plan: Plan, state: RunState) -> list[Row]:
    """One row per self-label, its prompt as the teacher read it: a text, or the turns that the model's chat template writes."""
    return [
        {
            **_head(plan),
            "round": one.round,
            "id": sample.id,
            "input": sample.input,
            "prompt": plain(in_words(plan.task, sample.input, sample.demonstrations, plan.arm.knobs)),
            "demonstrations": sample.demonstrations,
            "self_label": sample.answer,
            "said": sample.said,
            "token_ids": sample.ids,
            "logprobs": sample.logprobs,
            "perplexity": sample.perplexity,
            "finish_reason": sample.finish_reason,
            "verdict": sample.verdict,
            "key": None if sample.key == "" else sample.key,
            "correct": sample.is_right,
        }
        for one in state.rounds
        for sample in one.samples
    ]


def json_lines(rows: Sequence[Row]) -> Iterable[str]:
    return (f"{stringify(row)}\n" for row in rows)
