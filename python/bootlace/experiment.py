"""An experiment file: which arms run on which tasks with which seeds, and what is claimed of them before they run
(src/words/experiment.ts). Read strictly: every fault names the place, what was expected and found."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any, TypeVar

import regex

from .errors import LabError
from .js import number_text, stringify, trim, utf16_length
from .knobs import knob_fault, knob_table
from .methods import arm_of, methods
from .schemas import table
from .types import Arm

T = TypeVar("T")
Fields = Mapping[str, Any]

#: In one folder; at some seconds each they take a day and more.
MAX_RUNS = 10_000
_LONGEST_SHOWN = 60
#: Of names in a message.
_MOST_NAMED = 20
_SAFE = 2**53 - 1


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


# ---------------------------------------------------------------- words of faults

_MISSING = object()


def _shortened(text: str) -> str:
    return f"{text[:_LONGEST_SHOWN]}…" if len(text) > _LONGEST_SHOWN else text


def _shown(value: Any) -> str:
    return "missing" if value is _MISSING else _shortened(stringify(value))


def quoted(name: str) -> str:
    """A name of the file in a message."""
    return f'"{_shortened(name)}"'


def _fault(where: str, what: str) -> LabError:
    return LabError("invalid-request", f"{where} {what}.", remedy="Correct the experiment file.")


def _fields(where: str, value: Any) -> Fields:
    if isinstance(value, dict):
        return value
    raise _fault(where, f"must be an object; it is {_shown(value)}")


def _refuse_unknown(where: str, fields: Fields, known: Iterable[str], kind: str = "key") -> None:
    names = list(known)
    for key in fields:
        if key not in names:
            raise LabError(
                "invalid-request",
                f"{where}: there is no {kind} {quoted(key)}.",
                remedy=f"Known: {', '.join(names)}.",
            )


def _text(where: str, value: Any) -> str:
    if isinstance(value, str) and trim(value) != "":
        return value
    raise _fault(where, f"must be text; it is {_shown(value)}")


def _items(where: str, value: Any) -> list[Any]:
    if isinstance(value, list) and value:
        return value
    raise _fault(where, f"must be a list of at least one; it is {_shown(value)}")


def _list(where: str, value: Any, read: Callable[[str, Any], T]) -> tuple[T, ...]:
    """A list of at least one, of which none stands twice."""
    items = tuple(read(f"{where}[{i}]", item) for i, item in enumerate(_items(where, value)))
    for i, item in enumerate(items):
        if item in items[:i]:
            raise _fault(where, f"names {_shown(item)} twice")
    return items


def _seed(where: str, value: Any) -> int:
    """Seeds key draws, so any whole number that is exact will do."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and float(value).is_integer() and 0 <= value <= _SAFE:
        return int(value)
    raise _fault(where, f"must be a whole number from 0; it is {_shown(value)}")


# ---------------------------------------------------------------- arms


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    method: str
    set: Fields


@cache
def _name_rules() -> tuple[regex.Pattern[str], int]:
    arm = table("experiment.schema.json")["properties"]["arms"]["items"]["properties"]["name"]
    return regex.compile(arm["pattern"]), arm["maxLength"]


def _name(where: str, value: Any) -> str:
    name = _text(where, value)
    pattern, longest = _name_rules()
    if pattern.fullmatch(name) and utf16_length(name) <= longest:
        return name
    raise _fault(where, f"must be letters, digits, spaces and _+.,=()- (at most {longest}): {quoted(name)}")


def _check_knob(where: str, name: str, value: Any) -> None:
    known = knob_table()
    wrong = knob_fault(known[name], value) if name in known else "is unknown"
    if wrong is not None:
        raise _fault(f'{where}: knob "{name}"', f"{wrong}; it is {_shown(value)}")


def _knobs(where: str, fields: Fields) -> Fields:
    _refuse_unknown(where, fields, knob_table(), "knob")
    for name, value in fields.items():
        _check_knob(where, name, value)
    return fields


def _entry(where: str, value: Any) -> _Entry:
    fields = _fields(where, value)
    name = _name(f'"name" of {where}', fields.get("name", _MISSING))
    method = _text(f'"method" of {where}', fields.get("method", _MISSING))
    if method not in methods():
        raise LabError(
            "invalid-request",
            f"{where}: there is no method {quoted(method)}.",
            remedy=f"Methods: {', '.join(methods())}.",
        )
    given = {key: item for key, item in fields.items() if key not in ("name", "method")}
    return _Entry(name, method, _knobs(f'{where} ("{name}")', given))


def _same(value: Any) -> tuple[str, Any]:
    """What tells values apart as JavaScript does: true is not 1."""
    if isinstance(value, dict | list):
        return ("object", id(value))
    kind = type(value).__name__
    return ("number" if kind in ("int", "float") else kind, value)


def _axes(grid: Any) -> list[tuple[str, list[Any]]]:
    """The grid's knobs with their values, checked; none where the file has no grid."""
    if grid is _MISSING:
        return []
    fields = _fields('"grid"', grid)
    _refuse_unknown('"grid"', fields, knob_table(), "knob")
    if not fields:
        raise _fault('"grid"', "must name a knob")
    axes = []
    for knob, given in fields.items():
        values = _items(f'"grid.{knob}"', given)
        if len({_same(value) for value in values}) < len(values):
            raise _fault(f'"grid.{knob}"', "names a value twice")
        for value in values:
            _check_knob('"grid"', knob, value)
        axes.append((knob, values))
    return axes


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


