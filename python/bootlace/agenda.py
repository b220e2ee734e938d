"""What a run asks of the model, in order, from the arm and the sizes of its task alone (src/method/agenda.ts): where the
verbs of a method become rounds, parts and counts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from .methods import Method, Source, method_of
from .metrics.scores import score_of
from .types import SPLITS, Arm, EvaluatedSplit, Knobs, Mode, Phase, SplitName, Task, TaskKind

#: Whose answers: of the base (0), of the adapter of a round, of the hidden key.
Answerer = int | Literal["key"]


@dataclass(frozen=True, slots=True)
class TaskShape:
    """What an agenda must know of a task: of all its rows, or of those that a run has drawn."""

    kind: TaskKind
    labels: tuple[str, ...]
    sizes: Mapping[SplitName, int]
    #: Splits with choices to score.
    choices: tuple[SplitName, ...]


def shape_of(task: Task) -> TaskShape:
    return TaskShape(
        task.definition.kind,
        task.definition.labels,
        {split: len(task.splits.of(split)) for split in SPLITS},
        tuple(split for split in SPLITS if any(row.choices is not None for row in task.splits.of(split))),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of the run's prompts, and what keys its draws."""

    part: int
    key: int


@dataclass(frozen=True, slots=True)
class Labelling:
    source: Literal["prompts", "questions"]
    teacher: Answerer
    #: Each part is labelled together.
    parts: tuple[Part, ...]
    #: Samples to be kept; more than these are not trained on.
    wanted: int
    #: Rounds whose reserves refill what is dropped.
    reserves: tuple[int, ...]
    #: Answers of the model to each prompt, of which the most frequent is the label; none of the key's.
    votes: int
    #: By the likeliest of the label set, not by an answer.
    is_scored: bool
    #: Whether the teacher sees demonstrations before the prompt.
    prompt: Literal["few-shot", "zero-shot"]
    #: Times that each answer's prompt is read.
    reads: int
    #: No earlier round labelled these prompts.
    is_new: bool
    #: A round that ends with too few new questions ends the run.
    ends_by_novelty: bool


@dataclass(frozen=True, slots=True)
class Training:
    #: The adapter that training starts from; None: a fresh one.
    start: int | None
    steps: int
    trains_on: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Evaluating:
    split: EvaluatedSplit
    mode: Mode
    items: int
    #: The candidates of each item are scored too.
    is_constrained: bool
    #: Times that a prompt is read for the likeliest label, which is its answer: 2 with calibration; 0: answers are free.
    reads: int = 0


@dataclass(frozen=True, slots=True)
class AgendaRound:
    #: 0 is the base.
    round: int
    #: Prompts that are ranked before the first training; 0 none.
    ranked: int
    label: Labelling | None
    train: Training | None
    evaluate: tuple[Evaluating, ...]


@dataclass(frozen=True, slots=True)
class Agenda:
    #: Prompts that the run cannot do without; as many again make the reserves.
    prompts: int
    #: Prompts that are drawn for the parts.
    drawn: int
    #: The base's first.
    rounds: tuple[AgendaRound, ...]


def _is_of_prompts(method: Method) -> bool:
    return method.labels in ("new-prompts", "all-prompts")


def _is_reused(method: Method, knobs: Knobs) -> bool:
    """The same prompts come again in every round; where there is one training, nothing comes again."""
    return method.schedule == "rounds" and knobs.prompts == "reused"


def _trainings(method: Method, rounds: int) -> tuple[int, ...]:
    if method.schedule == "none":
        return ()
    return (rounds,) if method.schedule == "once" else tuple(range(1, rounds + 1))


def _votes(method: Method, knobs: Knobs) -> int:
    return {"one": 1, "rounds": knobs.rounds, "votes": knobs.votes}[method.votes]


