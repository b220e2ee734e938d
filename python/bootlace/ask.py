"""What every phase that asks the model shares (src/method/ask.ts): decoding, summed log-probabilities, cost."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .draws import RunContext
from .errors import LabError
from .js import total
from .prompts import Prompt
from .types import Adapter, Completion, Cost, GenerationConfig, LabelRequest, Ports, PromptRow, Score


def generation(run: RunContext, seed: int) -> GenerationConfig:
    """How labels are decoded."""
    knobs = run.plan.arm.knobs
    config = replace(run.answering, seed=seed)
    if knobs.decoding != "sampled":
        return config
    return replace(config, do_sample=True, temperature=knobs.temperature, top_p=knobs.top_p)


def generated(
    ports: Ports,
    adapter: Adapter | None,
    prompts: Sequence[Prompt],
    keys: Sequence[str],
    config: GenerationConfig,
) -> list[Completion]:
    """In the order of the prompts."""
    rows = tuple(PromptRow(key, tuple(prompt.ids)) for key, prompt in zip(keys, prompts, strict=True))
    if not rows:
        return []
    found = {completion.key: completion for completion in ports.generate(LabelRequest(adapter, rows, config))}
    missing = next((key for key in keys if key not in found), None)
    if missing is not None:
        raise LabError("internal", f'The engine gave no answer to "{missing}".')
    return [found[key] for key in keys]


def summed_logprob(score: Score) -> float:
    """Of a whole completion, nats."""
    return total(score.logprobs)


@dataclass(slots=True)
class Clock:
    """What a phase costs, from when it is made."""

    began: float = field(default_factory=time.perf_counter)

    def cost(self, tokens: int) -> Cost:
        return Cost(tokens, (time.perf_counter() - self.began) * 1000)
