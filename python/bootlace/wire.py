"""Dataclasses as the lab's JSON and back (src/core/shape.ts): names in camelCase, exactly the known fields, every fault with
its place, what was expected and found. Numbers that are not finite cross as the lab's {"$number": "NaN"}
(src/store/runs/event-text.ts)."""

from __future__ import annotations

import dataclasses
import math
import re
import types
import typing
from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar

from .errors import ErrorCode, LabError
from .js import stringify, trim, utf16_length

T = TypeVar("T")
NUMBER = "$number"
_SHOWN = 40
_SAFE = 2**53 - 1


class WrongError(Exception):
    """What is wrong in a value: where in it ('' for itself), and what."""

    def __init__(self, at: str, what: str) -> None:
        super().__init__(f"{at}: {what}")
        self.at = at
        self.what = what


def _name_of(one: dataclasses.Field[Any]) -> str:
    """As JSON has it: what the metadata says, or the field's own in camelCase."""
    name: str = one.metadata.get("name") or camel(one.name)
    return name


def camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def text_within(most: int, least: int = 0) -> dict[str, Any]:
    """Field metadata: text of so many UTF-16 units."""
    return {"text": (least, most)}


def text_like(pattern: str, expected: str, most: int) -> dict[str, Any]:
    """Field metadata: text of a pattern, `expected` in words, of so many UTF-16 units at most."""
    return {"like": (pattern, expected, most)}


#: Field metadata: a list in which nothing stands twice.
DISTINCT: dict[str, Any] = {"distinct": True}
NOT_BLANK = r"\S"


def whole_within(low: int, high: int = _SAFE) -> dict[str, Any]:
    """Field metadata: a whole number from `low` to `high`."""
    return {"whole": (low, high)}


# ---------------------------------------------------------------- writing


def plain(value: Any) -> Any:
    """The value in JSON's own terms. Adapters have no place here: each file says where its weights stand."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = dataclasses.fields(value)
        # A tag stands first.
        ordered = sorted(fields, key=lambda one: one.name != "type")
        return {
            _name_of(one): plain(getattr(value, one.name))
            for one in ordered
            if not (one.metadata.get("absent") and getattr(value, one.name) is None)
        }
    if isinstance(value, float) and not math.isfinite(value):
        return {NUMBER: "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"}
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    return value


def to_json(value: Any) -> str:
    return stringify(plain(value))


# ---------------------------------------------------------------- reading


def shown(value: Any) -> str:
    """What was found, in a message."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, bool | int | float):
        return stringify(value)
    return "an array" if isinstance(value, list) else "an object"


def quoted(name: str, most: int = _SHOWN) -> str:
    """A foreign name in a message."""
    return stringify(name if len(name) <= most else f"{name[:most]}…")


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def joined(at: str, step: str) -> str:
    """A place in a value: the way there, one step longer."""
    return step if at == "" else f"{at}{step}" if step.startswith("[") else f"{at}.{step}"


def _object(kind: type, value: Any, at: str) -> Any:
    if not isinstance(value, dict):
        raise WrongError(at, f"expected an object, found {shown(value)}")
    fields = {_name_of(one): one for one in dataclasses.fields(kind)}
    hints = _hints(kind)
    stranger = next((key for key in value if key not in fields), None)
    given: dict[str, Any] = {}
    for name, one in fields.items():
        if name not in value:
            if one.metadata.get("absent"):
                continue
            hint = "" if stranger is None else f"; {shown(stranger)} is no field of it"
            raise WrongError(joined(at, name), f"missing{hint}")
        inner = hints[one.name]
        if one.metadata.get("absent"):
            # Absent, but never null.
            inner = _without_none(inner)
        given[one.name] = _value(inner, value[name], joined(at, name), one.metadata)
    if stranger is not None:
        raise WrongError(joined(at, stranger), f"no such field; known are {', '.join(fields)}")
    return kind(**given)


