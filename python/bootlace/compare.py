"""`bootlace compare`: where two runs part. Of two folders of one experiment: event beside event, the first label, step and score
that differ. Forced: each phase of each round of one folder is computed anew from the very adapter, labels and order that stood
before it, so that nothing adds up; what the twin differs from itself by (another number of threads, other batches) is the
yardstick."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch

from .differences import WITHIN, Difference, differences
from .draws import RunContext
from .engine import Engine, Machine, find_model, load_engine
from .errors import LabError
from .files import parse_json
from .float64 import in_float64
from .inputs import find_folder, places_of
from .knobs import knobs
from .loop import next_event
from .manifest import MANIFEST, read_manifest
from .methods import method_of
from .run_store import read_events, run_path
from .state import NEW_RUN, apply
from .task import read_task
from .types import (
    Adapter,
    Arm,
    Completion,
    EvaluatedEvent,
    LabelledEvent,
    LabelRequest,
    LastingEvent,
    Plan,
    RunState,
    Score,
    ScoreRow,
    Task,
    TrainedEvent,
)
from .wire import read

#: The lab's differences may be so many times the twin's own: from itself, or from float64 where that was asked.
ALLOWED = 2.0
#: What float32 cannot tell: of numbers around 1, or by their share.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Place:
    """An event of a run."""

    run: str
    #: "round 1, label"
    phase: str


@dataclass(slots=True)
class Finding:
    place: Place
    difference: Difference
    #: Of an answer: both tokens were equally likely, as far as numbers can tell.
    is_tie: bool = False

    def words(self) -> str:
        one = self.difference
        at = f", {one.at}" if one.at else ""
        where = f"{self.place.run}: {self.place.phase}{at}: {one.kind}"
        if one.is_measured:
            values = "" if one.a is None else f" {one.a} and {one.b}"
            return f"{where}{values}, {one.size:.2g} apart"
        return f"{where} {one.a!r} and {one.b!r}{' (a tie)' if self.is_tie else ''}"


@dataclass(slots=True)
class Comparison:
    #: By run: labels, steps and answers that were compared.
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    #: What is not the same, ties among them, in the runs' order.
    unlike: list[Finding] = field(default_factory=list)
    #: By kind, the widest distance.
    widest: dict[str, Finding] = field(default_factory=dict)
    #: By kind, the widest distance of the twin from itself; empty where it was not asked.
    own: dict[str, float] = field(default_factory=dict)
    #: By kind, how far the folder and how far the twin lie from float64, at most; empty where it was not asked.
    exact: dict[str, tuple[float, float]] = field(default_factory=dict)
    #: Runs that only one of the folders holds.
    missing: list[str] = field(default_factory=list)

    def take(self, place: Place, found: Sequence[tuple[Difference, bool]]) -> None:
        for one, is_tie in found:
            finding = Finding(place, one, is_tie)
            if not one.is_measured or one.size == float("inf"):
                self.unlike.append(finding)
            elif one.kind not in self.widest or one.size > self.widest[one.kind].difference.size:
                self.widest[one.kind] = finding

    def count(self, run: str, event: LastingEvent) -> None:
        counts = self.counts.setdefault(run, {"labels": 0, "steps": 0, "answers": 0})
        if isinstance(event, LabelledEvent):
            counts["labels"] += len(event.samples)
        elif isinstance(event, TrainedEvent):
            counts["steps"] += len(event.curve)
        elif isinstance(event, EvaluatedEvent):
            counts["answers"] += len(event.evaluation.predictions)

    @property
    def too_wide(self) -> list[Finding]:
        """Numbers further apart than the twin is from itself, or from float64, twice; where neither was asked, than float32
        lets them be."""
        return [one for kind, one in self.widest.items() if one.difference.size > self._limit(kind)]

    def _limit(self, kind: str) -> float:
        if not self.own:
            return WITHIN[kind]
        _, error = self.exact.get(kind, (0.0, 0.0))
        return max(_ROUNDING, ALLOWED * max(self.own.get(kind, 0.0), error))

    def take_own(self, found: LastingEvent, again: LastingEvent | None) -> None:
        """An event of the twin and the same in other batches, on another number of threads."""
        for kind, size in _sizes(found, again).items():
            self.own[kind] = max(self.own.get(kind, 0.0), size)

    def take_exact(self, event: LastingEvent, found: LastingEvent, exact: LastingEvent | None) -> None:
        """An event of the folder, the twin's and the one in float64."""
        theirs, ours = _sizes(event, exact), _sizes(found, exact)
        for kind in theirs.keys() & ours.keys():
            before = self.exact.get(kind, (0.0, 0.0))
            self.exact[kind] = (max(before[0], theirs[kind]), max(before[1], ours[kind]))

    @property
    def is_same(self) -> bool:
        return not self.missing and not self.too_wide and all(one.is_tie for one in self.unlike)

    def lines(self) -> Iterator[str]:
        whole = {
            name: sum(one[name] for one in self.counts.values()) for name in ("labels", "steps", "answers")
        }
        compared = ", ".join(f"{count} {name}" for name, count in whole.items())
        yield f"{len(self.counts)} runs: {compared}."
        for run in self.missing:
            yield f"{run}: in one folder alone."
        seen: set[tuple[str, str]] = set()
        for finding in self.unlike:
            # The first of each kind in each run: what follows may follow from it.
            key = (finding.place.run, finding.difference.kind)
            if key not in seen:
                yield finding.words()
            seen.add(key)
        if not self.unlike:
            yield "Labels, answers, orders and endings: all the same."
        for kind, finding in self.widest.items():
            own = f"; the twin from itself {self.own[kind]:.2g}" if kind in self.own else ""
            exact = ""
            if kind in self.exact:
                theirs, ours = self.exact[kind]
                exact = f"; from float64 {theirs:.2g}, the twin {ours:.2g}"
            yield f"{kind}: at most {finding.difference.size:.2g} apart{own}{exact} ({finding.words()})"

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "runs": self.counts,
            "missing": self.missing,
            "unlike": [{"where": one.words(), "tie": one.is_tie} for one in self.unlike],
            "widest": {
                kind: {
                    "where": one.words(),
                    "apart": one.difference.size,
                    "own": self.own.get(kind),
                    "fromFloat64": self.exact.get(kind),
                }
                for kind, one in self.widest.items()
            },
        }


