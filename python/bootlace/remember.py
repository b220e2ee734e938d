"""Nothing is computed twice (src/lab/reuse.ts): the arms of a task and seed ask much alike (the base's scores, its labels, all of
the first round), and get the same bits. Adapters are known by their content. Only whole requests are compared: part of a request,
in another batch, may differ in its last bits."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any, TypeVar

from .engine import Engine
from .types import (
    Adapter,
    AnswerFrame,
    ChatMessage,
    Completion,
    LabelRequest,
    ModelFacts,
    Score,
    ScoreRow,
    TrainingRequest,
    TrainStep,
    WrittenChat,
)

T = TypeVar("T")

MOST_BYTES = 512 * 1024**2
#: Of a Python number in a tuple, its place and itself.
_NUMBER_BYTES = 40


def _named(adapter: Adapter | None) -> object:
    """By its content, in whatever order its modules stand; None: the base."""
    if adapter is None:
        return None
    digest = hashlib.sha256()
    for module, pair in sorted(adapter.pairs.items()):
        digest.update(f"{module} {pair.a.shape} {pair.b.shape}\n".encode())
        digest.update(pair.a.tobytes())
        digest.update(pair.b.tobytes())
    return adapter.config, digest.hexdigest()


def _key(*parts: object) -> str:
    """Of what was asked; the prompts themselves are not held."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _adapter_bytes(adapter: Adapter) -> int:
    return sum(pair.a.nbytes + pair.b.nbytes for pair in adapter.pairs.values())


def _noting(
    training: Generator[TrainStep, None, Adapter], steps: list[TrainStep]
) -> Generator[TrainStep, None, Adapter]:
    """The same training; its steps stand in `steps` too."""
    with closing(training):
        while True:
            try:
                step = next(training)
            except StopIteration as end:
                adapter: Adapter = end.value
                return adapter
            steps.append(step)
            yield step


class Remembering:
    """The engine's ports, where what was asked before is answered from memory."""

    def __init__(self, engine: Engine, most: int = MOST_BYTES) -> None:
        self._engine = engine
        self._most = most
        #: In the order in which they were asked for last, with the bytes that each holds.
        self._kept: OrderedDict[str, tuple[object, int]] = OrderedDict()
        self._bytes = 0

    @property
    def model(self) -> ModelFacts:
        return self._engine.model

    def encode(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        return self._engine.encode(texts)

    def prefix_ids(self) -> tuple[int, ...]:
        return self._engine.prefix_ids()

    def write_chats(
        self, conversations: Sequence[Sequence[ChatMessage]], is_open: bool = False
    ) -> list[WrittenChat]:
        return self._engine.write_chats(conversations, is_open)

    def answer_frame(self) -> AnswerFrame:
        return self._engine.answer_frame()

    def decode(self, ids: Sequence[int]) -> str:
        return self._engine.decode(ids)

    def train(self, request: TrainingRequest) -> Generator[TrainStep, None, Adapter]:
        start = request.init_seed if request.start is None else _named(request.start)
        key = _key("training", start, request.lora, request.examples, request.config)
        known: tuple[tuple[TrainStep, ...], Adapter] | None = self._find(key)
        if known is not None:
            yield from known[0]
            return known[1]
        steps: list[TrainStep] = []
        adapter = yield from _noting(self._engine.train(request), steps)
        self._keep(key, (tuple(steps), adapter), _adapter_bytes(adapter))
        return adapter

    def generate(self, request: LabelRequest) -> list[Completion]:
        key = _key("answers", _named(request.adapter), request.config, request.rows)
        return self._once(key, lambda: self._engine.generate(request), lambda one: 2 * len(one.ids))

    def score(self, adapter: Adapter | None, rows: Sequence[ScoreRow]) -> list[Score]:
        key = _key("scores", _named(adapter), tuple(rows))
        return self._once(key, lambda: self._engine.score(adapter, rows), lambda one: 2 * len(one.logprobs))

    def _once(self, key: str, ask: Callable[[], list[T]], numbers: Callable[[T], int]) -> list[T]:
        known: list[T] | None = self._find(key)
        if known is not None:
            return known
        found = ask()
        self._keep(key, found, _NUMBER_BYTES * sum(map(numbers, found)))
        return found

    def _find(self, key: str) -> Any:
        """What the main process has, for all: where one went on and another computed, they would wait for each other."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._engine.team.tell(self._kept.get(key, (None, 0))[0])

    def _keep(self, key: str, found: object, size: int) -> None:
        """The newest stays, however large it is."""
        self._kept[key] = (found, size)
        self._bytes += size
        while self._bytes > self._most and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[1][1]
