"""What the base model answered, kept (src/lab/remember-base.ts): many arms ask the same of it (the first round's labels, the
base's scores); computing it once saves most of an arm and gives all of them the same bits. Only whole requests are compared: part
of a request, in another batch, may differ in its last bits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Sequence
from typing import TypeVar

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

#: Token ids and numbers kept in all, of requests and answers.
MOST_NUMBERS = 8_000_000


class Remembering:
    """The engine's ports, where requests to the base that were answered before are answered from memory."""

    def __init__(self, engine: Engine, most: int = MOST_NUMBERS) -> None:
        self._engine = engine
        self._most = most
        #: In the order in which they were asked for last, with the numbers that each holds.
        self._kept: OrderedDict[Hashable, tuple[list[object], int]] = OrderedDict()
        self._numbers = 0

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
        return self._engine.train(request)

    def generate(self, request: LabelRequest) -> list[Completion]:
        def size(found: Sequence[Completion]) -> int:
            return sum(len(row.ids) for row in request.rows) + 2 * sum(len(one.ids) for one in found)

        if request.adapter is not None:
            return self._engine.generate(request)
        return self._once((request.config, request.rows), lambda: self._engine.generate(request), size)

    def score(self, adapter: Adapter | None, rows: Sequence[ScoreRow]) -> list[Score]:
        def size(found: Sequence[Score]) -> int:
            return sum(len(row.prompt_ids) for row in rows) + 3 * sum(len(one.logprobs) for one in found)

        if adapter is not None:
            return self._engine.score(adapter, rows)
        return self._once(tuple(rows), lambda: self._engine.score(None, rows), size)

    def _once(self, key: Hashable, ask: Callable[[], list[T]], size: Callable[[list[T]], int]) -> list[T]:
        known = self._kept.get(key)
        if known is not None:
            self._kept.move_to_end(key)
            return known[0]  # type: ignore[return-value]
        found = ask()
        numbers = size(found)
        self._kept[key] = (found, numbers)  # type: ignore[assignment]
        self._numbers += numbers
        while self._numbers > self._most and self._kept:
            self._numbers -= self._kept.popitem(last=False)[1][1]
        return found