def _reads(knobs: Knobs) -> int:
    """Times that a prompt is read for the likeliest label of the set; 0: what is decoded is an answer."""
    return {"greedy": 0, "sampled": 0, "calibrated": 2}.get(knobs.decoding, 1)


def _labelling(arm: Arm, shape: TaskShape, round_number: int, before: int) -> Labelling | None:
    method, knobs = method_of(arm.method), arm.knobs
    if method.labels == "nothing" or method.teacher == "nobody":
        return None
    teacher: Answerer = "key" if method.teacher == "key" else before if method.teacher == "previous" else 0
    is_all = method.labels == "all-prompts"
    span = tuple(part for part in range(1, round_number + 1) if is_all or part > before)
    reused = _is_reused(method, knobs)
    # Random demonstrations are drawn anew for prompts that come again, fixed ones are the same anyway.
    parts = (Part(1, round_number),) if reused else tuple(Part(part, part) for part in span)
    of_prompts = _is_of_prompts(method)
    is_scored = of_prompts and _reads(knobs) > 0 and len(shape.labels) > 0
    return Labelling(
        source="prompts" if of_prompts else "questions",
        teacher=teacher,
        parts=parts,
        wanted=len(parts) * knobs.prompts_per_round,
        reserves=(round_number,) if reused else span,
        votes=0 if teacher == "key" else _votes(method, knobs) if of_prompts else 1,
        is_scored=is_scored,
        prompt=knobs.teacher_prompt if of_prompts and teacher not in (0, "key") else "few-shot",
        reads=_reads(knobs) if is_scored else 1,
        is_new=before == 0 or (not is_all and not reused),
        ends_by_novelty=method.stop == "novelty",
    )


def _training(arm: Arm, round_number: int, before: int) -> Training:
    knobs = arm.knobs
    return Training(
        start=before if knobs.start == "previous" and before > 0 else None,
        # In all, equally many in every arm that trains, whatever it trains on.
        steps=(round_number - before) * knobs.epochs * math.ceil(knobs.prompts_per_round / knobs.batch_size),
        trains_on=method_of(arm.method).trains_on,
    )


def _asked_again(knobs: Knobs, label: Labelling | None) -> tuple[Evaluating, ...]:
    """What the student was trained on, asked without demonstrations."""
    items = 0 if label is None or label.source != "prompts" else min(knobs.trained_items, label.wanted)
    return () if items == 0 else (Evaluating("prompts", "zero-shot", items, False),)


def _evaluations(arm: Arm, shape: TaskShape) -> tuple[Evaluating, ...]:
    knobs = arm.knobs
    test = min(knobs.test_items, shape.sizes["test"])
    is_choice = shape.kind == "multiple-choice"

    def is_scored(split: SplitName) -> bool:
        return knobs.constrained and (len(shape.labels) > 0 or split in shape.choices)

    # An arm that trains nobody is held against students as the teacher that it could be: asked as teachers are.
    is_teacher = method_of(arm.method).schedule == "none" and len(shape.labels) > 0
    reads = _reads(knobs) if is_teacher else 0
    stop = score_of(knobs.stop_metric)
    by_logprobs = stop is not None and stop.is_of_logprobs
    wanted = (
        Evaluating(
            "validation",
            "zero-shot",
            min(knobs.validation_items, shape.sizes["validation"]),
            is_scored("validation") and by_logprobs,
        ),
        Evaluating("test", "zero-shot", test, is_scored("test")),
        Evaluating(
            "test", "few-shot", min(knobs.few_shot_items, test), is_scored("test") and is_choice, reads
        ),
        Evaluating("probe", "few-shot", min(knobs.probe_items, shape.sizes["probe"]), False, reads),
    )
    return tuple(one for one in wanted if one.items > 0)


