"""From one step's logits to the next tokens, as the lab chooses them (src/runtimes/ort/sampling.ts): the likeliest, or a
draw that depends on nothing but seed, prompt key and token index. Plugged into transformers' generate() as the one logits
processor; it leaves nothing but the chosen token to choose from."""

from __future__ import annotations

import torch
from torch import Tensor
from transformers import LogitsProcessor

from .random import derive_key, uniform_at
from .types import GenerationConfig


def kept_weights(scores: Tensor, top_p: float) -> Tensor:
    """exp(score - max) of the smallest set of likeliest tokens whose share reaches `top_p`, 0 elsewhere.

    scores: (B, V) float32, divided by the temperature. Returns (B, V) float64.
    """
    weights = (scores - scores.max(dim=-1, keepdim=True).values).double().exp()
    if top_p >= 1:
        return weights
    # By falling weight; equals by rising id.
    order = torch.argsort(weights, dim=-1, descending=True, stable=True)
    heaviest = weights.gather(-1, order)
    reached = heaviest.cumsum(-1)
    # A token is kept where those before it do not reach the share by themselves.
    kept = (reached - heaviest) < top_p * weights.sum(-1, keepdim=True)
    return weights * torch.zeros_like(weights).scatter(-1, order, kept.double())


def draw(weights: Tensor, uniforms: Tensor) -> Tensor:
    """(B) ids: the first token, by rising id, at which the summed weights (B, V) exceed uniform (B) of the whole."""
    reached = weights.cumsum(-1)
    target = uniforms.unsqueeze(-1) * reached[:, -1:]
    chosen = (reached <= target).sum(-1)
    last = (weights > 0).long().cumsum(-1).argmax(-1)
    return torch.minimum(chosen, last)


class KeyedChoice(LogitsProcessor):
    """Chooses each row's next token, and keeps its log-probability (nats) under the model's unprocessed distribution."""

    def __init__(self, keys: list[str], config: GenerationConfig) -> None:
        self._seeds = [derive_key(config.seed, key) for key in keys] if config.do_sample else []
        self._config = config
        #: Per step: ids (B) and log-probabilities (B).
        self.ids: list[Tensor] = []
        self.logprobs: list[Tensor] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        if self._config.do_sample:
            step = len(self.ids)
            uniforms = [uniform_at(seed, step) for seed in self._seeds]
            scaled = scores if self._config.temperature == 1 else scores / self._config.temperature
            weights = kept_weights(scaled, self._config.top_p)
            ids = draw(weights, torch.tensor(uniforms, dtype=torch.float64, device=scores.device))
        else:
            ids = scores.argmax(-1)
        picked = ids.unsqueeze(-1)
        self.ids.append(ids)
        self.logprobs.append((scores.gather(-1, picked) - scores.logsumexp(-1, keepdim=True)).squeeze(-1))
        return torch.full_like(scores, -torch.inf).scatter(-1, picked, 0.0)