def _sizes(a: LastingEvent, b: LastingEvent | None) -> dict[str, float]:
    """By kind of number, the widest distance of two events."""
    sizes: dict[str, float] = {}
    for one in differences(a, b):
        if one.is_measured and one.size < float("inf"):
            sizes[one.kind] = max(sizes.get(one.kind, 0.0), one.size)
    return sizes


# ---------------------------------------------------------------- two folders


def compare_folders(a: Path, b: Path) -> Comparison:
    """Raises LabError `invalid-request` where they hold different experiments, `source-unreadable`."""
    one, other = Folder(a), Folder(b)
    for key in ("modelSha256", "tasks", "arms"):
        x, y = one.config[key], other.config[key]
        if x != y:
            names = [name for name in {**x, **y} if x.get(name) != y.get(name)] if isinstance(x, dict) else []
            which = f" ({', '.join(names)})" if names else ""
            raise LabError("invalid-request", f"{a} and {b} differ in {key}{which}: nothing to compare.")
    comparison = Comparison()
    for plan, name in one.runs():
        events = [one.events(plan), other.events(plan)]
        if not events[0] and not events[1]:
            continue
        if not events[0] or not events[1]:
            comparison.missing.append(name)
            continue
        for i in range(max(map(len, events))):
            pair = [side[i] if i < len(side) else None for side in events]
            first, second = pair if pair[0] is not None else reversed(pair)
            assert first is not None
            comparison.count(name, first)
            found = [(each, False) for each in differences(first, second)]
            comparison.take(Place(name, phase_of(first)), found)
            if any(each.kind in ("event", "prompts") for each, _ in found):
                break
    return comparison


