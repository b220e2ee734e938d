"""One run on disk (tools/experiment/run-store.ts): its lasting events as lines, its adapters as PEFT's folders. An event counts
once its line is whole; the adapter that it names was written before it. The lab reads these files, and the twin the lab's."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import regex

from .durable import Log, read_log, write_folder
from .errors import LabError
from .js import stringify
from .lora import WEIGHTS_FILE, LoraModel, read_adapter
from .types import (
    ABSENT,
    Cost,
    EndedEvent,
    EvaluatedEvent,
    LabelledEvent,
    LastingEvent,
    LoraConfig,
    RankedEvent,
    RoundEndedEvent,
    Shots,
    TrainedEvent,
    TrainStep,
)
from .wire import plain, read

FORMAT = 1
_STRANGE = regex.compile(r"[^\p{L}\p{N} _+.,=()[\]-]")
#: Bytes of a folder's name: every file system takes 255, and something may be put behind it.
_LONGEST_NAME = 200
_DIGEST_LETTERS = 24
_UNTRAINED = {
    "ranked": RankedEvent,
    "labelled": LabelledEvent,
    "evaluated": EvaluatedEvent,
    "round-ended": RoundEndedEvent,
    "ended": EndedEvent,
}


@dataclass(frozen=True, slots=True)
class AdapterReference:
    """An adapter whose files lie beside the events."""

    config: LoraConfig
    #: Of adapter_model.safetensors.
    sha256: str


@dataclass(frozen=True, slots=True)
class StoredTrainedEvent:
    round: int
    adapter: AdapterReference
    curve: tuple[TrainStep, ...]
    examples: int
    cost: Cost
    shots: Shots | None = field(default=None, metadata=ABSENT)
    type: Literal["trained"] = "trained"


def folder_name(name: str) -> str:
    """A name as a folder's name, the same on every system: bounded, and never one folder for two names."""

    def encoded(text: str) -> str:
        return str(_STRANGE.sub(lambda found: quote(found[0], safe="!'~"), text))

    is_broken = any(0xD800 <= ord(char) <= 0xDFFF for char in name)
    if not is_broken and len((whole := encoded(name)).encode()) <= _LONGEST_NAME:
        return whole
    beginning = ""
    for char in name:
        longer = beginning + ("%" if 0xD800 <= ord(char) <= 0xDFFF else encoded(char))
        if len(longer.encode()) > _LONGEST_NAME - _DIGEST_LETTERS - 1:
            break
        beginning = longer
    # No encoded name has an "@".
    return f"{beginning}@{hashlib.sha256(stringify(name).encode()).hexdigest()[:_DIGEST_LETTERS]}"


def run_path(task: str, arm: str, seed: int) -> Path:
    """Where a run's files lie below `state`, `adapters` or `sft`; the state has .jsonl behind it."""
    return Path(folder_name(task)) / folder_name(arm) / str(seed)


def state_file(folder: Path, path: Path) -> Path:
    return folder / "state" / path.with_name(f"{path.name}.jsonl")


def read_events(folder: Path, path: Path) -> tuple[list[LastingEvent], int]:
    """The events of a run in a folder of the lab's or the twin's, and how many bytes their lines take.

    Raises LabError `source-unreadable` for a damaged log, or an adapter that is not the one trained.
    """
    values, length = read_log(state_file(folder, path), _read_line)
    adapters = folder / "adapters" / path
    return [_restored(value, adapters) for value in values[1:] if value is not None], length


def _read_line(line: str) -> LastingEvent | StoredTrainedEvent | None:
    """None: the header."""
    try:
        value = json.loads(line)
    except ValueError as cause:
        raise LabError("source-unreadable", f"An event is no JSON: {cause}.") from None
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "trained":
        return read(StoredTrainedEvent, value, "An event", "source-unreadable")
    if kind in _UNTRAINED:
        event: LastingEvent = read(_UNTRAINED[kind], value, "An event", "source-unreadable")
        return event
    if value == {"format": FORMAT}:
        return None
    raise LabError("source-unreadable", f"A line is no event of a run: {line[:80]}.")


def _restored(event: LastingEvent | StoredTrainedEvent, adapters: Path) -> LastingEvent:
    if not isinstance(event, StoredTrainedEvent):
        return event
    folder = adapters / str(event.round)
    adapter = read_adapter(folder, event.adapter.config)
    if hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest() != event.adapter.sha256:
        raise LabError(
            "source-unreadable",
            f"{folder} does not hold the adapter that this run trained.",
            remedy="Put it back, or delete the run under state/ so that it is done again.",
        )
    return TrainedEvent(event.round, adapter, event.curve, event.examples, event.cost, event.shots)


def stored(event: LastingEvent, sha256: str) -> Any:
    """The event as it stands in its line."""
    if not isinstance(event, TrainedEvent):
        return plain(event)
    own = {one.name: getattr(event, one.name) for one in fields_of(event) if one.name != "adapter"}
    return plain(StoredTrainedEvent(adapter=AdapterReference(event.adapter.config, sha256), **own))


class RunStore:
    """A run that is begun or gone on with."""

    def __init__(self, folder: Path, path: Path, lora: LoraModel) -> None:
        self.events, length = read_events(folder, path)
        self._adapters = folder / "adapters" / path
        self._lora = lora
        self._log = Log(state_file(folder, path), length)
        if length == 0:
            self._log.append(stringify({"format": FORMAT}))

    def append(self, event: LastingEvent) -> None:
        """On the disk when done."""
        sha256 = ""
        if isinstance(event, TrainedEvent):
            files = self._lora.files(event.adapter)
            write_folder(self._adapters / str(event.round), files)
            sha256 = hashlib.sha256(files[WEIGHTS_FILE]).hexdigest()
        self._log.append(stringify(stored(event, sha256)))
        self.events.append(event)

    def close(self) -> None:
        self._log.close()
