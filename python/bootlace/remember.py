"""Nothing is computed twice (src/lab/reuse.ts): the arms of a task and seed ask much alike (the base's scores, its labels, all of
the first round), and get the same bits. Adapters are known by their content. Only whole requests are compared: part of a request,
in another batch, may differ in its last bits."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Sequence
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


def _named(adapter: Adapter | None) -> Hashable:
    """By its content; None: the base."""
    if adapter is None:
        return None
    digest = hashlib.sha256()
    for module, pair in adapter.pairs.items():
        digest.update(f"{module} {pair.a.shape} {pair.b.shape}\n".encode())
        digest.update(pair.a.tobytes())
        digest.update(pair.b.tobytes())
    return adapter.config, digest.hexdigest()


def _adapter_bytes(adapter: Adapter) -> int:
    return sum(pair.a.nbytes + pair.b.nbytes for pair in adapter.pairs.values())


class Remembering:
    """The engine's ports, where what was asked before is answered from memory."""

    def __init__(self, engine: Engine, most: int = MOST_BYTES) -> None:
        self._engine = engine
        self._most = most
        #: In the order in which they were asked for last, with the bytes that each holds.
        self._kept: OrderedDict[Hashable, tuple[object, int]] = OrderedDict()
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
        start = (request.lora, request.init_seed) if request.start is None else _named(request.start)
        key = ("training", start, request.examples, request.config)
        known: tuple[tuple[TrainStep, ...], Adapter] | None = self._find(key)
        if known is not None:
            yield from known[0]
            return known[1]
        steps: list[TrainStep] = []
        training = self._engine.train(request)
        while True:
            try:
                step = next(training)
            except StopIteration as end:
                adapter: Adapter = end.value
                break
            steps.append(step)
            yield step
        numbers = sum(len(one.prompt_ids) + len(one.completion_ids) for one in request.examples)
        self._keep(key, (tuple(steps), adapter), _adapter_bytes(adapter) + _NUMBER_BYTES * numbers)
        return adapter

    def generate(self, request: LabelRequest) -> list[Completion]:
        def numbers(found: Sequence[Completion]) -> int:
            return sum(len(row.ids) for row in request.rows) + 2 * sum(len(one.ids) for one in found)

        key = ("answers", _named(request.adapter), request.config, request.rows)
        return self._once(key, lambda: self._engine.generate(request), numbers)

    def score(self, adapter: Adapter | None, rows: Sequence[ScoreRow]) -> list[Score]:
        def numbers(found: Sequence[Score]) -> int:
            return sum(len(row.prompt_ids) for row in rows) + 3 * sum(len(one.logprobs) for one in found)

        key = ("scores", _named(adapter), tuple(rows))
        return self._once(key, lambda: self._engine.score(adapter, rows), numbers)

    def _once(self, key: Hashable, ask: Callable[[], list[T]], numbers: Callable[[list[T]], int]) -> list[T]:
        known: list[T] | None = self._find(key)
        if known is not None:
            return known
        found = ask()
        self._keep(key, found, _NUMBER_BYTES * numbers(found))
        return found

    def _find(self, key: Hashable) -> Any:
        known = self._kept.get(key)
        if known is None:
            return None
        self._kept.move_to_end(key)
        return known[0]

    def _keep(self, key: Hashable, found: object, size: int) -> None:
        self._kept[key] = (found, size)
        self._bytes += size
        while self._bytes > self._most and self._kept:
            self._bytes -= self._kept.popitem(last=False)[1][1]
