"""What an experiment names, found and read (tools/experiment/inputs.ts): the file, the bundled or own model's folder, the
bundled or own tasks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .errors import LabError
from .experiment import Experiment, parse_experiment
from .feasible import check_prompts
from .files import parse_json, read_text
from .task import read_task, task_sha256
from .types import Plan, Task
from .wire import quoted

_MAX_FILE_BYTES = 4 * 1024**2
#: In a message.
_LONGEST_PATH = 200
#: The lab's own models and tasks, where the package runs from the repository.
PUBLIC = Path(__file__).resolve().parents[2] / "public"


@dataclass(frozen=True, slots=True)
class NamedTask:
    #: As the experiment names it.
    name: str
    task: Task
    #: Of its contents.
    sha256: str


def read_experiment(path: Path) -> Experiment:
    """LabError `source-unreadable`, or `invalid-request` naming what is wrong in the file."""
    json = parse_json(read_text(path, _MAX_FILE_BYTES), str(path), "invalid-request", is_strict=True)
    try:
        return parse_experiment(json)
    except LabError as fault:
        raise LabError(fault.code, f"{path}: {fault.what}", remedy=fault.remedy) from None


def places_of(name: str, bundled: str, file: Path, standing: Path) -> list[Path]:
    """Where a folder of this name may lie: among the lab's own (`bundled`: "models" or "icl-pool"), seen from the
    experiment's file, or from where the person stands."""
    own = []
    if re.fullmatch(r"[\w.-]+", name, re.ASCII):
        # An installed package finds the repository by the experiment's file, or by where the person stands.
        homes = (PUBLIC, file.resolve().parent.parent / "public", standing / "public")
        own = [home / bundled / name for home in homes]
    return list(dict.fromkeys([*own, file.parent / name, standing / name]))


def find_folder(kind: str, name: str, places: Sequence[Path], file: str) -> Path:
    """The first place that holds `file`. LabError `source-unreadable` naming where was looked."""
    found = next((place for place in places if (place / file).exists()), None)
    if found is not None:
        return found
    there = ", ".join(quoted(str(place), _LONGEST_PATH) for place in places)
    raise LabError(
        "source-unreadable",
        f"There is no {kind} {quoted(name)}: no {file} in {there}.",
        remedy=f"Name a bundled {kind} or a folder.",
    )


def read_tasks(experiment: Experiment, file: Path, standing: Path) -> list[NamedTask]:
    """The experiment's tasks, each able to feed every arm as far as that is known without a model."""
    tasks: list[NamedTask] = []
    for name in experiment.tasks:
        task = read_task(find_folder("task", name, places_of(name, "icl-pool", file, standing), "task.json"))
        own = task.definition.id
        other = next((before for before in tasks if before.task.definition.id == own), None)
        if other is not None:
            raise LabError("invalid-request", f'Tasks {other.name} and {name} have the same id "{own}".')
        for arm in experiment.arms:
            # The exact count, by the model's positions, is the run's.
            check_prompts(Plan(task, arm, 0))
        tasks.append(NamedTask(name, task, task_sha256(task)))
    return tasks
