"""Every setting of a run, read from experiment.schema.json: default, range, values (src/words/knobs.ts)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from typing import Any

from .errors import LabError
from .js import stringify
from .schema_fault import leaf_fault
from .schemas import table
from .types import Knobs
from .wire import camel

Knob = Mapping[str, Any]


@cache
def knob_table() -> dict[str, Knob]:
    """Each knob's schema by its name in files, in the order of forms and docs."""
    found: dict[str, Knob] = table("experiment.schema.json")["properties"]["shared"]["properties"]
    return found


def snake(name: str) -> str:
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def knob_fault(knob: Knob, value: Any) -> str | None:
    """What is wrong with a value for a knob, as a sentence's end, or None."""
    wrong = leaf_fault(knob, value)
    return None if wrong is None else f"must be {wrong[0]}"


def _typed(knob: Knob, value: Any) -> Any:
    """JSON does not tell 3 from 3.0; a field does."""
    kind = "number" if "anyOf" in knob and _is_number(value) else knob.get("type")
    return int(value) if kind == "integer" else float(value) if kind == "number" else value


def knobs(set_: Mapping[str, Any] | None = None, base: Mapping[str, Any] | None = None) -> Knobs:
    """All knobs, those in `set_` set, the others as in `base` or at their defaults; names as in files.

    LabError `invalid-request` naming an unknown knob or a value out of range.
    """
    known = knob_table()
    given = set_ or {}
    for name, value in given.items():
        if name not in known:
            raise LabError(
                "invalid-request", f'There is no knob "{name}".', remedy=f"Knobs: {', '.join(known)}."
            )
        fault = knob_fault(known[name], value)
        if fault is not None:
            raise LabError("invalid-request", f'Knob "{name}" {fault}; it is {stringify(value)}.')
    values = {name: knob["default"] for name, knob in known.items()} | dict(base or {}) | dict(given)
    return Knobs(**{snake(name): _typed(known[name], value) for name, value in values.items()})


def knobs_json(values: Knobs) -> dict[str, Any]:
    """As files have them."""
    return {camel(name): value for name, value in asdict(values).items()}