class Folder:
    """What an experiment left, of the lab's or the twin's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config: dict[str, Any] = read_manifest(path)["config"]
        self._tasks: dict[str, Task] = {}

    def runs(self) -> Iterator[tuple[Plan, str]]:
        for id in self.config["tasks"]:
            task = self._task(id)
            for seed in self.config["seeds"]:
                for name, told in self.config["arms"].items():
                    values = {knob: value for knob, value in told.items() if knob != "method"}
                    arm = Arm(name, told["method"], knobs(values, method_of(told["method"]).presets))
                    yield Plan(task, arm, seed), f"{id}, {name}, seed {seed}"

    def events(self, plan: Plan) -> list[LastingEvent]:
        return read_events(self.path, run_path(plan.task.definition.id, plan.arm.name, plan.seed))[0]

    def _task(self, id: str) -> Task:
        """As the folder holds it; of older folders, the bundled one."""
        if id not in self._tasks:
            path = self.path / "tasks" / f"{id}.json"
            if path.exists():
                value = parse_json(path.read_text("utf-8"), str(path), "task-integrity")
                self._tasks[id] = read(Task, value, str(path), "task-integrity")
            else:
                places = places_of(id, "icl-pool", self.path / MANIFEST, Path.cwd())
                self._tasks[id] = read_task(find_folder("task", id, places, "task.json"))
        return self._tasks[id]


def phase_of(event: LastingEvent) -> str:
    if isinstance(event, EvaluatedEvent):
        return f"round {event.round}, {event.evaluation.split}, {event.evaluation.mode}"
    return event.type if not hasattr(event, "round") else f"round {event.round}, {event.type}"


# ---------------------------------------------------------------- forced


class Recalling:
    """The engine's ports, keeping what was asked last: an answer that differs is asked about again."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.model = engine.model
        self.encode, self.prefix_ids, self.train = engine.encode, engine.prefix_ids, engine.train
        self.write_chats, self.answer_frame = engine.write_chats, engine.answer_frame
        #: By the rows' keys, since `forget`.
        self._asked: dict[str, tuple[Adapter | None, tuple[int, ...], Completion]] = {}

    def forget(self) -> None:
        self._asked.clear()

    def generate(self, request: LabelRequest) -> list[Completion]:
        found = self._engine.generate(request)
        for row, completion in zip(request.rows, found, strict=True):
            self._asked[row.key] = (request.adapter, row.ids, completion)
        return found

    def score(self, adapter: Adapter | None, rows: Sequence[ScoreRow]) -> list[Score]:
        return self._engine.score(adapter, rows)

    def is_tie(self, item: str, ids: Sequence[int], logprobs: Sequence[float], least: float) -> bool:
        """Whether an answer of these tokens parts from the twin's to the same item where both tokens were equally likely: the
        gap is below twice the largest difference of log-probabilities on this prompt. least: that difference elsewhere, where
        the answer's own are not known."""
        for key, (adapter, prompt, own) in self._asked.items():
            if key != item and not key.endswith(f"/{item}"):
                continue
            at = next(
                (i for i, pair in enumerate(zip(ids, own.ids, strict=False)) if pair[0] != pair[1]), None
            )
            if at is None:
                continue
            before = (*prompt, *own.ids[:at])
            theirs, ours = self.score(
                adapter, [ScoreRow(before, (ids[at],)), ScoreRow(before, (own.ids[at],))]
            )
            told = [*own.logprobs[:at], theirs.logprobs[0]]
            apart = [abs(x - y) for x, y in zip(told, logprobs, strict=False)] or [least]
            # Either way: a token less likely than the other side's was no choice to make.
            if abs(ours.logprobs[0] - theirs.logprobs[0]) <= 2 * max(apart):
                return True
        return False


def compare_forced(
    folder: Path, machine: Machine, model: str | None = None, *, is_exact_too: bool = False
) -> Comparison:
    """is_exact_too: every phase in float64 as well.

    Raises LabError as the engine does, and `source-unreadable`.
    """
    held = Folder(folder)
    source = find_model(model or held.config["model"], folder / MANIFEST)
    engine = load_engine(source, machine)
    if engine.model.sha256 != held.config["modelSha256"]:
        raise LabError(
            "adapter-mismatch",
            f"{source} has weights of sha256 {engine.model.sha256}, "
            f"the runs in {folder} were made on {held.config['modelSha256']}.",
            remedy="Name the model that they were made on with --model.",
        )
    exact: Engine | None = None
    if is_exact_too:
        with in_float64():
            exact = load_engine(source, replace(machine, dtype="float64"))
    comparison = Comparison()
    for plan, name in held.runs():
        force(comparison, engine, plan, name, held.events(plan), exact)
    return comparison


def force(
    comparison: Comparison,
    engine: Engine,
    plan: Plan,
    name: str,
    events: Sequence[LastingEvent],
    exact: Engine | None = None,
) -> None:
    """Computes each of the run's events anew from the state before it, twice; and in float64 where `exact` is such an engine."""
    ports, others = Recalling(engine), Recalling(_otherwise(engine))
    run = RunContext(plan, ports)
    state: RunState = NEW_RUN
    for event in events:
        ports.forget()
        found = next_event(run, ports, state)
        comparison.count(name, event)
        told = list(differences(event, found))
        least = max((one.size for one in told if one.kind == "log-probability"), default=0.0)
        place = Place(name, phase_of(event))
        comparison.take(place, [(one, _is_tie(run, ports, one, least)) for one in told])
        if found is not None:
            with _other_threads():
                again = next_event(run, others, state)
            comparison.take_own(found, again)
            if exact is not None:
                with in_float64():
                    comparison.take_exact(event, found, next_event(run, Recalling(exact), state))
        state = apply(state, event)


def _is_tie(run: RunContext, ports: Recalling, one: Difference, least: float) -> bool:
    if one.kind not in ("label", "answer"):
        return False
    ids, logprobs = one.said
    if not ids:
        (ids,) = run.answer_ids([str(one.a)])
    return ports.is_tie(one.at, ids, logprobs, least)


def _otherwise(engine: Engine) -> Engine:
    """The same model, asked in other batches."""
    return replace(engine, batch_tokens=256 if engine.batch_tokens != 256 else 512, train_rows=3)


class _other_threads:  # noqa: N801
    """As a context: another number of the processor's threads."""

    def __enter__(self) -> None:
        self._before = torch.get_num_threads()
        torch.set_num_threads(2 if self._before == 1 else 1)

    def __exit__(self, *_: object) -> None:
        torch.set_num_threads(self._before)
