"""What a run says of itself while it runs, on stderr: a line that the next replaces, or, where there is no terminal, a line
now and then."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import TextIO

from .ports import LoopEvent, Notice, Phase
from .types import TrainStep

#: Where there is no terminal to rewrite a line of, seconds from line to line.
_QUIET = 15.0


@dataclass(slots=True)
class Progress:
    #: The main process tells; the others are silent.
    is_heard: bool
    stream: TextIO = field(default_factory=lambda: sys.stderr)
    _where: str = ""
    _phase: Phase | None = None
    _is_status: bool = False
    _told_at: float = -_QUIET

    def line(self, text: str) -> None:
        if self.is_heard:
            self._clear()
            print(text, file=self.stream, flush=True)

    def begin(self, where: str) -> None:
        """E.g. "[2/12] topic-4, soft, seed 1"."""
        self._where, self._phase = where, None

    def take(self, event: LoopEvent) -> None:
        if isinstance(event, Notice):
            self.line(f"{self._where}: {event.text}")
        elif isinstance(event, Phase):
            self._phase = event
            self.see(0, event.items)
        elif isinstance(event, TrainStep):
            self.see(event.step, event.max_steps, f", loss {event.loss:.3f}")

    def see(self, done: int, of: int, more: str = "") -> None:
        """So much of the request under way is done."""
        if not self.is_heard or self._phase is None:
            return
        phase = self._phase
        detail = f" ({phase.detail})" if phase.detail else ""
        text = f"{self._where}: round {phase.round}, {phase.phase}{detail} {done}/{of}{more}"
        if self.stream.isatty():
            self._clear()
            print(text[:110], end="", file=self.stream, flush=True)
            self._is_status = True
        elif time.monotonic() - self._told_at >= _QUIET:
            self._told_at = time.monotonic()
            print(text, file=self.stream, flush=True)

    def _clear(self) -> None:
        if self._is_status:
            print("\r\x1b[K", end="", file=self.stream)
        self._is_status = False
