"""An experiment file: which arms run on which tasks with which seeds, and what is claimed of them before they run
(src/words/experiment.ts). Its schema is what is read by; every fault names the place, what was expected and found."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from .errors import LabError
from .js import number_text
from .methods import arm_of
from .schema_fault import check
from .schemas import table
from .types import Arm
from .wire import WrongError, quoted

Fields = Mapping[str, Any]

#: In one folder; at some seconds each they take a day and more.
MAX_RUNS = 10_000
#: Of names in a message.
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """`arm` scores higher than `against`, on each of `tasks`."""

    arm: str
    against: str
    tasks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Experiment:
    #: For people; '' where the file does not say.
    title: str
    why: str
    question: str
    #: The name of a bundled model, or a folder in the Hub's layout.
    model: str
    #: Names of bundled tasks, or task folders.
    tasks: tuple[str, ...]
    seeds: tuple[int, ...]
    #: With all their knobs, the grid expanded.
    arms: tuple[Arm, ...]
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class ExperimentRun:
    """One arm of one task with one seed, the task still by its name."""

    task: str
    seed: int
    arm: Arm


def _refused(what: str) -> LabError:
    return LabError("invalid-request", f"{what}.", remedy="Correct the experiment file.")


# ---------------------------------------------------------------- arms


def _word(value: Any) -> str:
    return value if isinstance(value, str) else number_text(value)


def _refuse_too_many(tasks: int, arms: int, points: int, seeds: int) -> None:
    """By arithmetic, before anything is expanded."""
    runs = tasks * arms * points * seeds
    if runs <= MAX_RUNS:
        return

    def counted(count: int, one: str) -> str:
        return f"{count} {one}{'' if count == 1 else 's'}"

    grid = [] if points == 1 else [f"{points} points of the grid"]
    parts = [counted(tasks, "task"), counted(arms, "arm"), *grid, counted(seeds, "seed")]
    raise LabError(
        "invalid-request",
        f"The experiment has {runs} runs ({' x '.join(parts)}); at most {MAX_RUNS} are possible.",
        remedy="Name fewer values, or split it into several files.",
    )


def _arms(file: Fields) -> tuple[Arm, ...]:
    shared, axes, entries = file.get("shared", {}), file.get("grid", {}), file["arms"]
    points = math.prod(len(values) for values in axes.values())
    _refuse_too_many(len(file["tasks"]), len(entries), points, len(file["seeds"]))
    for entry in entries:
        swept = next((knob for knob in axes if knob in entry), None)
        if swept is not None:
            raise _refused(f'Arm "{entry["name"]}" sets knob "{swept}", which the grid sets too')
    arms = []
    for entry in entries:
        own = {key: value for key, value in entry.items() if key not in ("name", "method")}
        for point in product(*axes.values()):
            swept_knobs = dict(zip(axes, point, strict=True))
            told = ",".join(f"{knob}={_word(value)}" for knob, value in swept_knobs.items())
            name = f"{entry['name']}[{told}]" if told else entry["name"]
            arms.append(arm_of(name, entry["method"], {**shared, **own, **swept_knobs}))
    # Names that differ in case or in how a letter is composed would be one folder on some machines.
    seen: set[str] = set()
    for arm in arms:
        plain = unicodedata.normalize("NFC", arm.name).lower()
        if plain in seen:
            raise _refused(f"arms: names {quoted(arm.name)} twice")
        seen.add(plain)
    return tuple(arms)


def _claim(fields: Fields, at: str, arms: Sequence[str], tasks: Sequence[str]) -> Claim:
    claim = Claim(fields["arm"], fields["against"], tuple(fields["tasks"]))

    def known(kind: str, names: Sequence[str], wanted: Sequence[str]) -> None:
        stranger = next((name for name in wanted if name not in names), None)
        if stranger is None:
            return
        more = ", …" if len(names) > _MOST_NAMED else ""
        raise LabError(
            "invalid-request",
            f"{at}: the experiment has no {kind} {quoted(stranger)}.",
            remedy=f"It has {', '.join(names[:_MOST_NAMED])}{more}.",
        )

    known("arm", arms, (claim.arm, claim.against))
    known("task", tasks, claim.tasks)
    if claim.arm == claim.against:
        raise _refused(f"{at} sets {quoted(claim.arm)} against itself")
    return claim


# ---------------------------------------------------------------- the whole


def parse_experiment(json: Any) -> Experiment:
    """Reads an experiment file's JSON. LabError `invalid-request` naming the unknown key, knob, method or value,
    duplicates and empty lists."""
    try:
        check(table("experiment.schema.json"), json)
    except WrongError as wrong:
        raise _refused(f"The experiment: {wrong.at or 'the value'}: {wrong.what}") from None
    arms = _arms(json)
    names, tasks = [arm.name for arm in arms], json["tasks"]
    return Experiment(
        title=json.get("title", ""),
        why=json.get("why", ""),
        question=json.get("question", ""),
        model=json["model"],
        tasks=tuple(tasks),
        seeds=tuple(int(seed) for seed in json["seeds"]),
        arms=arms,
        claims=tuple(
            _claim(claim, f"claims[{i}]", names, tasks) for i, claim in enumerate(json.get("claims", []))
        ),
    )


def _list_of(key: str, given: Sequence[Any]) -> tuple[Any, ...]:
    """As a file could have it."""
    try:
        check(table("experiment.schema.json")["properties"][key], list(given))
    except WrongError as wrong:
        what = f"The list of {key}: {wrong.at or 'the value'}: {wrong.what}."
        raise LabError("invalid-request", what) from None
    return tuple(given)


def restricted(
    experiment: Experiment, seeds: Sequence[int] | None = None, tasks: Sequence[str] | None = None
) -> Experiment:
    """The experiment with other seeds or tasks; claims keep those of their tasks that still run."""
    own_seeds = _list_of("seeds", experiment.seeds if seeds is None else seeds)
    own_tasks = _list_of("tasks", experiment.tasks if tasks is None else tasks)
    _refuse_too_many(len(own_tasks), len(experiment.arms), 1, len(own_seeds))
    claims = (
        replace(claim, tasks=tuple(task for task in claim.tasks if task in own_tasks))
        for claim in experiment.claims
    )
    kept = tuple(claim for claim in claims if claim.tasks)
    return replace(experiment, seeds=own_seeds, tasks=own_tasks, claims=kept)


def expand(experiment: Experiment) -> list[ExperimentRun]:
    """All runs, seed after seed: what is stopped leaves whole seeds. The arms of a task and seed share the base's answers."""
    return [
        ExperimentRun(task, seed, arm)
        for seed in experiment.seeds
        for task in experiment.tasks
        for arm in experiment.arms
    ]
