"""Perplexity, and paired differences over items (src/metrics/perplexity.ts, statistics.ts)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..js import total

#: Fewer pairs than this decide nothing.
LEAST_PAIRS = 8


def perplexity_of(logprobs: Sequence[float]) -> float | None:
    """exp of the mean negative log-probability (nats); None for no tokens."""
    if not logprobs:
        return None
    try:
        return math.exp(-total(logprobs) / len(logprobs))
    except OverflowError:
        return math.inf


@dataclass(frozen=True, slots=True)
class PairedItems:
    #: Of a - b.
    mean: float
    standard_error: float
    items: int


def paired_items(a: Mapping[str, float], b: Mapping[str, float]) -> PairedItems | None:
    """a - b over the items that both have; None of fewer than LEAST_PAIRS."""
    values = [value - b[item] for item, value in a.items() if item in b]
    n = len(values)
    if n < LEAST_PAIRS:
        return None
    mean = total(values) / n
    squares = total((value - mean) ** 2 for value in values)
    # Values that are all equal differ from their mean by rounding alone.
    is_constant = all(value == values[0] for value in values)
    return PairedItems(mean, 0.0 if is_constant else math.sqrt(squares / (n - 1) / n), n)
