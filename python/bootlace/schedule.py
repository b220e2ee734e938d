"""Learning-rate schedules as transformers' get_scheduler computes them (src/runtimes/tfjs/schedule.ts)."""

from __future__ import annotations

import math

from .types import TrainConfig


def learning_rate_at(config: TrainConfig, done: int) -> float:
    """The rate of the update after `done` updates, from 0. With warm-up the first update has rate 0."""
    warmup = math.ceil(config.max_steps * config.warmup_ratio)
    if done < warmup:
        return (config.learning_rate * done) / max(1, warmup)
    progress = (done - warmup) / max(1, config.max_steps - warmup)
    if config.lr_scheduler_type == "linear":
        return config.learning_rate * max(0.0, 1 - progress)
    if config.lr_scheduler_type == "cosine":
        return config.learning_rate * max(0.0, 0.5 * (1 + math.cos(math.pi * progress)))
    return config.learning_rate