def agenda_of(arm: Arm, shape: TaskShape) -> Agenda:
    method, knobs = method_of(arm.method), arm.knobs
    evaluate = _evaluations(arm, shape)
    drawn = knobs.rounds * knobs.prompts_per_round if _is_of_prompts(method) else 0
    is_ranked = knobs.across_rounds != "random" or knobs.balanced
    rounds = [AgendaRound(0, min(drawn, shape.sizes["prompts"]) if is_ranked else 0, None, None, evaluate)]
    before = 0
    for number in _trainings(method, knobs.rounds):
        label = _labelling(arm, shape, number, before)
        asked = (*evaluate, *_asked_again(knobs, label))
        rounds.append(AgendaRound(number, 0, label, _training(arm, number, before), asked))
        before = number
    prompts = knobs.prompts_per_round if drawn > 0 and _is_reused(method, knobs) else drawn
    return Agenda(prompts, drawn, tuple(rounds))


def trained_rounds(agenda: Agenda) -> tuple[int, ...]:
    """Numbers of the rounds that train."""
    return tuple(one.round for one in agenda.rounds if one.train is not None)


def round_in(agenda: Agenda, number: int) -> AgendaRound:
    """The agenda of a round; the base's where there is none of it."""
    return next((one for one in agenda.rounds if one.round == number), agenda.rounds[0])


def answers_each(label: Labelling | None) -> int:
    """Answers of the model for one sample: of a question, the question itself too."""
    return 0 if label is None else label.votes * label.reads + (1 if label.source == "questions" else 0)


# ---------------------------------------------------------------- one thing at a time

PromptKind = Literal["few-shot", "zero-shot", "content-free", "question"]


@dataclass(frozen=True, slots=True)
class AgendaRequest:
    """One thing that is asked of the model."""

    round: int
    phase: Phase
    kind: Literal["generate", "score", "train"]
    #: Whose adapter: of the base (0) or of a round; of a training, what it starts from.
    adapter: int
    #: Answers, prompts whose candidates are scored, or optimizer steps.
    items: int
    #: None: training's examples.
    prompt: PromptKind | None


def _label_requests(number: int, label: Labelling, items: int) -> list[AgendaRequest]:
    teacher = label.teacher
    if teacher == "key":
        return []
    kind: Literal["generate", "score"] = "score" if label.is_scored else "generate"
    answers = [AgendaRequest(number, "label", kind, teacher, items, label.prompt)] * (
        label.votes * label.reads
    )
    question = AgendaRequest(number, "label", "generate", teacher, items, "question")
    return (answers if label.source == "prompts" else [question, *answers]) * len(label.parts)


def _evaluate_requests(number: int, wanted: Evaluating, is_labelled: bool) -> list[AgendaRequest]:
    def ask(kind: Literal["generate", "score"], items: int, prompt: PromptKind) -> AgendaRequest:
        return AgendaRequest(number, "evaluate", kind, number, items, prompt)

    if wanted.reads > 0:
        return [ask("score", wanted.items, wanted.mode)] * wanted.reads
    requests = [ask("generate", wanted.items, wanted.mode)]
    if wanted.is_constrained:
        requests.append(ask("score", wanted.items, wanted.mode))
        if is_labelled and wanted.mode == "zero-shot":
            requests.append(ask("score", 1, "content-free"))
    return requests


def requests_of(arm: Arm, shape: TaskShape) -> list[AgendaRequest]:
    """All requests of a run, in order; refills and further attempts aside."""
    requests: list[AgendaRequest] = []
    for one in agenda_of(arm, shape).rounds:
        if one.train is not None:
            if one.label is not None:
                requests += _label_requests(one.round, one.label, arm.knobs.prompts_per_round)
            start = one.train.start or 0
            requests.append(AgendaRequest(one.round, "train", "train", start, one.train.steps, None))
        for wanted in one.evaluate:
            requests += _evaluate_requests(one.round, wanted, len(shape.labels) > 0)
        if one.ranked > 0:
            requests.append(AgendaRequest(one.round, "rank", "generate", 0, one.ranked, "few-shot"))
    return requests
