"""What JavaScript's numbers and texts do where Python's differ, so that both sides write and order the same: the shortest
text of a number, JSON.stringify, white space, UTF-16 order, rounding."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

# ECMAScript's WhiteSpace and LineTerminator: what trim() takes and \s means.
WHITE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006"
    "\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
)
WHITE_CLASS = "[" + "".join(f"\\u{ord(char):04x}" for char in WHITE) + "]"


def trim(text: str) -> str:
    return text.strip(WHITE)


def trim_end(text: str) -> str:
    return text.rstrip(WHITE)


def utf16(text: str) -> bytes:
    """Sorts as JavaScript's `<` does: by UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


def utf16_length(text: str) -> int:
    return len(utf16(text)) // 2


def number_text(value: float) -> str:
    """As String(value)."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**21 else number_text(float(value))
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == 0:
        return "0"
    sign, value = ("-", -value) if value < 0 else ("", value)
    mantissa, _, exponent = f"{value!r}e".partition("e")
    exponent = exponent.rstrip("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    # The value is 0.DIGITS times ten to the `point`.
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        text = digits + "0" * (point - count)
    elif 0 < point <= 21:
        text = f"{digits[:point]}.{digits[point:]}"
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        rest = f".{digits[1:]}" if count > 1 else ""
        text = f"{digits[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + text


def _string(text: str) -> str:
    escaped = json.dumps(text, ensure_ascii=False)
    if not any(0xD800 <= ord(char) <= 0xDFFF for char in escaped):
        return escaped
    return "".join(f"\\u{ord(char):04x}" if 0xD800 <= ord(char) <= 0xDFFF else char for char in escaped)


def stringify(value: Any, indent: int = 0, *, _level: int = 0) -> str:
    """As JSON.stringify: numbers as JavaScript writes them, what is not finite as null."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, int | float):
        is_number = isinstance(value, bool | int) or math.isfinite(value)
        return number_text(value) if is_number else "null"
    if isinstance(value, Mapping):
        colon = ": " if indent else ":"
        parts = [
            f"{_string(str(key))}{colon}{stringify(item, indent, _level=_level + 1)}"
            for key, item in value.items()
        ]
        return _joined("{", parts, "}", indent, _level)
    parts = [stringify(item, indent, _level=_level + 1) for item in value]
    return _joined("[", parts, "]", indent, _level)


def _joined(opening: str, parts: list[str], closing: str, indent: int, level: int) -> str:
    if not parts:
        return opening + closing
    if indent == 0:
        return opening + ",".join(parts) + closing
    line = "\n" + " " * (indent * (level + 1))
    return f"{opening}{line}{(',' + line).join(parts)}\n{' ' * (indent * level)}{closing}"


def round_half_up(value: float) -> int:
    """As Math.round."""
    whole = math.floor(value)
    return whole + (1 if value - whole >= 0.5 else 0)


def total(values: Iterable[float]) -> float:
    """Added from left to right. (Python's own sum() compensates for rounding since 3.12.)"""
    result = 0.0
    for value in values:
        result += value
    return result


def mean(values: Sequence[float]) -> float:
    return total(values) / len(values)


def to_fixed(value: float, digits: int) -> str:
    """As value.toFixed(digits): of the double's exact value, halves up."""
    quantum = Decimal(1).scaleb(-digits)
    return str(Decimal(value).quantize(quantum, rounding=ROUND_HALF_UP))
