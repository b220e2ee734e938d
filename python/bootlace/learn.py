"""The training phase (src/method/learn.ts): examples from the kept samples (and, where the method says so, from earlier rounds
and from the pool), then LoRA on (prompt, self-label) with the loss on the self-label's tokens only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from .agenda import round_in
from .ask import Clock
from .draws import RunContext
from .js import round_half_up
from .lora_init import lora_config
from .order import ordered_within
from .ports import LoopEvent, Notice, Phase, TrainingPorts
from .prompts import Piece, Prompt, whole_text
from .random import shuffled
from .room import shots_of, shots_sentence
from .state import adapter_of, is_kept, round_of
from .types import (
    ChatMessage,
    RunState,
    Sample,
    Shots,
    TaskRow,
    TextPorts,
    TrainConfig,
    TrainedEvent,
    TrainExample,
    TrainingRequest,
    TrainStep,
)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A prompt and the answer it is to be taught."""

    id: str
    input: str
    answer: str
    #: Ids of those that it was labelled with, in order; () where nobody was shown any.
    demonstrations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taught:
    prompt: Prompt
    completion: Piece

    @property
    def example(self) -> TrainExample:
        return TrainExample(tuple(self.prompt.ids), tuple(self.completion.ids))


def learn(run: RunContext, ports: TrainingPorts, state: RunState, number: int) -> Iterator[LoopEvent]:
    """Trains the round's adapter, unless it stands or there is nothing to train on."""
    training = round_in(run.agenda, number).train
    if training is None or round_of(state, number).adapter is not None:
        return
    lessons = lessons_of(run, state, number)
    if not lessons:
        return
    clock = Clock()
    config = train_config(run, number, training.steps)
    yield Phase(number, "train", config.max_steps, f"{len(lessons)} examples")
    taught = taught_of(run, lessons, number)
    shots = shown_of(taught)
    if shots is not None:
        yield Notice(number, shots_sentence(f"Training, round {number}", shots))
    request = TrainingRequest(
        start=adapter_of(state, training.start),
        lora=lora_config(run.plan.arm.knobs),
        init_seed=run.key("lora", number),
        examples=tuple(one.example for one in taught),
        config=config,
    )
    curve: list[TrainStep] = []
    steps = ports.train(request)
    while True:
        try:
            step = next(steps)
        except StopIteration as stop:
            adapter = stop.value
            break
        curve.append(step)
        yield step
    if all(step.learning_rate == 0 for step in curve):
        yield Notice(number, _all_warm_up(number, len(curve)))
    cost = clock.cost(sum(step.tokens for step in curve))
    yield TrainedEvent(number, adapter, tuple(curve), len(lessons), cost, shots)


def train_config(run: RunContext, number: int, max_steps: int) -> TrainConfig:
    knobs = run.plan.arm.knobs
    return TrainConfig(
        learning_rate=run.model.learning_rate if knobs.learning_rate == "auto" else knobs.learning_rate,
        lr_scheduler_type=knobs.lr_scheduler_type,
        warmup_ratio=knobs.warmup_ratio,
        weight_decay=knobs.weight_decay,
        max_grad_norm=knobs.max_grad_norm,
        batch_size=knobs.batch_size,
        max_steps=max_steps,
        shuffle=knobs.within_round == "random",
        seed=run.key("train", number),
    )


def own_samples(run: RunContext, state: RunState, number: int) -> list[Sample]:
    """The round's own labels that it trains on, in the order they were labelled."""
    one = round_in(run.agenda, number)
    takes = () if one.train is None else one.train.trains_on
    wanted = one.label.wanted if one.label is not None and "labels" in takes else 0
    return [sample for sample in round_of(state, number).samples if is_kept(sample)][:wanted]


def lessons_of(run: RunContext, state: RunState, number: int) -> list[Lesson]:
    """What a round trains on, in order."""
    knobs = run.plan.arm.knobs
    one = round_in(run.agenda, number)
    takes = () if one.train is None else one.train.trains_on
    earlier = [
        sample
        for before in state.rounds
        if before.round < number
        for sample in before.samples
        if is_kept(sample)
    ]
    share = 1.0 if "earlier" in takes else knobs.replay
    replayed = shuffled(earlier, run.key("replay", number))[: round_half_up(share * len(earlier))]
    pool = [Lesson(row.id, row.input, row.output, ()) for row in (item.row for item in run.pool)]
    return [
        *map(_lesson_of, ordered_within(own_samples(run, state, number), knobs)),
        *map(_lesson_of, replayed),
        *(pool if "pool" in takes else ()),
    ]


def taught_of(run: RunContext, lessons: Sequence[Lesson], number: int) -> list[Taught]:
    """The lessons in tokens; with token dropout once per epoch, each time with other tokens hidden."""
    knobs = run.plan.arm.knobs
    items = run.items_of([TaskRow(one.id, one.input, one.answer) for one in lessons])
    out = []
    for epoch in range(knobs.epochs if knobs.token_dropout > 0 else 1):
        for item, lesson in zip(items, lessons, strict=True):
            key = run.key("token dropout", number, item.row.id, epoch)
            shown = run.hiding(item, knobs.token_dropout, key) if knobs.token_dropout > 0 else item
            out.append(Taught(run.taught(shown, lesson.demonstrations, number), item.completion))
    return out


def shown_of(taught: Sequence[Taught]) -> Shots | None:
    """The account of the demonstrations, where the template shows some."""
    prompts = [one.prompt for one in taught]
    return shots_of(one for one in prompts if len(one.demonstrations) + one.left_out > 0)


@dataclass(frozen=True, slots=True)
class TrainedText:
    """What a round was trained on, in the words of TRL's datasets; joined they are the trained text."""

    #: A text; or, in a chat, the turns before the answer.
    prompt: str | tuple[ChatMessage, ...]
    #: Leading space, answer, stop; or the assistant's turn.
    completion: str | tuple[ChatMessage, ...]


class Decoder(TextPorts, Protocol):
    def decode(self, ids: Sequence[int]) -> str: ...


def trained_texts(run: RunContext, ports: Decoder, state: RunState, number: int) -> list[TrainedText]:
    """In the order of the examples; what the tokenizer itself puts before a text is left out, since every trainer's tokenizer
    does so again. With token dropout the texts are those of every epoch, without the hidden tokens."""
    lessons = lessons_of(run, state, number)
    taught = taught_of(run, lessons, number)
    prefix = len(ports.prefix_ids())
    # Words of hidden tokens are known of the tokens alone.
    is_hidden = run.plan.arm.knobs.token_dropout > 0
    texts = []
    for i, one in enumerate(taught):
        if one.prompt.messages is None:
            asked = ports.decode(one.prompt.ids[prefix:]) if is_hidden else whole_text(one.prompt)
            texts.append(TrainedText(asked, one.completion.text))
        else:
            # A chat has one text for each lesson, since it has no token dropout.
            answer = ChatMessage("assistant", lessons[i].answer)
            texts.append(TrainedText(one.prompt.messages, (answer,)))
    return texts


def _lesson_of(sample: Sample) -> Lesson:
    return Lesson(sample.id, sample.input, sample.answer, sample.demonstrations)


def _all_warm_up(number: int, steps: int) -> str:
    """With as few steps as that, warm-up is the whole training."""
    which = "its only step" if steps == 1 else f"all {steps} steps"
    return (
        f"Training, round {number}: the learning rate was 0 in {which} (warm-up), so nothing was learnt. "
        "More epochs or prompts, a smaller batch, or warm-up 0 give steps that learn."
    )
