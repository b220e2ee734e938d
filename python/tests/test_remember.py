"""What was asked before is answered from memory: the arms of a seed get the same events as without it, and ask less."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
from scripted import ScriptedPorts
from test_runs import FIXTURE, asked_by, comparable, lasting

from bootlace.distributed import ALONE
from bootlace.draws import RunContext
from bootlace.engine import Engine
from bootlace.errors import LabError
from bootlace.loop import bootstrap
from bootlace.methods import arm_of
from bootlace.ports import TrainingPorts
from bootlace.remember import Remembering
from bootlace.state import fold_events
from bootlace.types import (
    Adapter,
    Completion,
    GenerationConfig,
    LabelRequest,
    LoraConfig,
    LoraPair,
    Plan,
    PromptRow,
    Score,
    ScoreRow,
    TrainingRequest,
    TrainStep,
)

RUN = next(run for run in FIXTURE["runs"] if run["method"] == "soft")


class Counted(ScriptedPorts):
    """Answers all at once, as an engine does, and counts what it is asked."""

    team = ALONE

    def __init__(self, ports: ScriptedPorts) -> None:
        super().__init__(ports.max_positions, ports.answers)
        self.asked = {"generate": 0, "score": 0, "train": 0}

    def generate(self, request: LabelRequest) -> Any:
        self.asked["generate"] += 1
        found: list[Completion] = list(super().generate(request))
        return found

    def score(self, adapter: Adapter | None, rows: Sequence[ScoreRow]) -> list[Score]:
        self.asked["score"] += 1
        return super().score(adapter, rows)

    def train(self, request: TrainingRequest) -> Generator[TrainStep, None, Adapter]:
        self.asked["train"] += 1
        return (yield from super().train(request))


def events_of(plan: Plan, ports: TrainingPorts) -> list[Any]:
    context = RunContext(plan, ports)
    return [comparable(event) for event in lasting(bootstrap(context, ports, fold_events([])))]


def plans(*methods: str) -> list[Plan]:
    _, plan = asked_by(RUN)
    # Both labels and trains for rounds on end.
    knobs = {**FIXTURE["shared"], "rounds": 3, "start": "base"}
    return [replace(plan, arm=arm_of(method, method, knobs)) for method in methods]


def remembering(most: int | None = None) -> tuple[Remembering, Counted]:
    ports, _ = asked_by(RUN)
    counted = Counted(ports)
    engine = cast(Engine, counted)
    return (Remembering(engine) if most is None else Remembering(engine, most)), counted


def test_the_arms_of_a_seed_get_the_same_and_ask_less() -> None:
    ports, _ = asked_by(RUN)
    together, counted = remembering()
    apart = Counted(ports)
    for plan in plans("soft", "frozen-teacher"):
        assert events_of(plan, together) == events_of(plan, apart)
    # Both have three rounds; the first is the same, from the base's labels to its student's scores.
    assert (counted.asked["train"], apart.asked["train"]) == (5, 6)
    assert counted.asked["generate"] < apart.asked["generate"]


def test_a_run_that_was_done_is_asked_nothing() -> None:
    together, counted = remembering()
    (plan,) = plans("soft")
    first = events_of(plan, together)
    before = dict(counted.asked)
    assert events_of(plan, together) == first
    assert counted.asked == before
    assert min(before["generate"], before["train"]) > 0


def test_without_room_only_the_newest_stays() -> None:
    together, counted = remembering(most=0)
    (plan,) = plans("soft")
    first = events_of(plan, together)
    before = dict(counted.asked)
    assert events_of(plan, together) == first
    assert counted.asked == {kind: 2 * times for kind, times in before.items()}


def test_an_adapter_is_known_in_whatever_order_its_modules_stand() -> None:
    together, counted = remembering()
    pair = LoraPair(np.ones((1, 2), np.float32), np.zeros((2, 1), np.float32))
    # The script reads what it was taught here.
    script = LoraPair(np.array([[0, 7]], np.float32), np.zeros((2, 1), np.float32))
    pairs = {"script": script, "layers.2": pair, "layers.10": pair}
    config = LoraConfig(1, 1.0, False, 0.0, "all-linear")
    rows = (PromptRow("a", (65, 66)),)
    asking = GenerationConfig(2, (), ("\n",))
    other = {**pairs, "script": LoraPair(np.array([[0, 8]], np.float32), script.b)}
    for own in (pairs, dict(reversed(pairs.items())), other):
        together.generate(LabelRequest(Adapter(config, own), rows, asking))
    assert counted.asked["generate"] == 2


def test_a_training_that_fails_is_not_kept() -> None:
    together, counted = remembering()
    (plan,) = plans("soft")
    good = counted.train

    def failing(request: TrainingRequest) -> Generator[TrainStep, None, Adapter]:
        yield next(good(request))
        raise LabError("non-finite-loss", "The loss is no number.")

    counted.train = failing  # type: ignore[method-assign]
    with pytest.raises(LabError):
        events_of(plan, together)
    counted.train = good  # type: ignore[method-assign]
    trained = counted.asked["train"]
    events_of(plan, together)
    assert counted.asked["train"] == trained + 3
