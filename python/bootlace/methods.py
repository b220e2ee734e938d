"""The methods: data over a closed set of verbs, read from experiments/methods.json (src/words/methods.ts)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from .errors import LabError
from .knobs import knob_fault, knob_table, knobs
from .schemas import table
from .types import Arm

Schedule = Literal["rounds", "once", "none"]
Labels = Literal["new-prompts", "all-prompts", "questions", "nothing"]
Teacher = Literal["previous", "base", "key", "nobody"]
Votes = Literal["one", "rounds", "votes"]
Source = Literal["labels", "earlier", "pool"]


@dataclass(frozen=True, slots=True)
class Method:
    schedule: Schedule
    labels: Labels
    teacher: Teacher
    votes: Votes
    trains_on: tuple[Source, ...]
    few_shot: Literal["shared", "own"]
    stop: Literal["validation", "novelty"]
    #: Knobs that make the method what it is, as files have them.
    presets: Mapping[str, Any]


_VERBS = ("schedule", "labels", "teacher", "votes", "trainsOn", "fewShot", "stop")
_VERSION = 1


def _verbs() -> dict[str, list[str]]:
    """The verbs that there are, from the methods' schema."""
    entry = table("methods.schema.json")["properties"]["methods"]["additionalProperties"]["properties"]
    return {kind: [one["const"] for one in entry[kind].get("items", entry[kind])["oneOf"]] for kind in _VERBS}


def _key_at_fault(entry: Any, verbs: Mapping[str, list[str]]) -> str | None:
    if not isinstance(entry, dict):
        return "entry"
    for kind, known in verbs.items():
        said = entry.get(kind)
        is_list = isinstance(said, list)
        words = said if isinstance(said, list) else [said]
        if is_list != (kind == "trainsOn") or not all(word in known for word in words):
            return kind
    presets = entry.get("presets")
    known_knobs = knob_table()
    if not isinstance(presets, dict) or any(
        name not in known_knobs or knob_fault(known_knobs[name], value) is not None
        for name, value in presets.items()
    ):
        return "presets"
    return None


def methods_from(file: Mapping[str, Any]) -> dict[str, Method]:
    """LabError `internal` naming what is wrong with the file."""
    version, entries = file.get("version"), file.get("methods", {})
    verbs = _verbs()
    faults = [
        f"{name}.{key}" for name, entry in entries.items() if (key := _key_at_fault(entry, verbs)) is not None
    ]
    if version != _VERSION or faults:
        what = ", ".join(faults) if version == _VERSION else f"version {version}"
        raise LabError("internal", f"experiments/methods.json is not what its schema says: {what}.")
    return {
        name: Method(
            entry["schedule"],
            entry["labels"],
            entry["teacher"],
            entry["votes"],
            tuple(entry["trainsOn"]),
            entry["fewShot"],
            entry["stop"],
            entry["presets"],
        )
        for name, entry in entries.items()
    }


@cache
def methods() -> dict[str, Method]:
    return methods_from(table("methods.json"))


def method_of(name: str) -> Method:
    return methods()[name]


def arm_of(name: str, method: str, set_: Mapping[str, Any] | None = None) -> Arm:
    """An arm of a method: the method's presets, then what is set (names as in files)."""
    return Arm(name, method, knobs(set_, method_of(method).presets))