def _without_none(hint: Any) -> Any:
    members = tuple(one for one in typing.get_args(hint) if one is not type(None))
    return members[0] if len(members) == 1 else typing.Union[members]  # noqa: UP007


def _whole(value: Any, at: str, low: int, high: int) -> int:
    expected = f"a whole number >= {low}" if high == _SAFE else f"a whole number from {low} to {high}"
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
    if not is_whole or not low <= value <= high:
        raise WrongError(at, f"expected {expected}, found {shown(value)}")
    return int(value)


def _number(value: Any, at: str) -> float:
    if (
        isinstance(value, dict)
        and set(value) == {NUMBER}
        and value[NUMBER] in ("NaN", "Infinity", "-Infinity")
    ):
        return float(value[NUMBER].replace("Infinity", "inf"))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WrongError(at, f"expected a number, found {shown(value)}")
    return float(value)


def _text(value: Any, at: str, metadata: Mapping[str, Any]) -> str:
    if "like" in metadata:
        pattern, expected, most = metadata["like"]
        # What is blank is a matter of JavaScript's own spaces.
        is_like = isinstance(value, str) and (
            trim(value) != "" if pattern == NOT_BLANK else re.fullmatch(pattern, value) is not None
        )
        if not is_like:
            raise WrongError(at, f"expected {expected}, found {shown(value)}")
        if utf16_length(value) > most:
            raise WrongError(at, f"expected {expected}, found {utf16_length(value)}")
        return typing.cast(str, value)
    bounds: tuple[int, int] | None = metadata.get("text")
    if not isinstance(value, str):
        raise WrongError(at, f"expected text, found {shown(value)}")
    if bounds is not None:
        least, most = bounds
        length = utf16_length(value)
        if not least <= length <= most:
            expected = f"text of {f'at most {most}' if least == 0 else f'{least} to {most}'} characters"
            raise WrongError(at, f"expected {expected}, found {length}")
    return value


def _refuse_twice(items: tuple[Any, ...], at: str) -> None:
    for i, item in enumerate(items):
        if item in items[:i]:
            raise WrongError(at, f"names {shown(item)} twice")


def _value(hint: Any, value: Any, at: str, metadata: Mapping[str, Any]) -> Any:
    if hint is str:
        return _text(value, at, metadata)
    if hint is bool:
        if not isinstance(value, bool):
            raise WrongError(at, f"expected true or false, found {shown(value)}")
        return value
    if hint is int:
        return _whole(value, at, *metadata.get("whole", (0, _SAFE)))
    if hint is float:
        return _number(value, at)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is typing.Literal:
        if value not in args or isinstance(value, bool):
            expected = f'"{args[0]}"' if len(args) == 1 else f"one of {', '.join(args)}"
            raise WrongError(at, f"expected {expected}, found {shown(value)}")
        return value
    if origin is tuple:
        if not isinstance(value, list):
            raise WrongError(at, f"expected an array, found {shown(value)}")
        items = tuple(_value(args[0], item, f"{at}[{i}]", metadata) for i, item in enumerate(value))
        if metadata.get("distinct"):
            _refuse_twice(items, at)
        return items
    if origin is types.UnionType or origin is typing.Union:
        if value is None and type(None) in args:
            return None
        members = [one for one in args if one is not type(None)]
        if len(members) == 1:
            return _value(members[0], value, at, metadata)
        # Names of modules, or one word.
        return _value(members[0 if isinstance(value, list) else 1], value, at, metadata)
    if dataclasses.is_dataclass(hint):
        return _object(typing.cast(type, hint), value, at)
    raise TypeError(f"no reader for {hint}")


def read(kind: type[T], value: Any, what: str, code: ErrorCode) -> T:
    """The JSON value as a dataclass; a LabError of this code names the field, what was expected and found."""
    try:
        result: T = _object(kind, value, "")
    except WrongError as wrong:
        raise LabError(code, f"{what}: {wrong.at or 'the value'}: {wrong.what}.") from None
    return result
