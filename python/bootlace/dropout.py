"""Which elements of an adapter's input are dropped (src/runtimes/tfjs/dropout.ts): a pure function of key and element
index, so that every backend drops the same and a resumed training drops them again."""

from __future__ import annotations

import math

import numpy as np

from .random import bits_of, derive_key
from .types import Floats


def pass_key(seed: int, pass_number: int) -> int:
    """The key of one forward and backward pass, from 0 over all steps (src/runtimes/tfjs/train.ts)."""
    return derive_key(seed, "dropout", pass_number)


def dropout_key(of_pass: int, module: str) -> int:
    """The key of one module's mask in one pass."""
    return derive_key(of_pass, "lora_dropout", module)


def dropout_mask(key: int, probability: float, size: int) -> Floats:
    """0 for dropped elements and 1 / (1 - p) for kept ones; elements in the order of the tensor (rows, features)."""
    threshold = np.uint32(math.floor(probability * 0x100000000) & 0xFFFFFFFF)
    kept = np.float32(1 / (1 - probability))
    mask: Floats = np.where(bits_of(key, size) < threshold, np.float32(0), kept).astype(np.float32)
    return mask
