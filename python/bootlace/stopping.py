"""When an answer ends, as the lab ends it (src/runtimes/ort/text-stream.ts): at an end-of-sequence token, where its text
contains a stop string, or at its longest. Plugged into transformers' generate() as a stopping criterion."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from transformers import StoppingCriteria

from .types import FinishReason, GenerationConfig

#: Tokens of the prompt that are decoded with the completion: a tokenizer of the sentencepiece kind drops the leading
#: space of the very first token it decodes, and a space after the prompt is the completion's own.
CONTEXT_TOKENS = 8
REPLACEMENT = "\ufffd"

Decode = Callable[[Sequence[int]], str]


class Answer:
    """One completion while its tokens arrive."""

    def __init__(self, prompt: Sequence[int], config: GenerationConfig, decode: Decode) -> None:
        self.ids: list[int] = []
        #: Cut before the stop string.
        self.text = ""
        self.finish_reason: FinishReason | None = None
        self._config = config
        self._decode = decode
        self._context = list(prompt[-CONTEXT_TOKENS:])
        self._before = len(decode(self._context))

    def push(self, token: int) -> None:
        self.ids.append(token)
        if token in self._config.eos_token_ids:
            self._finish("eos", self.ids[:-1])
            return
        text = self._text_of(self.ids)
        # An unfinished character, or bytes that never make one: the next tokens tell.
        cut = None if text.endswith(REPLACEMENT) else self._stop_in(text)
        if cut is not None:
            self.text, self.finish_reason = text[:cut], "stop-string"
        elif len(self.ids) >= self._config.max_new_tokens:
            self._finish("length", self.ids)

    def _finish(self, reason: FinishReason, ids: Sequence[int]) -> None:
        text = self._text_of(ids)
        cut = self._stop_in(text)
        self.text, self.finish_reason = text if cut is None else text[:cut], reason

    def _text_of(self, ids: Sequence[int]) -> str:
        return self._decode([*self._context, *ids])[self._before :]

    def _stop_in(self, text: str) -> int | None:
        found = [at for stop in self._config.stop_strings if (at := text.find(stop)) >= 0]
        return min(found, default=None)


class AnswersEnd(StoppingCriteria):
    """Tells generate() which rows are done; what they said stands in the answers."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = answers

    def __call__(self, input_ids: Tensor, scores: object, **_: object) -> Tensor:
        for answer, token in zip(self._answers, input_ids[:, -1].tolist(), strict=True):
            if answer.finish_reason is None:
                answer.push(token)
        done = [answer.finish_reason is not None for answer in self._answers]
        return torch.tensor(done, device=input_ids.device)
