"""In what two events of one place in a run differ: what must be the same and is not, and how far numbers lie apart."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .types import (
    EndedEvent,
    EvaluatedEvent,
    LabelledEvent,
    LastingEvent,
    Prediction,
    Ranked,
    RankedEvent,
    RoundEndedEvent,
    Sample,
    TrainedEvent,
)

#: Of numbers: in what their distance is measured.
MEASURED = {
    "log-probability": "nats",
    "perplexity": "share",
    "loss": "nats",
    "gradient norm": "share",
    "entropy": "nats",
    "learning rate": "share",
    "adapter": "largest element",
}
#: How far two right computations in float32 may lie apart, each running free. Over 51 runs of lab and twin the widest were
#: 2e-4 (log-probability, over a whole choice), 1e-5, 2e-5, 6e-5, 8e-6, 3e-16 and 2.5e-4.
WITHIN = {
    "log-probability": 1e-3,
    "perplexity": 1e-4,
    "loss": 1e-4,
    "gradient norm": 1e-3,
    "entropy": 1e-4,
    "learning rate": 1e-8,
    "adapter": 1e-3,
}


@dataclass(frozen=True, slots=True)
class Difference:
    #: A key of MEASURED, or what is not the same: "label", "demonstrations", ...
    kind: str
    #: In the event: an item, a step; '' of the whole.
    at: str
    a: object
    b: object
    #: Of numbers: how far they lie apart, 0 where they are the same.
    size: float = math.inf
    #: Ids of the answer's tokens and their log-probabilities, of an answer in A that is not B's.
    said: tuple[tuple[int, ...], tuple[float, ...]] = ((), ())

    @property
    def is_measured(self) -> bool:
        return self.kind in MEASURED


def differences(a: LastingEvent, b: LastingEvent | None) -> Iterator[Difference]:
    """Numbers always; what must be the same only where it is not. What follows from another answer (its perplexity, its
    verdict) is not told beside it."""
    if b is None or type(a) is not type(b):
        yield Difference("event", "", a.type, None if b is None else b.type)
    elif isinstance(a, RankedEvent) and isinstance(b, RankedEvent):
        yield from _unlike("prompts", "", [one.id for one in a.ranking], [one.id for one in b.ranking])
        for one, other in zip(a.ranking, b.ranking, strict=False):
            yield from _ranked(one, other)
    elif isinstance(a, LabelledEvent) and isinstance(b, LabelledEvent):
        yield from _unlike("prompts", "", [one.id for one in a.samples], [one.id for one in b.samples])
        for sample, own in zip(a.samples, b.samples, strict=False):
            yield from _sample(sample, own)
    elif isinstance(a, TrainedEvent) and isinstance(b, TrainedEvent):
        yield from _trained(a, b)
    elif isinstance(a, EvaluatedEvent) and isinstance(b, EvaluatedEvent):
        yield from _evaluated(a, b)
    elif isinstance(a, RoundEndedEvent) and isinstance(b, RoundEndedEvent):
        yield from _unlike("validation", "", (a.validation, a.falls), (b.validation, b.falls))
        yield from _unlike("rows left out", "", a.too_long, b.too_long)
    elif isinstance(a, EndedEvent) and isinstance(b, EndedEvent):
        yield from _unlike("ending", "", (a.reason, a.best_round), (b.reason, b.best_round))


def _unlike(kind: str, at: str, a: object, b: object) -> Iterator[Difference]:
    if a != b:
        yield Difference(kind, at, a, b)


def _apart(kind: str, at: str, a: float | None, b: float | None) -> Iterator[Difference]:
    """Two numbers; of a perplexity, a norm or a rate by their share."""
    if a is None or b is None or not (math.isfinite(a) and math.isfinite(b)):
        if a != b and not (a is not None and b is not None and math.isnan(a) and math.isnan(b)):
            yield Difference(kind, at, a, b)
        return
    size = abs(a - b)
    if MEASURED[kind] == "share":
        size = 0.0 if size == 0 else size / max(abs(a), abs(b))
    yield Difference(kind, at, a, b, size)


def _all_apart(kind: str, at: str, a: Sequence[float], b: Sequence[float]) -> Iterator[Difference]:
    """The widest of their distances."""
    if len(a) != len(b):
        yield Difference(kind, at, f"{len(a)} of them", f"{len(b)} of them")
        return
    each = [one for x, y in zip(a, b, strict=True) for one in _apart(kind, at, x, y)]
    if each:
        yield max(each, key=lambda one: one.size)


def _ranked(a: Ranked, b: Ranked) -> Iterator[Difference]:
    if a.answer != b.answer or a.tokens != b.tokens:
        yield Difference("answer", a.id, a.answer, b.answer)
    else:
        yield from _apart("perplexity", a.id, a.perplexity, b.perplexity)


def _sample(a: Sample, b: Sample) -> Iterator[Difference]:
    yield from _unlike("demonstrations", a.id, a.demonstrations, b.demonstrations)
    yield from _unlike("question", a.id, a.input, b.input)
    if (a.answer, a.ids, a.said) != (b.answer, b.ids, b.said):
        yield Difference("label", a.id, a.answer, b.answer, said=(a.ids, a.logprobs))
        return
    yield from _unlike("verdict", a.id, (a.verdict, a.is_right), (b.verdict, b.is_right))
    yield from _all_apart("log-probability", a.id, a.logprobs, b.logprobs)
    yield from _apart("perplexity", a.id, a.perplexity, b.perplexity)


def _trained(a: TrainedEvent, b: TrainedEvent) -> Iterator[Difference]:
    yield from _unlike("examples", "", a.examples, b.examples)
    yield from _unlike("steps", "", len(a.curve), len(b.curve))
    for x, y in zip(a.curve, b.curve, strict=False):
        at = f"step {x.step}"
        yield from _apart("learning rate", at, x.learning_rate, y.learning_rate)
        yield from _unlike("tokens", at, x.tokens, y.tokens)
        yield from _apart("loss", at, x.loss, y.loss)
        yield from _apart("gradient norm", at, x.grad_norm, y.grad_norm)
    yield from _unlike("modules", "", sorted(a.adapter.pairs), sorted(b.adapter.pairs))
    widest = [
        (float(abs(x - y).max()), f"{module}.lora_{name}")
        for module in a.adapter.pairs.keys() & b.adapter.pairs.keys()
        for name in ("a", "b")
        if (x := getattr(a.adapter.pairs[module], name)).shape
        == (y := getattr(b.adapter.pairs[module], name)).shape
    ]
    if widest:
        size, at = max(widest)
        yield Difference("adapter", at, None, None, size)


def _evaluated(a: EvaluatedEvent, b: EvaluatedEvent) -> Iterator[Difference]:
    one, other = a.evaluation, b.evaluation
    yield from _unlike("evaluation", "", (one.split, one.mode), (other.split, other.mode))
    ids = [each.id for each in one.predictions], [each.id for each in other.predictions]
    yield from _unlike("items", "", *ids)
    for x, y in zip(one.predictions, other.predictions, strict=False):
        yield from _prediction(x, y)
    yield from _apart("entropy", "", one.token_entropy, other.token_entropy)
    yield from _all_apart("log-probability", "content-free", one.content_free or (), other.content_free or ())


def _prediction(a: Prediction, b: Prediction) -> Iterator[Difference]:
    if (a.answer, a.is_finished) != (b.answer, b.is_finished):
        yield Difference("answer", a.id, a.answer, b.answer)
    else:
        yield from _unlike("rightness", a.id, a.is_exact, b.is_exact)
    yield from _all_apart("log-probability", a.id, a.label_logprobs or (), b.label_logprobs or ())
