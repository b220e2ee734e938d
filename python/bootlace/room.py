"""What a model's context has no room for (src/method/room.ts): counted where it happens, told in the lab's own words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from .types import Mode, RowsLeftOut, Shots, SplitName

NO_SHOTS = "zero-shot: no demonstration fitted"


class _Shown(Protocol):
    @property
    def demonstrations(self) -> Sequence[object]: ...
    @property
    def left_out(self) -> int: ...


def shots_of(prompts: Iterable[_Shown]) -> Shots | None:
    """The account of some prompts; None where all demonstrations fitted."""
    asked = list(prompts)
    left_out = sum(prompt.left_out for prompt in asked)
    if left_out == 0:
        return None
    shown = sum(len(prompt.demonstrations) for prompt in asked)
    bare = sum(1 for prompt in asked if not prompt.demonstrations and prompt.left_out > 0)
    return Shots(len(asked), shown + left_out, left_out, bare)


def add_shots(a: Shots | None, b: Shots | None) -> Shots | None:
    if a is None or b is None:
        return b if a is None else a
    return Shots(a.prompts + b.prompts, a.drawn + b.drawn, a.left_out + b.left_out, a.bare + b.bare)


def is_bare(shots: Shots | None) -> bool:
    return shots is not None and shots.bare == shots.prompts


def said_mode(mode: Mode, shots: Shots | None) -> str:
    """The mode as results name it: few-shot, where all demonstrations were left out, it is not."""
    return NO_SHOTS if mode == "few-shot" and is_bare(shots) else mode


_SPLIT_WORDS: dict[SplitName, str] = {
    "pool": "pool items",
    "prompts": "prompts",
    "validation": "validation items",
    "probe": "probe items",
    "test": "test items",
}


def _count(number: int, one: str) -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"


def rows_sentence(rows: Iterable[RowsLeftOut], positions: int) -> str:
    parts = ", ".join(f"{row.left_out} of {row.of} {_SPLIT_WORDS[row.split]}" for row in rows)
    return f"Longer than the model's {positions} positions allow, so never used: {parts}."


def shots_sentence(what: str, shots: Shots) -> str:
    """`what`: e.g. "Labelling, round 2"."""
    if is_bare(shots):
        return f"{what}: zero-shot, no demonstration fitted."
    none = "" if shots.bare == 0 else f"; {shots.bare} of {_count(shots.prompts, 'prompt')} had none"
    return f"{what}: {shots.left_out} of {_count(shots.drawn, 'demonstration')} did not fit{none}."


PURPOSES = {"rank": "Ordering", "label": "Labelling", "train": "Training"}
