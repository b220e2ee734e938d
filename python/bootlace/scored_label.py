"""Labels that are chosen among the task's own, by their log-probabilities after the prompt (src/method/scored-label.ts): as
they are, less what they score without content after the same demonstrations (contextual calibration, arXiv 2102.09690),
or aligned with the pool's shares of labels (distribution alignment, arXiv 1911.09785)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .ask import summed_logprob
from .draws import RunContext
from .metrics.text import is_exact
from .prompts import Prompt
from .types import CONTENT_FREE, Adapter, FinishReason, Ports, Score, ScoreRow


@dataclass(frozen=True, slots=True)
class Said:
    """What the model said to one prompt."""

    answer: str
    ids: tuple[int, ...]
    logprobs: tuple[float, ...]
    finish_reason: FinishReason
    #: What it really said, where a vote or noise replaced it.
    said: str | None = None


#: A mean that is nothing in numbers.
_LEAST = 1e-300

Ids = tuple[int, ...]


def _scored(
    ports: Ports, adapter: Adapter | None, label_ids: Sequence[Ids], prompts: Sequence[Prompt]
) -> list[list[Score]]:
    """Log-probabilities of the labels after each prompt, as [prompt][label]."""
    rows = [ScoreRow(tuple(prompt.ids), ids) for prompt in prompts for ids in label_ids]
    scores = ports.score(adapter, rows)
    step = len(label_ids)
    return [list(scores[at : at + step]) for at in range(0, len(rows), step)]


def _alignment(run: RunContext, totals: Sequence[Sequence[float]]) -> list[float]:
    """What is added to each label's log-probability so that the prompts' mean probabilities become the pool's shares."""
    definition = run.plan.task.definition
    probabilities: list[list[float]] = []
    for row in totals:
        most = max(row)
        powers = [math.exp(value - most) for value in row]
        total = sum(powers)
        probabilities.append([one / total for one in powers])
    out: list[float] = []
    for at, label in enumerate(definition.labels):
        mean = sum(row[at] for row in probabilities) / len(totals)
        right = (is_exact(definition.kind, label, one.row, definition.answer_after) for one in run.pool)
        # No label is ruled out: one more of each than the pool has.
        share = (sum(right) + 1) / (len(run.pool) + len(definition.labels))
        out.append(math.log(share) - math.log(max(mean, _LEAST)))
    return out


def scored_labels(
    run: RunContext,
    ports: Ports,
    adapter: Adapter | None,
    prompts: Sequence[Prompt],
    *,
    mode: Literal["few-shot", "zero-shot"],
    are_all: bool,
) -> list[Said]:
    """The chosen label after each prompt, the first of equals.

    are_all: the prompts are a whole part; few of them have no shares to be aligned.
    """
    labels, decoding = run.plan.task.definition.labels, run.plan.arm.knobs.decoding
    label_ids = run.answer_ids(labels)
    scores = _scored(ports, adapter, label_ids, prompts)
    totals = [[summed_logprob(score) for score in row] for row in scores]
    if decoding == "calibrated":
        (free,) = run.items_of([CONTENT_FREE])
        bare = [
            run.zero_shot(free) if mode == "zero-shot" else run.few_shot(free, prompt.demonstrations)
            for prompt in prompts
        ]
        less = _scored(ports, adapter, label_ids, bare)
        totals = [
            [total - summed_logprob(score) for total, score in zip(row, free_row, strict=True)]
            for row, free_row in zip(totals, less, strict=True)
        ]
    elif decoding == "aligned" and are_all:
        more = _alignment(run, totals)
        totals = [[total + one for total, one in zip(row, more, strict=True)] for row in totals]
    out: list[Said] = []
    for p, row in enumerate(totals):
        best = row.index(max(row))
        out.append(Said(labels[best], label_ids[best], scores[p][best].logprobs, "stop-string"))
    return out
