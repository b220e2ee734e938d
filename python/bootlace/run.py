"""`bootlace run`: an experiment, run after run, the arms of a task and seed together, every event on the disk before the next
(tools/experiment/conduct.ts). A run that cannot be done is written down and the others go on; --resume goes on after a kill."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from .distributed import Team, join
from .draws import RunContext
from .durable import write_folder, write_whole
from .engine import Machine, device_of, find_model, load_engine
from .errors import ErrorCode, LabError
from .experiment import Experiment, ExperimentRun, expand, restricted
from .inputs import read_experiment, read_tasks
from .js import mean, stringify
from .learn import trained_texts
from .learning_rate import with_rate
from .loop import bootstrap
from .manifest import (
    MANIFEST,
    Inputs,
    account_of,
    config_of,
    device_use,
    manifest_of,
    read_manifest,
    refuse_other,
)
from .ports import Notice, Phase
from .progress import Progress
from .remember import Remembering
from .results import json_lines, prediction_rows, row_key, sample_rows, tidy_rows
from .run_store import RunStore, run_path
from .state import fold_events
from .task import task_json
from .types import EndedEvent, LastingEvent, Plan, TrainStep

#: Failures of one run, which do not concern the others.
_OF_THE_RUN: tuple[ErrorCode, ...] = (
    "non-finite-loss",
    "invalid-request",
    "context-overflow",
    "out-of-memory",
)


@dataclass(frozen=True, slots=True)
class Options:
    file: Path
    out: Path
    resume: bool = False
    seeds: tuple[int, ...] | None = None
    tasks: tuple[str, ...] | None = None
    machine: Machine = field(default_factory=Machine)


def run(options: Options) -> int:
    """Runs all that is not done yet, and writes what came out; how many runs failed."""
    team, device = join(device_of(options.machine.device))
    progress = Progress(team.is_main)
    experiment = restricted(read_experiment(options.file), options.seeds, options.tasks)
    tasks = read_tasks(experiment, options.file, Path.cwd())
    source = find_model(experiment.model, options.file)
    engine = load_engine(source, options.machine, device=device, team=team, watch=progress.see)
    experiment = with_rate(experiment, engine.parameters)
    with _study(options, team):
        return _Conductor(options.out, Inputs(experiment, tasks, engine), progress).all()


@contextmanager
def _study(options: Options, team: Team) -> Iterator[None]:
    """The folder of an experiment, begun or gone on with, by one command at a time."""
    if not team.is_main:
        yield
        return
    folder = options.out
    there = [] if not folder.exists() else [name for name in os.listdir(folder) if not name.endswith(".part")]
    if there and not options.resume:
        raise LabError(
            "invalid-request",
            f"{folder} is there already.",
            remedy="Add --resume to go on with it, or take another --out.",
        )
    if not {*there} <= {"lock"} and not (folder / MANIFEST).exists():
        raise LabError(
            "source-unreadable",
            f"{folder} holds files, but no {MANIFEST} of an experiment.",
            remedy="Take another --out.",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / "lock", timeout=0):
            yield
    except Timeout:
        raise LabError("busy", f"Another command is working in {folder}.") from None
    except OSError as cause:
        raise LabError("storage-unavailable", f"{folder} cannot be written to: {cause.strerror}.") from cause


class _Conductor:
    def __init__(self, folder: Path, inputs: Inputs, progress: Progress) -> None:
        self._folder = folder
        self._inputs = inputs
        self._engine = inputs.engine
        self._team = inputs.engine.team
        self._ports = Remembering(inputs.engine)
        self._progress = progress
        self._rows: list[dict[str, Any]] = []
        self._accounts: list[dict[str, Any]] = []
        self._failed: list[dict[str, Any]] = []
        self._devices: list[Any] = []

    def all(self) -> int:
        tasks = {named.name: named.task for named in self._inputs.tasks}
        if self._team.is_main:
            self._begin()
        runs = expand(self._inputs.experiment)
        for number, one in enumerate(runs, 1):
            plan = Plan(tasks[one.task], one.arm, one.seed)
            name = f"{plan.task.definition.id}, {one.arm.name}, seed {one.seed}"
            self._progress.begin(f"[{number}/{len(runs)}] {name}")
            try:
                events = self._one(plan, f"[{number}/{len(runs)}] {name}")
            except LabError as fault:
                # Of several processes one alone may be out of memory, and the others wait for it.
                is_alone = self._team.size == 1 or fault.code != "out-of-memory"
                if fault.code not in _OF_THE_RUN or not is_alone:
                    raise
                self._progress.line(f"FAILED {name}: {fault.code}: {fault}")
                failure = {"task": plan.task.definition.id, "arm": one.arm.name, "seed": one.seed}
                self._failed.append({**failure, "code": fault.code, "message": str(fault)})
            else:
                self._add(plan, events)
            if self._team.is_main:
                self._write_down(is_done=number == len(runs))
        for line in _table(self._inputs.experiment, runs, self._rows, tasks):
            self._progress.line(line)
        return len(self._failed)

    def _begin(self) -> None:
        config = config_of(self._inputs)
        if (self._folder / MANIFEST).exists():
            before = read_manifest(self._folder)
            refuse_other(before["config"], config, self._folder)
            self._devices = list(before.get("devices", []))
        self._devices.append(device_use(self._engine))
        self._write_manifest(is_done=False)
        for named in self._inputs.tasks:
            write_whole(self._folder / "tasks" / f"{named.task.definition.id}.json", task_json(named.task))
        # Derived anew from the events.
        for name in ("predictions.jsonl", "samples.jsonl"):
            write_whole(self._folder / name, "")
        device = self._devices[-1]
        processes = f", {device['processes']} processes" if device["processes"] > 1 else ""
        where = f"{device['device']} ({device['description']}), {device['dtype']}{processes}"
        self._progress.line(f"Model {self._engine.model.name} on {where}.")

    def _one(self, plan: Plan, name: str) -> list[LastingEvent]:
        """Runs the plan to its end, from where it stands on the disk; its events."""
        path = run_path(plan.task.definition.id, plan.arm.name, plan.seed)
        texts = self._folder / "sft" / path
        store = RunStore(self._folder, path, self._engine.lora) if self._team.is_main else None
        try:
            events, is_written = self._team.tell(
                ([], False) if store is None else (list(store.events), texts.exists())
            )
            if is_written and events and isinstance(events[-1], EndedEvent):
                return events
            began = time.monotonic()
            context = RunContext(plan, self._ports)
            for event in bootstrap(context, self._ports, fold_events(events)):
                self._progress.take(event)
                if isinstance(event, Phase | Notice | TrainStep):
                    continue
                events.append(event)
                if store is not None:
                    store.append(event)
            if store is not None:
                write_folder(texts, self._texts(context, events))
            self._progress.line(f"{name}: done in {time.monotonic() - began:.0f} s")
            return events
        finally:
            if store is not None:
                store.close()

    def _texts(self, context: RunContext, events: Sequence[LastingEvent]) -> dict[str, bytes]:
        """What each round was trained on, as rows for TRL."""
        state = fold_events(events)
        files = {}
        for one in state.rounds:
            if one.adapter is not None:
                texts = trained_texts(context, self._ports, state, one.round)
                files[f"{one.round}.jsonl"] = "".join(
                    f"{stringify(asdict(text))}\n" for text in texts
                ).encode()
        return files

    def _add(self, plan: Plan, events: Sequence[LastingEvent]) -> None:
        state = fold_events(events)
        self._accounts.append(account_of(plan, events))
        self._rows.extend(tidy_rows(self._engine.model.name, plan, state))
        if not self._team.is_main:
            return
        for name, rows in (
            ("predictions", prediction_rows(plan, state)),
            ("samples", sample_rows(plan, state)),
        ):
            with (self._folder / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                file.writelines(json_lines(rows))

    def _write_down(self, *, is_done: bool) -> None:
        self._rows.sort(key=row_key)
        write_whole(self._folder / "results.jsonl", "".join(json_lines(self._rows)))
        self._write_manifest(is_done=is_done)

    def _write_manifest(self, *, is_done: bool) -> None:
        text = manifest_of(self._inputs, self._devices, self._accounts, self._failed, is_done=is_done)
        write_whole(self._folder / MANIFEST, text)


def _table(
    experiment: Experiment,
    runs: Sequence[ExperimentRun],
    rows: Sequence[dict[str, Any]],
    tasks: dict[str, Any],
) -> Iterator[str]:
    """Each arm's score in its last round, the mean over seeds."""
    for task in tasks.values():
        id, metric = task.definition.id, task.definition.metric
        yield ""
        yield f"{id}: {metric} on test, zero-shot, last round; mean over seeds"
        wanted = [
            row
            for row in rows
            if row["task"] == id
            and row["metric"] == metric
            and (row["split"], row["mode"]) == ("test", "zero-shot")
        ]
        for arm in experiment.arms:
            last: dict[int, tuple[int, float]] = {}
            for row in wanted:
                if row["arm"] == arm.name:
                    last[row["seed"]] = max(
                        last.get(row["seed"], (-1, math.nan)), (row["round"], row["value"])
                    )
            if last:
                yield f"  {arm.name}  {mean([value for _, value in last.values()]):.3f}  ({len(last)} seeds)"
