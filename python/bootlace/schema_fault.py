"""What departs from a JSON Schema that the lab has written of its own shapes (experiments/*.schema.json), in the words of the
lab's own readers (src/core/shape.ts). Of JSON Schema no more than stands in those files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import regex

from .js import number_text, trim, utf16_length
from .wire import WrongError, joined, shown

Schema = Mapping[str, Any]

_SAFE = 2**53 - 1
_NOT_BLANK = r"\S"
#: What a pattern asks for; the schema has no words for it.
_NAMES = "letters, digits, spaces and _+.,=()- (at most {})"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(schema: Schema) -> str:
    is_whole = schema["type"] == "integer"
    low, high = schema["minimum"], schema.get("maximum", _SAFE)
    bounds = f">= {low}" if high == _SAFE else f"from {number_text(low)} to {number_text(high)}"
    return f"a {'whole ' if is_whole else ''}number {bounds}"


def _is_within(schema: Schema, value: Any) -> bool:
    low, high = schema["minimum"], schema.get("maximum", _SAFE)
    is_whole = schema["type"] == "integer"
    return _is_number(value) and low <= value <= high and not (is_whole and float(value) % 1 != 0)


def _text_fault(schema: Schema, value: Any) -> tuple[str, str] | None:
    pattern, most = schema.get("pattern"), schema.get("maxLength")
    if pattern == _NOT_BLANK:
        is_blank = not isinstance(value, str) or trim(value) == ""
        return ("text that is not blank", shown(value)) if is_blank else None
    name = "text" if pattern is None else _NAMES.format(most)
    if not isinstance(value, str) or (pattern is not None and not regex.fullmatch(pattern, value)):
        return name, shown(value)
    length = utf16_length(value)
    if most is None or length <= most:
        return None
    return f"text of at most {most} characters" if pattern is None else name, str(length)


def leaf_fault(schema: Schema, value: Any) -> tuple[str, str] | None:
    """Of a value that is neither a list nor an object: what is expected, and what was found."""
    if "anyOf" in schema:
        word, number = schema["anyOf"]
        holds = value == word["const"] or _is_within(number, value)
        expected = f'{_number(number)}, or "{word["const"]}"'
    elif "enum" in schema or "oneOf" in schema:
        known = schema["enum"] if "enum" in schema else [one["const"] for one in schema["oneOf"]]
        holds, expected = isinstance(value, str) and value in known, f"one of {', '.join(known)}"
    elif schema["type"] == "boolean":
        holds, expected = isinstance(value, bool), "true or false"
    elif schema["type"] == "string":
        return _text_fault(schema, value)
    else:
        holds, expected = _is_within(schema, value), _number(schema)
    return None if holds else (expected, shown(value))


def _check_list(schema: Schema, value: Any, at: str) -> None:
    if not isinstance(value, list):
        raise WrongError(at, f"expected a list of at least one, found {shown(value)}")
    for i, item in enumerate(value):
        check(schema["items"], item, f"{at}[{i}]")
    if not value:
        raise WrongError(at, "expected a list of at least one, found one of 0")
    seen: set[tuple[bool, Any]] = set()
    for item in value if schema.get("uniqueItems") else []:
        # As JavaScript tells values apart: true is not 1.
        if (isinstance(item, bool), item) in seen:
            raise WrongError(at, f"names {shown(item)} twice")
        seen.add((isinstance(item, bool), item))


def _check_object(schema: Schema, value: Any, at: str) -> None:
    if not isinstance(value, dict):
        raise WrongError(at, f"expected an object, found {shown(value)}")
    known = schema["properties"]
    stranger = next((name for name in value if name not in known), None)
    for name, field in known.items():
        if name in value:
            check(field, value[name], joined(at, name))
        elif name in schema["required"]:
            hint = "" if stranger is None else f"; {shown(stranger)} is no field of it"
            raise WrongError(joined(at, name), f"missing{hint}")
    if stranger is not None:
        raise WrongError(joined(at, stranger), f"no such field; known are {', '.join(known)}")
    if len(value) < schema.get("minProperties", 0):
        raise WrongError(at, "names no knob")


def check(schema: Schema, value: Any, at: str = "") -> None:
    """Raises WrongError for the first fault in the schema's order."""
    kind = schema.get("type")
    if kind == "array":
        _check_list(schema, value, at)
    elif kind == "object":
        _check_object(schema, value, at)
    elif (wrong := leaf_fault(schema, value)) is not None:
        expected, found = wrong
        raise WrongError(at, f"expected {expected}, found {found}")
