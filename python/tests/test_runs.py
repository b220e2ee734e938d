"""Whole runs on a scripted model, event by event as the lab tells them: every method, and every knob that changes what a run
draws, asks, keeps, orders or trains on (tools/twin/runs.ts)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fixtures import digest, fixture
from scripted import ScriptedPorts, tag_of

from bootlace.account import losses_of
from bootlace.draws import RunContext
from bootlace.learn import trained_texts
from bootlace.loop import bootstrap
from bootlace.methods import arm_of
from bootlace.ports import Notice
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


@pytest.mark.parametrize("run", FIXTURE["runs"], ids=name_of)
def test_a_run_is_the_labs(run: dict[str, Any]) -> None:
    task = TASKS[run["task"]]
    answers = list(dict.fromkeys(row.output for row in task.splits.pool))[:4]
    ports = ScriptedPorts(run["positions"], answers)
    plan = Plan(task, arm_of("arm", run["method"], {**FIXTURE["shared"], **run["set"]}), run["seed"])
    context = RunContext(plan, ports)
    told = list(bootstrap(context, ports))
    events = [event for event in told if isinstance(event, LastingEvent)]
    assert [f"{event.type} {digest(comparable(event))}" for event in events] == run["events"]
    state = fold_events(events)
    assert digest(tidy_rows("script", plan, state)) == run["rows"]
    trained = [one.round for one in state.rounds if one.adapter is not None]
    texts = [trained_texts(context, ports, state, number) for number in trained]
    assert digest(texts) == run["texts"]
    notices = [event.text for event in told if isinstance(event, Notice)]
    assert digest([notices, losses_of(state)]) == run["told"]
