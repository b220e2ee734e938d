"""ISARA's samples (src/method/isara.ts): an anchor of the pool and its nearest questions prompt a new question, the pairs
nearest to the new question prompt its answer; near-duplicates and degenerate texts are dropped. Anchors and questions are keyed
by (seed, round, attempt); questions are sampled (greedy ones would repeat), answers follow the labels' decoding."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .agenda import Labelling, answers_each
from .ask import Clock, generated, generation
from .draws import RunContext
from .filters import verdict_of
from .js import WHITE_CLASS, trim
from .metrics.statistics import perplexity_of
from .metrics.text import rouge_l
from .ports import LoopEvent, Notice, Phase
from .prompts import QUESTION_END, Prompt
from .random import integer_at
from .room import add_shots, shots_of, shots_sentence
from .state import adapter_of, is_kept, round_of
from .types import Adapter, Completion, LabelledEvent, Ports, RunState, Sample, Shots, TaskRow, Verdict

#: ROUGE-L above which a question is a copy.
_NEAR_DUPLICATE = 0.7
_LEAST_WORDS = 2


def isara_samples(
    run: RunContext, ports: Ports, state: RunState, number: int, wanted: Labelling
) -> Iterator[LoopEvent]:
    """Attempts of `prompts_per_round` questions until enough are kept, too few are novel, or attempts run out."""
    knobs = run.plan.arm.knobs
    per_attempt = knobs.prompts_per_round
    samples = list(round_of(state, number).samples)
    earlier = [sample for one in state.rounds if one.round < number for sample in one.samples]
    most = knobs.isara_attempts * math.ceil(wanted.wanted / per_attempt)
    yield Phase(number, "label", wanted.wanted * answers_each(wanted), "questions and answers")
    for attempt in range(len(samples) // per_attempt, most):
        if (
            sum(map(is_kept, samples)) >= wanted.wanted
            or novelty_of(samples, per_attempt) < knobs.isara_novelty
        ):
            return
        clock = Clock()
        known = [item.row.input for item in run.pool]
        known += [sample.input for sample in [*earlier, *samples] if is_kept(sample)]
        own, shots = _attempt(
            run, ports, adapter_of(state, wanted.teacher), number, attempt, per_attempt, known
        )
        if shots is not None:
            yield Notice(number, shots_sentence(f"Labelling, round {number}", shots))
        samples.extend(own)
        yield LabelledEvent(number, tuple(own), clock.cost(sum(len(one.ids) for one in own)), shots)


def novelty_of(samples: Sequence[Sample], per_attempt: int) -> float:
    """Share of the last attempt's questions that were novel; 1 before any."""
    last = samples[-per_attempt:]
    if not last:
        return 1
    return sum(sample.verdict != "near-duplicate" for sample in last) / len(last)


def _attempt(
    run: RunContext,
    ports: Ports,
    teacher: Adapter | None,
    number: int,
    attempt: int,
    count: int,
    known: Sequence[str],
) -> tuple[list[Sample], Shots | None]:
    definition, knobs = run.plan.task.definition, run.plan.arm.knobs
    asked, after, shots = _questions(run, ports, teacher, number, attempt, count)
    rows = [
        TaskRow(f"generated-{number}-{attempt}-{i}", trim(completion.text), "")
        for i, completion in enumerate(asked)
    ]
    seen = list(known)
    prompts: dict[str, Prompt] = {}
    verdicts: list[Verdict] = []
    for item, completion in zip(run.items_of(rows), asked, strict=True):
        verdict = _question_verdict(completion, seen)
        verdicts.append(verdict)
        if verdict == "kept":
            seen.append(item.row.input)
            prompts[item.row.id] = run.few_shot(item, run.nearest(item.row.input, run.k))
    shots = add_shots(shots, shots_of(prompts.values()))
    keys = [f"answer/{id}" for id in prompts]
    config = generation(run, run.key("sampling"))
    answers = dict(zip(prompts, generated(ports, teacher, list(prompts.values()), keys, config), strict=True))
    samples = []
    for row, verdict, written_after in zip(rows, verdicts, after, strict=True):
        said = answers.get(row.id, Completion("", (), (), "", "length"))
        answer, perplexity = trim(said.text), perplexity_of(said.logprobs)
        demonstrations = prompts[row.id].demonstrations if row.id in prompts else ()
        if verdict == "kept":
            texts = [one.row.output for one in demonstrations]
            verdict = verdict_of(answer, said.ids, said.finish_reason, perplexity, texts, definition, knobs)
        samples.append(
            Sample(
                id=row.id,
                input=row.input,
                demonstrations=tuple(one.row.id for one in demonstrations),
                answer=answer,
                ids=said.ids,
                logprobs=said.logprobs,
                perplexity=perplexity,
                finish_reason=said.finish_reason,
                verdict=verdict,
                key="",
                is_right=None,
                written_after=written_after,
            )
        )
    return samples, shots


def _questions(
    run: RunContext, ports: Ports, teacher: Adapter | None, number: int, attempt: int, count: int
) -> tuple[list[Completion], list[tuple[str, ...]], Shots | None]:
    knobs = run.plan.arm.knobs
    # A question must leave room for its answer, and for at least as much before it.
    free = run.model.max_positions - len(ports.prefix_ids())
    longest = max(len(item.prompt.ids) for item in run.pool)
    most = max(1, min(longest, (free - run.max_new_tokens) // 2))
    prompts = []
    for i in range(count):
        anchor = run.pool[integer_at(run.key("anchor", number, attempt, i), 0, len(run.pool))]
        prompts.append(run.question(anchor.row.input, most))
    config = replace(
        generation(run, run.key("question", number, attempt)),
        do_sample=True,
        temperature=knobs.temperature,
        top_p=knobs.top_p,
        max_new_tokens=most,
        stop_strings=(QUESTION_END,),
    )
    keys = [f"question/{number}/{attempt}/{i}" for i in range(count)]
    after = [tuple(one.row.id for one in prompt.demonstrations) for prompt in prompts]
    return generated(ports, teacher, prompts, keys, config), after, shots_of(prompts)


def _question_verdict(completion: Completion, known: Sequence[str]) -> Verdict:
    question = trim(completion.text)
    if question == "":
        return "empty"
    if completion.finish_reason == "length":
        return "unfinished"
    if len(re.split(f"{WHITE_CLASS}+", question)) < _LEAST_WORDS:
        return "too-short"
    is_copy = any(rouge_l(question, other) > _NEAR_DUPLICATE for other in known)
    return "near-duplicate" if is_copy else "kept"
