"""Text and JSON that a person gives, read within bounds (tools/read-json.ts, src/formats/json.ts): every fault names the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

from .errors import ErrorCode, LabError

_DEEPEST = 100


def read_text(path: Path, most: int, code: ErrorCode = "source-unreadable") -> str:
    """A text file of at most `most` bytes. LabError `source-unreadable` for what is missing, no plain file or too large,
    `code` for what is no UTF-8."""
    try:
        if not path.is_file():
            why = "is no file" if path.exists() else "is not there"
            raise LabError("source-unreadable", f"{path} {why}.", remedy="Name a file that is there.")
        size = path.stat().st_size
        if size > most:
            raise LabError(
                "source-unreadable",
                f"{path} has {size} bytes; at most {most} are read.",
                remedy="Give the file that is meant.",
            )
        data = path.read_bytes()
    except OSError as fault:
        raise LabError("source-unreadable", f"{path} cannot be read: {fault.strerror}.") from fault
    try:
        # Editors on Windows put a byte-order mark first, which is no part of JSON.
        return data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as fault:
        raise LabError(code, f"{path} is no UTF-8.", remedy="Save it as UTF-8.") from fault


class _TwiceError(ValueError):
    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        raise _TwiceError(next(key for i, key in enumerate(keys) if key in keys[:i]))
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _is_too_deep(value: Any, room: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return room == 0 or any(_is_too_deep(item, room - 1) for item in inner)


def parse_json(text: str, where: str, code: ErrorCode, *, is_strict: bool = False) -> Any:
    """The value; LabError `code` for what is no JSON or nested too deeply, and, read strictly, for a key that stands twice."""
    deep = LabError(
        code,
        f"{where} has brackets nested more than {_DEEPEST} deep.",
        remedy="Nothing that the lab reads is nested so: give the file that is meant.",
    )
    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=_once if is_strict else None)
    except RecursionError:
        raise deep from None
    except _TwiceError as fault:
        raise LabError(
            code, f'{where} has the key "{fault.key}" twice.', remedy="Take one of the two out."
        ) from None
    except ValueError as fault:
        raise LabError(code, f"{where} is no JSON: {fault}.", remedy="Correct the file.") from None
    if _is_too_deep(value, _DEEPEST):
        raise deep
    return value
