"""A fresh adapter as the lab (and PEFT) initialises it (src/lora/config.ts): A Kaiming-uniform with a = sqrt(5), that is
U(-1/sqrt(in), 1/sqrt(in)), keyed by seed and module; B zero, so that the adapted model equals the base."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from .errors import LabError
from .random import derive_key, uniforms_of
from .types import Adapter, Knobs, LinearShape, LoraConfig, LoraPair


def lora_config(knobs: Knobs) -> LoraConfig:
    """LoRA's configuration, as an arm's knobs say it (src/method/lora-config.ts)."""
    names = tuple(name.strip() for name in knobs.target_modules.split(","))
    return LoraConfig(
        r=knobs.r,
        lora_alpha=knobs.lora_alpha,
        use_rslora=knobs.use_rslora,
        lora_dropout=knobs.lora_dropout,
        target_modules="all-linear" if knobs.target_modules == "all-linear" else names,
    )


def lora_scaling(config: LoraConfig) -> float:
    """The factor that multiplies B A."""
    return config.lora_alpha / (math.sqrt(config.r) if config.use_rslora else config.r)


def resolve_targets(linears: Sequence[LinearShape], config: LoraConfig) -> list[LinearShape]:
    """The linear layers that `target_modules` names, in the model's order."""
    targets = config.target_modules
    if isinstance(targets, str):
        return [linear for linear in linears if not linear.is_head]

    def matches(module: str, target: str) -> bool:
        return module == target or module.endswith(f".{target}")

    for target in targets:
        if not any(matches(linear.module, target) for linear in linears):
            known = ", ".join(dict.fromkeys(linear.module.rsplit(".", 1)[-1] for linear in linears))
            raise LabError(
                "adapter-mismatch",
                f'target_modules names "{target}", which is no linear layer here.',
                remedy=f'Choose from {known}, or "all-linear".',
            )
    return [linear for linear in linears if any(matches(linear.module, target) for target in targets)]


def init_adapter(linears: Sequence[LinearShape], config: LoraConfig, seed: int) -> Adapter:
    if config.r < 1:
        raise LabError("invalid-request", f"LoRA rank r must be a whole number >= 1, got {config.r}.")
    pairs: dict[str, LoraPair] = {}
    for linear in resolve_targets(linears, config):
        key = derive_key(seed, "lora_A", linear.module)
        bound = 1 / math.sqrt(linear.in_features)
        # In double precision, rounded once to float32, as a Float32Array does.
        values = (2 * uniforms_of(key, config.r * linear.in_features) - 1) * bound
        a = values.astype(np.float32).reshape(config.r, linear.in_features)
        pairs[linear.module] = LoraPair(a, np.zeros((linear.out_features, config.r), dtype=np.float32))
    return Adapter(config, pairs)