def _arms(file: Fields, tasks: int, seeds: int) -> tuple[Arm, ...]:
    shared = _knobs('"shared"', _fields('"shared"', file["shared"])) if "shared" in file else {}
    grid = file.get("grid", _MISSING)
    axes = _axes(grid)
    given = _items('"arms"', file.get("arms", _MISSING))
    entries = [_entry(f"arms[{i}]", value) for i, value in enumerate(given)]
    _refuse_too_many(tasks, len(entries), math.prod(len(values) for _, values in axes), seeds)
    names = [knob for knob, _ in axes]
    for entry in entries:
        swept = next((knob for knob in entry.set if knob in names), None)
        if swept is not None:
            raise _fault(f'Arm "{entry.name}"', f'sets knob "{swept}", which the grid sets too')
    arms = []
    for entry in entries:
        for point in product(*(values for _, values in axes)):
            swept_knobs = dict(zip(names, point, strict=True))
            told = ",".join(f"{knob}={_word(value)}" for knob, value in swept_knobs.items())
            name = f"{entry.name}[{told}]" if told else entry.name
            arms.append(arm_of(name, entry.method, {**shared, **entry.set, **swept_knobs}))
    # Names that differ in case or in how a letter is composed would be one folder on some machines.
    seen: set[str] = set()
    for arm in arms:
        plain = unicodedata.normalize("NFC", arm.name).lower()
        if plain in seen:
            raise _fault('"arms"', f"names {quoted(arm.name)} twice")
        seen.add(plain)
    return tuple(arms)


def _claims(file: Fields, arms: Sequence[Arm], tasks: Sequence[str]) -> tuple[Claim, ...]:
    if "claims" not in file:
        return ()

    def known(kind: str, names: Sequence[str]) -> Callable[[str, Any], str]:
        def read(where: str, value: Any) -> str:
            name = _text(where, value)
            if name in names:
                return name
            more = ", …" if len(names) > _MOST_NAMED else ""
            raise LabError(
                "invalid-request",
                f"{where}: the experiment has no {kind} {quoted(name)}.",
                remedy=f"It has {', '.join(names[:_MOST_NAMED])}{more}.",
            )

        return read

    arm_name = known("arm", [arm.name for arm in arms])
    claims = []
    for i, value in enumerate(_items('"claims"', file["claims"])):
        where = f"claims[{i}]"
        fields = _fields(where, value)
        _refuse_unknown(where, fields, ("arm", "against", "tasks"))
        claim = Claim(
            arm_name(f'"arm" of {where}', fields.get("arm", _MISSING)),
            arm_name(f'"against" of {where}', fields.get("against", _MISSING)),
            _list(f'"tasks" of {where}', fields.get("tasks", _MISSING), known("task", tasks)),
        )
        if claim.arm == claim.against:
            raise _fault(where, f'sets "{claim.arm}" against itself')
        claims.append(claim)
    return tuple(claims)


# ---------------------------------------------------------------- the whole


def parse_experiment(json: Any) -> Experiment:
    """Reads an experiment file's JSON. LabError `invalid-request` naming the unknown key, knob, method or value,
    duplicates and empty lists."""
    file = _fields("An experiment", json)
    _refuse_unknown("The experiment", file, table("experiment.schema.json")["properties"])
    if "$schema" in file:
        _text('"$schema"', file["$schema"])
    model = _text('"model"', file.get("model", _MISSING))
    tasks = _list('"tasks"', file.get("tasks", _MISSING), _text)
    seeds = _list('"seeds"', file.get("seeds", _MISSING), _seed)
    arms = _arms(file, len(tasks), len(seeds))

    def told(key: str) -> str:
        return _text(f'"{key}"', file[key]) if key in file else ""

    return Experiment(
        title=told("title"),
        why=told("why"),
        question=told("question"),
        model=model,
        tasks=tasks,
        seeds=seeds,
        arms=arms,
        claims=_claims(file, arms, tasks),
    )


def restricted(
    experiment: Experiment, seeds: Sequence[int] | None = None, tasks: Sequence[str] | None = None
) -> Experiment:
    """The experiment with other seeds or tasks; claims keep those of their tasks that still run."""
    own_seeds = _list("The list of seeds", list(experiment.seeds if seeds is None else seeds), _seed)
    own_tasks = _list("The list of tasks", list(experiment.tasks if tasks is None else tasks), _text)
    _refuse_too_many(len(own_tasks), len(experiment.arms), 1, len(own_seeds))
    claims = (
        replace(claim, tasks=tuple(task for task in claim.tasks if task in own_tasks))
        for claim in experiment.claims
    )
    kept = tuple(claim for claim in claims if claim.tasks)
    return replace(experiment, seeds=own_seeds, tasks=own_tasks, claims=kept)


def expand(experiment: Experiment) -> list[ExperimentRun]:
    """All runs; the arms of a task and seed stand together, since they share the base's answers."""
    return [
        ExperimentRun(task, seed, arm)
        for task in experiment.tasks
        for seed in experiment.seeds
        for arm in experiment.arms
    ]
