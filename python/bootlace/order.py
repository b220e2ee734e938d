"""Order across rounds and within one (src/method/order.ts): two switches that are not confused. Perplexity only ranks."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from .errors import LabError
from .js import mean, utf16
from .metrics.text import normalise_label
from .random import derive_key
from .types import Knobs, Ranked, Sample

Order = Literal["random", "easy-first", "hard-first"]
T = TypeVar("T")

#: Of an answer without a token to measure: it ranks behind all others, and is no figure.
UNKNOWN_PERPLEXITY = sys.float_info.max


def _ordered(items: Sequence[T], order: Order, of: Callable[[T], tuple[str, float | None]]) -> list[T]:
    """Items in the order asked for, equals by id, unknown perplexities last; `random` is the order given."""
    if order == "random":
        return list(items)
    sign = 1 if order == "easy-first" else -1

    def place(item: T) -> tuple[Any, ...]:
        name, perplexity = of(item)
        return (perplexity is None, 0 if perplexity is None else sign * perplexity, utf16(name))

    return sorted(items, key=place)


def _dealt(ranked: Sequence[str], label_of: Callable[[str], str], seed: int) -> list[str]:
    """The ranked ids dealt so that every beginning of the result has each label in its share of the whole, as far as
    counts go. Equals are served in an order drawn by the seed; answers given once count as one label."""
    grouped: dict[str, list[str]] = {}
    for one in ranked:
        grouped.setdefault(label_of(one), []).append(one)
    once = [ids[0] for ids in grouped.values() if len(ids) == 1]
    groups = [(label, ids) for label, ids in grouped.items() if len(ids) > 1]
    groups.sort(key=lambda group: (derive_key(seed, "balanced", group[0]), utf16(group[0])))
    queues = [ids for _, ids in groups]
    if once:
        queues.append(once)
    taken = [0] * len(queues)
    out: list[str] = []
    for seat in range(len(ranked)):
        behind = [
            -math.inf if taken[q] >= len(queue) else ((seat + 1) * len(queue)) / len(ranked) - taken[q]
            for q, queue in enumerate(queues)
        ]
        following = behind.index(max(behind))
        out.append(queues[following][taken[following]])
        taken[following] += 1
    return out


def ranked_parts(
    row_ids: Sequence[str], ranking: Sequence[Ranked] | None, knobs: Knobs, seed: int
) -> list[list[str]]:
    """`rounds` parts of `prompts_per_round` ids each; the first rounds x prompts_per_round of `row_ids` are placed,
    whatever the order. LabError `invalid-request` where the order asks for a ranking and there is none."""
    if ranking is None and (knobs.across_rounds != "random" or knobs.balanced):
        asked = "Balanced parts" if knobs.balanced else f'The order "{knobs.across_rounds}"'
        raise LabError("invalid-request", f"{asked} needs a ranking of the prompts, and there is none.")
    known = {one.id: one for one in ranking or ()}
    size = knobs.prompts_per_round

    def of(one: str) -> tuple[str, float | None]:
        return one, known[one].perplexity if one in known else None

    line = _ordered(row_ids[: knobs.rounds * size], knobs.across_rounds, of)
    if knobs.balanced:
        line = _dealt(line, lambda one: normalise_label(known[one].answer if one in known else ""), seed)
    return [line[t * size : (t + 1) * size] for t in range(knobs.rounds)]


def ordered_within(samples: Sequence[Sample], knobs: Knobs) -> list[Sample]:
    """Samples in the order in which an epoch shows them; those without a perplexity (gold) last."""
    return _ordered(samples, knobs.within_round, lambda one: (one.id, one.perplexity))


@dataclass(frozen=True, slots=True)
class Bucket:
    """Means over a part's ranked prompts; None where none is ranked. Of perplexities those that were measured."""

    perplexity: float | None
    #: Of the answers, with their stop.
    tokens: float | None
    count: int


def bucket_of(ranking: Sequence[Ranked], ids: Sequence[str]) -> Bucket:
    known = {one.id: one for one in ranking}
    ranked = [known[one] for one in ids if one in known]
    measured = [one.perplexity for one in ranked if one.perplexity < UNKNOWN_PERPLEXITY]
    return Bucket(
        mean(measured) if measured else None,
        mean([one.tokens for one in ranked]) if ranked else None,
        len(ranked),
    )
