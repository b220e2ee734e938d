"""A model that is a script (tools/twin/scripted.ts): what it says, scores and learns are pure functions of what it was asked.
Text is its UTF-16 units."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from bootlace.random import derive_key, integer_at, uniform_at
from bootlace.types import (
    Adapter,
    AnswerFrame,
    ChatMessage,
    Completion,
    LabelRequest,
    LoraPair,
    ModelFacts,
    PromptRow,
    Score,
    ScoreRow,
    TrainingRequest,
    TrainStep,
    WrittenChat,
)

ODD = ["", "maybe so", "go go go go go go go go go go"]
QUESTION_WORDS = ["warm", "rain", "old", "song", "bread", "river", "lamp"]
UNFINISHED = 0.1


def units_of(text: str) -> tuple[int, ...]:
    units = text.encode("utf-16-le", "surrogatepass")
    return tuple(units[at] + (units[at + 1] << 8) for at in range(0, len(units), 2))


def tag_of(adapter: Adapter | None) -> int:
    """The base is 0."""
    if adapter is None:
        return 0
    high, low = (int(value) for value in adapter.pairs["script"].a.ravel())
    return high * 0x10000 + low


@dataclass
class ScriptedPorts:
    max_positions: int
    #: What it can say that is right.
    answers: Sequence[str]

    @property
    def model(self) -> ModelFacts:
        return ModelFacts("script", "", self.max_positions, (0,), 4e-3)

    def encode(self, texts: Sequence[str]) -> list[tuple[int, ...]]:
        return [units_of(text) for text in texts]

    def prefix_ids(self) -> tuple[int, ...]:
        return (1,)

    def write_chats(
        self, conversations: Sequence[Sequence[ChatMessage]], is_open: bool = False
    ) -> list[WrittenChat]:
        texts = []
        for messages in conversations:
            turns = "\n".join(f"[{one.role}]\n{one.content}" for one in messages)
            texts.append(turns if is_open else f"{turns}\n[assistant]\n")
        return [WrittenChat(text, units_of(text)) for text in texts]

    def answer_frame(self) -> AnswerFrame:
        return AnswerFrame("", "\n[end]", (2,))

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(unit) for unit in ids)

    def generate(self, request: LabelRequest) -> Iterator[Completion]:
        for row in request.rows:
            yield self._answer(row, request)

    def _answer(self, row: PromptRow, request: LabelRequest) -> Completion:
        config = request.config
        drawn = derive_key(tag_of(request.adapter), *row.ids, *config.stop_strings)
        if config.do_sample:
            drawn = derive_key(drawn, config.seed, row.key)
        said = [*self.answers, *ODD]
        if row.key.startswith("question/"):
            places = (integer_at(drawn, at, len(QUESTION_WORDS)) for at in (4, 5, 6))
            text = " ".join(QUESTION_WORDS[place] for place in places)
        else:
            text = said[integer_at(drawn, 0, len(said))]
        is_unfinished = uniform_at(drawn, 1) < UNFINISHED
        ids = units_of(f" {text}{'' if is_unfinished else config.stop_strings[0]}")
        logprobs = tuple(-2 * uniform_at(drawn, 8 + i) for i in range(len(ids)))
        return Completion(row.key, ids, logprobs, f" {text}", "length" if is_unfinished else "stop-string")

    def score(self, adapter: Adapter | None, rows: Sequence[ScoreRow]) -> list[Score]:
        scores = []
        for row in rows:
            key = derive_key(tag_of(adapter), *row.prompt_ids, "score", *row.completion_ids)
            places = range(len(row.completion_ids))
            scores.append(
                Score(
                    tuple(-3 * uniform_at(key, 2 * i) for i in places),
                    tuple(uniform_at(key, 2 * i + 1) for i in places),
                )
            )
        return scores

    def train(self, request: TrainingRequest) -> Generator[TrainStep, None, Adapter]:
        config = request.config
        shuffle = "true" if config.shuffle else "false"
        key = derive_key(
            "trained", tag_of(request.start), request.init_seed, config.seed, config.max_steps, shuffle
        )
        tokens = 0
        for one in request.examples:
            key = derive_key(key, *one.prompt_ids, "then", *one.completion_ids)
            tokens += len(one.prompt_ids) + len(one.completion_ids)
        for step in range(1, config.max_steps + 1):
            yield TrainStep(step, config.max_steps, uniform_at(key, step), 1, config.learning_rate, tokens)
        pair = LoraPair(
            np.array([[key >> 16, key & 0xFFFF]], dtype=np.float32), np.zeros((1, 1), dtype=np.float32)
        )
        return Adapter(request.lora, {"script": pair})
