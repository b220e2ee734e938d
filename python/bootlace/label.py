"""The labelling phase (src/method/label.ts): the teacher answers a round's prompts, each with its demonstrations; what the
filters drop is refilled from the round's reserve, so that every arm trains on equally many."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .agenda import Labelling, answers_each, round_in
from .ask import Clock, generated, generation
from .draws import RunContext
from .filters import verdict_of
from .isara import isara_samples
from .js import trim
from .metrics.statistics import perplexity_of
from .metrics.text import is_exact, normalise_label, normalise_squad
from .noise import noise
from .order import ranked_parts
from .ports import LoopEvent, Notice, Phase
from .prompts import Item, Prompt
from .room import add_shots, shots_of, shots_sentence
from .scored_label import Said, scored_labels
from .state import adapter_of, is_kept, round_of
from .types import (
    Completion,
    LabelledEvent,
    Ports,
    RunState,
    Sample,
    Shots,
)


def label(run: RunContext, ports: Ports, state: RunState, number: int) -> Iterator[LoopEvent]:
    """Labels the round, a chunk at a time; a resumed round goes on with the chunk that is missing."""
    wanted = round_in(run.agenda, number).label
    if wanted is None:
        return
    if wanted.source == "questions":
        yield from isara_samples(run, ports, state, number, wanted)
        return
    samples = list(round_of(state, number).samples)
    done = {sample.id for sample in samples}
    reserve = [item for of in wanted.reserves for item in run.reserves[of - 1]]
    # The key's labels come without any answer.
    yield Phase(number, "label", wanted.wanted * max(1, answers_each(wanted)), "")
    for key, items in _parts_of(run, state, wanted):
        if any(item.row.id not in done for item in items):
            yield from _chunk(run, ports, state, number, wanted, key, items, samples, is_refill=False)
    used = sum(item.row.id in done for item in reserve)
    while True:
        missing = wanted.wanted - sum(map(is_kept, samples))
        refill = reserve[used : used + max(0, missing)]
        if not refill:
            return
        used += len(refill)
        yield from _chunk(run, ports, state, number, wanted, number, refill, samples, is_refill=True)


def _parts_of(run: RunContext, state: RunState, wanted: Labelling) -> Iterator[tuple[int, list[Item]]]:
    """The parts that a round labels: what keys their draws, and their prompts."""
    by_id = {item.row.id: item for item in run.prompts}
    order = ranked_parts(list(by_id), state.ranking, run.plan.arm.knobs, run.plan.seed)
    for part in wanted.parts:
        yield part.key, [by_id[id] for id in order[part.part - 1]]


def _chunk(
    run: RunContext,
    ports: Ports,
    state: RunState,
    number: int,
    wanted: Labelling,
    part: int,
    items: Sequence[Item],
    samples: list[Sample],
    *,
    is_refill: bool,
) -> Iterator[LoopEvent]:
    """Samples of some of the round's prompts, answered together; adds them to `samples`."""
    clock = Clock()
    definition, knobs = run.plan.task.definition, run.plan.arm.knobs
    adapter = adapter_of(state, wanted.teacher)
    ballots: list[list[Said]] = []
    shown: list[Prompt] = []
    shots: Shots | None = None
    for vote in range(wanted.votes):
        purpose = "label" if vote == 0 else f"label, vote {vote}"
        prompts = [run.labelled(item, purpose, part, wanted.prompt) for item in items]
        shown = shown or prompts
        shots = add_shots(shots, shots_of(prompts))
        if wanted.is_scored:
            ballots.append(
                scored_labels(run, ports, adapter, prompts, mode=wanted.prompt, are_all=not is_refill)
            )
        else:
            keys = [f"{purpose}/{part}/{item.row.id}" for item in items]
            config = generation(run, run.key("sampling"))
            ballots.append([_said_by(one) for one in generated(ports, adapter, prompts, keys, config)])
    if shots is not None:
        yield Notice(number, shots_sentence(f"Labelling, round {number}", shots))
    normalise = normalise_squad if definition.kind == "generation" else normalise_label
    # The key only where the key is the teacher: nowhere else may it stand in for an answer.
    answers = (
        [(Said(item.row.output, (), (), "stop-string"), 1.0) for item in items]
        if wanted.teacher == "key"
        else _majority(ballots, normalise)
    )
    own: list[Sample] = []
    mistaken = noise(run, part)
    for i, item in enumerate(items):
        row, (said, agreement) = item.row, answers[i]
        answer = mistaken(said.answer, item)
        if answer != said.answer:
            said = replace(said, answer=answer, said=said.answer)
        perplexity = perplexity_of(said.logprobs)
        demonstrations = shown[i].demonstrations if shown else ()
        sample = Sample(
            id=row.id,
            input=row.input,
            demonstrations=tuple(one.row.id for one in demonstrations),
            answer=said.answer,
            ids=said.ids,
            logprobs=said.logprobs,
            perplexity=perplexity,
            finish_reason=said.finish_reason,
            verdict="kept",
            key=row.output,
            is_right=None
            if row.output == ""
            else is_exact(definition.kind, said.answer, row, definition.answer_after),
            said=said.said,
        )
        texts = [one.row.output for one in demonstrations]
        verdict = verdict_of(
            said.answer, said.ids, said.finish_reason, perplexity, texts, definition, knobs, agreement
        )
        own.append(replace(sample, verdict=verdict))
    samples.extend(own)
    yield LabelledEvent(number, tuple(own), clock.cost(sum(len(one.ids) for one in own)), shots)


def _said_by(completion: Completion) -> Said:
    return Said(trim(completion.text), completion.ids, completion.logprobs, completion.finish_reason)


def _majority(ballots: Sequence[Sequence[Said]], normalise: Callable[[str], str]) -> list[tuple[Said, float]]:
    """The most frequent answer of each prompt's ballot, of equally frequent ones the first drawn, and the share of the
    votes that say it."""
    out = []
    for ballot in zip(*ballots, strict=True):
        names = [normalise(said.answer) for said in ballot]
        votes = [names.count(name) for name in names]
        most = max(votes)
        first, winner = ballot[0], ballot[votes.index(most)]
        elected = winner if winner.answer == first.answer else replace(winner, said=first.answer)
        out.append((elected, most / len(ballot)))
    return out
