"""The fixtures that the lab's own side writes (npm run twin-fixtures), and values as both sides compare them."""

from __future__ import annotations

import hashlib
import json
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from bootlace.js import number_text, stringify
from bootlace.wire import plain

REPOSITORY = Path(__file__).resolve().parents[2]


def fixture(name: str) -> Any:
    return json.loads((REPOSITORY / "test" / "fixtures" / "twin" / name).read_text(encoding="utf-8"))


def _nine_digits(value: float) -> float:
    """As toPrecision(9): halves away from zero."""
    exact = Decimal(value)
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 8), rounding=ROUND_HALF_UP))


def canonical(value: Any) -> str:
    """Keys sorted, numbers that are not whole to nine digits (tools/twin/runs.ts)."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return stringify(value)
    if isinstance(value, int | float):
        is_whole = float(value).is_integer() and abs(value) < 2**53
        return number_text(value if is_whole else _nine_digits(value))
    if isinstance(value, dict):
        return (
            "{" + ",".join(sorted(f"{stringify(key)}:{canonical(item)}" for key, item in value.items())) + "}"
        )
    return "[" + ",".join(canonical(item) for item in value) + "]"


def digest(value: Any) -> str:
    return hashlib.sha256(canonical(plain(value)).encode()).hexdigest()[:12]
