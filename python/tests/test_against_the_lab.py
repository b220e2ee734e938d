"""The recorded experiment (test/regression), run whole by the twin: the lab's draws, labels, verdicts, answers and texts, its
numbers within what two right float32 implementations differ by. The lab computed it in a browser on wasm."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fixtures import REPOSITORY

from bootlace.engine import Machine
from bootlace.run import Options, run
from bootlace.task import read_task, task_json

RECORDED = REPOSITORY / "test" / "regression"
#: Nats, losses, perplexities: 1.7e-5 was seen between wasm and this machine's processor.
TOLERANCE = 1e-4


def rows_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("twin") / "out"
    assert run(Options(RECORDED / "experiment.json", out, machine=Machine(device="cpu"))) == 0
    return out


def differences(found: Any, wanted: Any, at: str = "") -> Iterator[str]:
    """Where two values depart: numbers by more than the tolerance, all else at all."""
    if isinstance(wanted, dict) and isinstance(found, dict) and set(found) == set(wanted):
        for name in wanted:
            yield from differences(found[name], wanted[name], f"{at}.{name}")
    elif isinstance(wanted, list) and isinstance(found, list) and len(found) == len(wanted):
        for i, one in enumerate(wanted):
            yield from differences(found[i], one, f"{at}[{i}]")
    elif isinstance(wanted, float) and isinstance(found, int | float):
        if abs(found - wanted) > TOLERANCE * max(1, abs(wanted)):
            yield f"{at}: {found} for {wanted}"
    elif found != wanted:
        yield f"{at}: {found!r} for {wanted!r}"


@pytest.mark.parametrize(
    ("file", "least"), [("samples.jsonl", 300), ("predictions.jsonl", 800), ("results.jsonl", 1200)]
)
def test_rows_in_their_order(folder: Path, file: str, least: int) -> None:
    found, wanted = rows_of(folder / file), rows_of(RECORDED / file)
    assert len(found) == len(wanted) >= least
    assert list(differences(found, wanted)) == []
    assert [list(row) for row in found] == [list(row) for row in wanted]


def test_what_it_was_run_with(folder: Path) -> None:
    config = json.loads((folder / "run.json").read_text(encoding="utf-8"))["config"]

    def settings(value: Any, name: str) -> Iterator[tuple[str, Any]]:
        if not isinstance(value, dict):
            yield name, value
            return
        for key, inner in value.items():
            yield from settings(inner, key if name == "" else f"{name}.{key}")

    recorded = {row["setting"]: row["value"] for row in rows_of(RECORDED / "config.jsonl")}
    own = dict(settings(config, ""))
    # The devices are each side's own.
    assert {name: own[name] for name in recorded if name != "backends"} == {
        name: value for name, value in recorded.items() if name != "backends"
    }


def test_training_texts_and_tasks_byte_for_byte(folder: Path) -> None:
    for row in rows_of(RECORDED / "texts.jsonl"):
        path = folder / "sft" / row["task"] / row["arm"] / str(row["seed"]) / f"{row['round']}.jsonl"
        assert hashlib.sha256(path.read_bytes()).hexdigest() == row["sha256"]
    for path in sorted((folder / "tasks").iterdir()):
        task = read_task(REPOSITORY / "public" / "icl-pool" / path.stem)
        assert path.read_text(encoding="utf-8").strip() == task_json(task)


def test_events_follow_each_other_as_in_the_lab(folder: Path) -> None:
    recorded: dict[tuple[str, str, int], list[tuple[str, int]]] = {}
    for row in rows_of(RECORDED / "events.jsonl"):
        events = recorded.setdefault((row["task"], row["arm"], row["seed"]), [])
        events.append((row["type"], row["round"]))
    for (task, arm, seed), wanted in recorded.items():
        _, *events = rows_of(folder / "state" / task / arm / f"{seed}.jsonl")
        assert [(event["type"], event.get("round", 0)) for event in events] == wanted
