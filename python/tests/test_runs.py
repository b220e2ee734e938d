"""Whole runs on a scripted model, event by event as the lab tells them: every method, and every knob that changes what a run
draws, asks, keeps, orders or trains on (tools/twin/runs.ts)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

import pytest
from fixtures import digest, fixture
from scripted import ScriptedPorts, tag_of

from bootlace.account import RunFloors, early_ending, floors_of_run, losses_of
from bootlace.draws import RunContext
from bootlace.learn import trained_texts
from bootlace.loop import bootstrap
from bootlace.methods import arm_of
from bootlace.metrics.scores import SCORES
from bootlace.ports import LoopEvent, Notice
from bootlace.results import tidy_rows
from bootlace.state import fold_events
from bootlace.types import Cost, LastingEvent, Plan, Task, TrainedEvent
from bootlace.wire import plain, read

FIXTURE = fixture("runs.json")
TASKS = {(task := read(Task, json, "a task", "internal")).definition.id: task for json in FIXTURE["tasks"]}


def comparable(event: LastingEvent) -> Any:
    if hasattr(event, "cost"):
        event = replace(event, cost=Cost(event.cost.tokens, 0))
    if not isinstance(event, TrainedEvent):
        return plain(event)
    adapter = {"tag": tag_of(event.adapter), "config": plain(event.adapter.config)}
    without = {name: getattr(event, name) for name in ("type", "round", "curve", "examples", "cost")}
    shots = {} if event.shots is None else {"shots": event.shots}
    return plain({**without, **shots, "adapter": adapter})


def name_of(run: dict[str, Any]) -> str:
    return f"{run['task']}-{run['method']}-{run['seed']}"


def without_metric(floors: RunFloors) -> dict[str, Any]:
    return {name: value for name, value in asdict(floors).items() if name != "metric"}


def asked_by(run: dict[str, Any]) -> tuple[ScriptedPorts, Plan]:
    task = TASKS[run["task"]]
    answers = list(dict.fromkeys(row.output for row in task.splits.pool))[:4]
    arm = arm_of("arm", run["method"], {**FIXTURE["shared"], **run["set"]})
    return ScriptedPorts(run["positions"], answers), Plan(task, arm, run["seed"])


def lasting(told: Iterable[LoopEvent]) -> list[LastingEvent]:
    return [event for event in told if isinstance(event, LastingEvent)]


@pytest.mark.parametrize("run", FIXTURE["runs"], ids=name_of)
def test_a_run_is_the_labs(run: dict[str, Any]) -> None:
    ports, plan = asked_by(run)
    task = plan.task
    context = RunContext(plan, ports)
    told = list(bootstrap(context, ports))
    events = lasting(told)
    assert [f"{event.type} {digest(comparable(event))}" for event in events] == run["events"]
    state = fold_events(events)
    assert digest(tidy_rows("script", plan, state)) == run["rows"]
    trained = [one.round for one in state.rounds if one.adapter is not None]
    texts = [trained_texts(context, ports, state, number) for number in trained]
    assert digest(texts) == run["texts"]
    notices = [event.text for event in told if isinstance(event, Notice)]
    assert digest([notices, losses_of(state), early_ending(state)]) == run["told"]
    floors = [floors_of_run(task, state, score.name) for score in SCORES]
    assert digest([one and without_metric(one) for one in floors]) == run["floors"]


@pytest.mark.parametrize("run", FIXTURE["runs"][::7], ids=name_of)
def test_a_run_goes_on_from_any_event_to_the_same_end(run: dict[str, Any]) -> None:
    ports, plan = asked_by(run)
    context = RunContext(plan, ports)
    events = lasting(bootstrap(context, ports))
    for done in range(len(events) + 1):
        rest = lasting(bootstrap(context, ports, fold_events(events[:done])))
        assert [comparable(event) for event in events[:done] + rest] == [
            comparable(event) for event in events
        ]
