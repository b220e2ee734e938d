"""Wrong labels on purpose, of three kinds that do not cost the same: by chance, one label taken for another, and all
prompts with one cue (src/method/noise.ts)."""

from __future__ import annotations

from collections.abc import Callable

import regex

from .draws import RunContext
from .prompts import Item
from .random import integer_at, uniform_at


def _words_of(item: Item) -> set[str]:
    return set(regex.findall(r"[\p{L}\p{N}]+", item.row.input.lower()))


def _cues(run: RunContext) -> set[str]:
    """Words are drawn, the more frequent ones sooner, for as long as no more than the share `label_noise` of the run's
    prompts holds one of them; words of one prompt alone only fill what is left."""
    places: dict[str, set[str]] = {}
    for item in run.prompts:
        for word in _words_of(item):
            places.setdefault(word, set()).add(item.row.id)

    def rank(word: str) -> tuple[bool, float, bytes]:
        count = len(places[word])
        # The last as JavaScript orders strings, by UTF-16 units.
        return count == 1, uniform_at(run.key("cue", word), 0) / count, word.encode("utf-16-be")

    most = run.plan.arm.knobs.label_noise * len(run.prompts)
    held: set[str] = set()
    drawn: set[str] = set()
    for word in sorted(places, key=rank):
        more = held | places[word]
        if len(more) <= most:
            held = more
            drawn.add(word)
    return drawn


def _strikes(run: RunContext, part: int) -> Callable[[Item], bool]:
    """Which prompts are struck, in a part of a run's prompts."""
    knobs = run.plan.arm.knobs
    if knobs.label_noise == 0:
        return lambda _: False
    if knobs.noise_kind != "instance":
        return lambda item: uniform_at(run.key("noise", part, item.row.id), 0) < knobs.label_noise
    drawn = _cues(run)
    return lambda item: not drawn.isdisjoint(_words_of(item))


def noise(run: RunContext, part: int) -> Callable[[str, Item], str]:
    """Another answer in place of what was said to a prompt, in the kind and for the share that the knobs say."""
    labels = run.plan.task.definition.labels
    is_struck = _strikes(run, part)
    is_symmetric = run.plan.arm.knobs.noise_kind == "symmetric"

    def answer(said: str, item: Item) -> str:
        if not is_struck(item):
            return said
        if not is_symmetric:
            return labels[(labels.index(said) + 1) % len(labels)] if said in labels else labels[0]
        others = [other for other in labels or [one.row.output for one in run.pool] if other != said]
        at = integer_at(run.key("noise", part, item.row.id), 1, max(1, len(others)))
        return others[at] if others else said

    return answer
