"""What the loop needs from outside (src/method/ports.ts), and what it tells in passing, beside the events that last."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol

from . import types
from .types import Adapter, LastingEvent, Ports, TrainingRequest, TrainStep


class TrainingPorts(Ports, Protocol):
    def train(self, request: TrainingRequest) -> Generator[TrainStep, None, Adapter]:
        """Steps as they are made; the trained adapter is the return value."""
        ...


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase begins; `items` it will count up to (answers, steps, predictions)."""

    round: int
    phase: types.Phase
    items: int
    detail: str


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know, e.g. demonstrations that did not fit."""

    round: int
    text: str


LoopEvent = LastingEvent | Phase | Notice | TrainStep
