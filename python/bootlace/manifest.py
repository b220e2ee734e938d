"""run.json (tools/experiment/manifest.ts): what was run, on what, with what it cost. It is written before the first run and is
what --resume is held against: another experiment in the same folder is refused, the difference named."""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch

from .account import early_ending, floors_of_run, losses_of
from .engine import Engine
from .errors import LabError
from .experiment import Experiment
from .inputs import NamedTask
from .js import stringify
from .knobs import knobs_json
from .state import fold_events
from .types import (
    EndedEvent,
    EvaluatedEvent,
    LabelledEvent,
    LastingEvent,
    Plan,
    RankedEvent,
    TrainedEvent,
)
from .wire import plain

MANIFEST = "run.json"
_PACKAGES = ("bootlace", "torch", "transformers", "peft", "accelerate")
_PHASES = {RankedEvent: "rank", LabelledEvent: "label", TrainedEvent: "train", EvaluatedEvent: "evaluate"}
_NO_PHASES = {"rank": 0, "label": 0, "train": 0, "evaluate": 0}


@dataclass(frozen=True, slots=True)
class Inputs:
    experiment: Experiment
    tasks: Sequence[NamedTask]
    engine: Engine


def config_of(inputs: Inputs) -> dict[str, Any]:
    """What must be the same for a run to go on."""
    experiment, engine = inputs.experiment, inputs.engine
    ids = {named.name: named.task.definition.id for named in inputs.tasks}
    return {
        "model": engine.model.name,
        "modelSha256": engine.model.sha256,
        "parameters": engine.parameters,
        "tasks": {named.task.definition.id: named.sha256 for named in inputs.tasks},
        "seeds": list(experiment.seeds),
        "arms": {arm.name: {"method": arm.method, **knobs_json(arm.knobs)} for arm in experiment.arms},
        "claims": [
            {"arm": claim.arm, "against": claim.against, "tasks": [ids[name] for name in claim.tasks]}
            for claim in experiment.claims
        ],
        "backends": f"torch on {engine.device.type}, {engine.dtype}",
    }


def device_use(engine: Engine) -> dict[str, Any]:
    device = engine.device
    name = (
        torch.cuda.get_device_name(device)
        if device.type == "cuda"
        else platform.processor() or platform.machine()
    )
    return {
        "since": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "device": str(device),
        "description": name,
        "dtype": engine.dtype,
        "processes": engine.team.size,
        "threads": torch.get_num_threads(),
    }


def account_of(plan: Plan, events: Sequence[LastingEvent]) -> dict[str, Any]:
    """Seconds and tokens by phase, as the events told them; how the run ended, what it lost, what its score is beside."""
    seconds: dict[str, float] = dict(_NO_PHASES)
    tokens: dict[str, float] = dict(_NO_PHASES)
    ended: EndedEvent | None = None
    for event in events:
        if isinstance(event, EndedEvent):
            ended = event
        elif isinstance(event, RankedEvent | LabelledEvent | TrainedEvent | EvaluatedEvent):
            phase = _PHASES[type(event)]
            seconds[phase] += event.cost.milliseconds / 1000
            tokens[phase] += event.cost.tokens
    state = fold_events(events)
    return {
        "task": plan.task.definition.id,
        "arm": plan.arm.name,
        "seed": plan.seed,
        "reason": None if ended is None else ended.reason,
        "bestRound": None if ended is None else ended.best_round,
        "ended": early_ending(state),
        "lost": losses_of(state),
        "floors": floors_of_run(plan.task, state),
        "seconds": seconds,
        "tokens": tokens,
    }


def _totals(accounts: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    each = list(accounts)
    return {
        what: {phase: sum(account[what][phase] for account in each) for phase in _NO_PHASES}
        for what in ("seconds", "tokens")
    }


def manifest_of(
    inputs: Inputs,
    devices: Sequence[Any],
    accounts: Sequence[Mapping[str, Any]],
    failed: Sequence[Mapping[str, Any]],
    *,
    is_done: bool,
) -> str:
    experiment = inputs.experiment
    status = "running"
    if is_done:
        ended = any(account["ended"] is not None for account in accounts)
        status = "finished, some runs ended early" if ended else "finished"
        status = "finished with failures" if failed else status
    manifest = {
        "format": 1,
        "status": status,
        "title": experiment.title,
        "why": experiment.why,
        "question": experiment.question,
        "config": config_of(inputs),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in _PACKAGES}},
        "commit": _commit(),
        "devices": devices,
        "runs": accounts,
        "failed": failed,
        "totals": _totals(accounts),
    }
    return stringify(plain(manifest), 2) + "\n"


def _version(package: str) -> str:
    try:
        return version(package)
    except ImportError:
        # Run from a checkout.
        from . import __version__

        return __version__


def _commit() -> str | None:
    """Of the lab's own sources; None where git does not know."""
    try:
        here = Path(__file__).parent
        git = ["git", "-C", str(here)]
        found = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        status = [*git, "status", "--porcelain", "--untracked-files=no"]
        changed = subprocess.run(status, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return found.stdout.strip() + (" with changes" if changed.stdout.strip() else "")


def read_manifest(folder: Path) -> dict[str, Any]:
    """A run.json of the lab's or the twin's."""
    path = folder / MANIFEST
    try:
        value = json.loads(path.read_text("utf-8"))
    except OSError as cause:
        raise LabError("source-unreadable", f"{path} cannot be read: {cause.strerror}.") from cause
    except ValueError as cause:
        raise LabError("source-unreadable", f"{path} is no JSON: {cause}.") from cause
    if isinstance(value, dict) and value.get("format") == 1 and isinstance(value.get("config"), dict):
        return value
    raise LabError("source-unreadable", f"{path} is no run.json of an experiment.")


def refuse_other(before: Any, now: Any, folder: Path) -> None:
    found = _difference(before, json.loads(stringify(plain(now))), "")
    if found is not None:
        raise LabError(
            "invalid-request",
            f"{folder} holds another experiment: {found}.",
            remedy="Take another --out, or the experiment as it was.",
        )


def _difference(before: Any, now: Any, where: str) -> str | None:
    """Where two values first differ, as a sentence's end."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in dict.fromkeys([*before, *now]):
            own = [side.get(key, _ABSENT) for side in (before, now)]
            found = _difference(own[0], own[1], key if where == "" else f"{where}.{key}")
            if found is not None:
                return found
        return None
    return None if before == now else f"{where} was {_shown(before)}, now it is {_shown(now)}"


_ABSENT = object()


def _shown(value: Any) -> str:
    return "absent" if value is _ABSENT else stringify(value)
