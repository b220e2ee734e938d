"""Counter-based random numbers (src/core/random.ts), bit for bit: a draw is a pure function of a key and a counter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

T = TypeVar("T")
_MASK = 0xFFFFFFFF
Words = npt.NDArray[np.uint32]


def mix32(value: int) -> int:
    """One round of avalanche over 32 bits (lowbias32)."""
    x = value & _MASK
    x = ((x ^ (x >> 16)) * 0x7FEB352D) & _MASK
    x = ((x ^ (x >> 15)) * 0x846CA68B) & _MASK
    return x ^ (x >> 16)


def derive_key(*parts: int | str) -> int:
    """A 32-bit key from any parts, order-sensitive: numbers by value, strings by their UTF-16 units."""
    key = 0x9E3779B9
    for part in parts:
        if isinstance(part, str):
            units = part.encode("utf-16-le", "surrogatepass")
            for at in range(0, len(units), 2):
                key = mix32(key + units[at] + (units[at + 1] << 8))
            key = mix32(key ^ (len(units) // 2) ^ 0x5BD1E995)
        else:
            key = mix32(key ^ (part & _MASK))
            key = mix32(key + (part >> 32))
    return key


def bits_at(key: int, counter: int) -> int:
    """32 random bits."""
    return mix32(mix32(counter) ^ key)


def uniform_at(key: int, counter: int) -> float:
    """Uniform in [0, 1) with 24 random bits, exact in float32."""
    return (bits_at(key, counter) >> 8) / 0x1000000


def normal_at(key: int, counter: int) -> float:
    """Standard normal by Box-Muller; uses counters 2c and 2c + 1. Equal to the lab's but for the last bit of log and cos."""
    u = 1 - uniform_at(key, 2 * counter)
    return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * uniform_at(key, 2 * counter + 1))


def integer_at(key: int, counter: int, n: int) -> int:
    """Integer in [0, n), n <= 2**24."""
    return math.floor(uniform_at(key, counter) * n)


def shuffled(items: Sequence[T], key: int) -> list[T]:
    """The items in a new list, in the order that `key` decides (Fisher-Yates)."""
    out = list(items)
    for i in range(len(out) - 1, 0, -1):
        j = integer_at(key, i, i + 1)
        out[i], out[j] = out[j], out[i]
    return out


def _mix32_all(values: Words) -> Words:
    x: Words = (values ^ (values >> np.uint32(16))) * np.uint32(0x7FEB352D)
    x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
    mixed: Words = x ^ (x >> np.uint32(16))
    return mixed


def bits_of(key: int, size: int, start: int = 0) -> Words:
    """bits_at(key, c) for the `size` counters from `start` on."""
    counters = np.arange(start, start + size, dtype=np.uint64).astype(np.uint32)
    bits: Words = _mix32_all(_mix32_all(counters) ^ np.uint32(key))
    return bits


def uniforms_of(key: int, size: int, start: int = 0) -> npt.NDArray[np.float64]:
    """uniform_at(key, c) for the `size` counters from `start` on."""
    words = (bits_of(key, size, start) >> np.uint32(8)).astype(np.float64)
    uniforms: npt.NDArray[np.float64] = words / 0x1000000
    return uniforms
