"""Blocks of 32 as PyPI's gguf makes them (Q8_0, Q4_0), as a reference for src/formats/blocks.ts.

    pip install gguf==0.19.0
    python python/quants.py > test/fixtures/quants/gguf.json

Values that rounding is decided by: ties, blocks of zeros, one large value, the least scales, both signs of the largest.
"""

import json

import numpy as np
from gguf import GGMLQuantizationType as Type
from gguf import quants

random = np.random.default_rng(0)
BLOCKS = np.stack(
    [
        np.zeros(32),
        random.standard_normal(32),
        random.standard_normal(32) * 1e-3,
        random.standard_normal(32) * 1e4,
        np.linspace(-127, 127, 32),
        np.r_[np.zeros(31), -5.0],
        np.r_[3.5, -3.5, np.full(30, 0.25)],
        np.r_[-8.0, np.arange(31) / 2 - 7.5],
        np.r_[127.0, np.arange(31) + 0.5],
        random.standard_normal(32) * 1e-7,
        np.full(32, 6e-8),
        random.uniform(-1, 1, 32),
    ]
).astype(np.float32)


def main() -> None:
    out = {"values": BLOCKS.ravel().tolist()}
    for name, kind in (("q8", Type.Q8_0), ("q4", Type.Q4_0)):
        packed = quants.quantize(BLOCKS, kind)
        out[name] = {
            "bytes": packed.tobytes().hex(),
            "values": quants.dequantize(packed, kind).ravel().tolist(),
        }
    print(json.dumps(out))


if __name__ == "__main__":
    main()
