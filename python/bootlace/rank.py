"""SOFT+'s ranking, before round 1 (src/method/rank.ts): the base answers every prompt of the run once, few-shot, and its
perplexity of its own answer ranks them. Only the ranking is kept: round t labels afresh."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .ask import Clock, generated, generation
from .draws import RunContext
from .js import trim
from .metrics.statistics import perplexity_of
from .order import UNKNOWN_PERPLEXITY
from .ports import LoopEvent, Notice, Phase
from .room import shots_of, shots_sentence
from .types import Ports, Ranked, RankedEvent, RunState


def rank(run: RunContext, ports: Ports, state: RunState, _: int) -> Iterator[LoopEvent]:
    if run.agenda.rounds[0].ranked == 0 or state.ranking is not None:
        return
    clock = Clock()
    yield Phase(0, "rank", len(run.prompts), "")
    prompts = [run.labelled(item, "rank", 0) for item in run.prompts]
    keys = [f"rank/{item.row.id}" for item in run.prompts]
    greedy = replace(generation(run, 0), do_sample=False)
    ranking: list[Ranked] = []
    for item, completion in zip(run.prompts, generated(ports, None, prompts, keys, greedy), strict=True):
        known = perplexity_of(completion.logprobs)
        perplexity = UNKNOWN_PERPLEXITY if known is None else known
        ranking.append(Ranked(item.row.id, trim(completion.text), perplexity, len(completion.ids)))
    shots = shots_of(prompts)
    if shots is not None:
        yield Notice(0, shots_sentence("Ordering", shots))
    yield RankedEvent(tuple(ranking), clock.cost(sum(one.tokens for one in ranking)), shots)
