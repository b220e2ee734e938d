"""Experiments, tasks and agendas read as the lab reads them, with the lab's own words for every fault (tools/twin/words.ts)."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from fixtures import REPOSITORY, fixture

from bootlace.agenda import requests_of, shape_of
from bootlace.engine import find_model
from bootlace.errors import LabError
from bootlace.experiment import Experiment, expand, parse_experiment, restricted
from bootlace.inputs import places_of, read_experiment, read_tasks
from bootlace.js import stringify
from bootlace.knobs import knob_table, knobs_json, snake
from bootlace.methods import arm_of, methods, methods_from
from bootlace.schemas import table
from bootlace.task import read_task, task_sha256
from bootlace.types import Knobs, Task
from bootlace.wire import plain, read

FIXTURE = fixture("words.json")


def long(value: Any) -> Any:
    """Long texts stand in the fixture as what they are made of: "<x 20001>"."""
    text = re.sub(r"<x (\d+)>", lambda found: "x" * int(found[1]), json.dumps(value))
    return json.loads(text)


def digest_of(experiment: Experiment) -> str:
    arms = [
        {"name": arm.name, "method": arm.method, "knobs": knobs_json(arm.knobs)} for arm in experiment.arms
    ]
    one = experiment
    whole = {
        "title": one.title,
        "why": one.why,
        "question": one.question,
        "model": one.model,
        "tasks": one.tasks,
        "arms": arms,
        "seeds": one.seeds,
        "claims": [plain(claim) for claim in one.claims],
    }
    return hashlib.sha256(stringify(whole).encode()).hexdigest()


@pytest.mark.parametrize("given", FIXTURE["bundled"], ids=lambda given: given["name"])
def test_bundled_experiments(given: dict[str, Any]) -> None:
    path = REPOSITORY / "experiments" / given["name"]
    assert digest_of(read_experiment(path)) == given["read"]


@pytest.mark.parametrize("given", FIXTURE["experiments"])
def test_experiments(given: dict[str, Any]) -> None:
    file = long(given["file"])
    if "read" in given:
        assert digest_of(parse_experiment(file)) == given["read"]
        return
    with pytest.raises(LabError) as caught:
        parse_experiment(file)
    assert {"code": caught.value.code, "message": str(caught.value)} == given["fault"]


@pytest.mark.parametrize("given", FIXTURE["bundledTasks"], ids=lambda given: given["name"])
def test_bundled_tasks(given: dict[str, Any]) -> None:
    assert task_sha256(read_task(REPOSITORY / "public" / "icl-pool" / given["name"])) == given["sha256"]


#: Where the words of JSON's own readers stand, or a field's order in what is known, the two may differ.
@pytest.mark.parametrize("given", FIXTURE["tasks"])
def test_tasks(given: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "task.json").write_text(stringify(long(given["definition"])), encoding="utf-8")
    for split, rows in long(given["rows"]).items():
        text = "".join(f"{stringify(row)}\n" for row in rows)
        (tmp_path / f"{split}.jsonl").write_text(text, encoding="utf-8")
    if "read" in given:
        assert task_sha256(read_task(tmp_path)) == given["read"]
        return
    with pytest.raises(LabError) as caught:
        read_task(tmp_path)
    found = {"code": caught.value.code, "message": str(caught.value).replace(str(tmp_path), "FOLDER")}
    assert found == given["fault"]


@pytest.mark.parametrize(
    "given", FIXTURE["requests"], ids=lambda given: f"{given['method']} {given['decoding']}"
)
def test_what_a_run_asks(given: dict[str, Any]) -> None:
    task = read(Task, fixture("runs.json")["tasks"][0], "a task", "internal")
    arm = arm_of("arm", given["method"], {"rounds": 2, "balanced": True, "decoding": given["decoding"]})
    assert [plain(one) for one in requests_of(arm, shape_of(task))] == given["requests"]


def test_an_experiment_is_the_product_of_its_parts() -> None:
    files = [given["file"] for given in FIXTURE["experiments"] if "read" in given]
    experiment = parse_experiment(next(file for file in files if "grid" in file))
    runs = expand(experiment)
    assert len(runs) == len(experiment.tasks) * len(experiment.seeds) * len(experiment.arms) == 32
    # What is stopped leaves whole seeds.
    assert [run.seed for run in runs] == sorted((run.seed for run in runs), key=experiment.seeds.index)
    fewer = restricted(experiment, seeds=[9], tasks=["daytime"])
    assert [(run.task, run.seed) for run in expand(fewer)] == [("daytime", 9)] * 8
    with pytest.raises(LabError, match="names 9 twice"):
        restricted(experiment, seeds=[9, 9])


def test_knobs_are_those_of_the_schema() -> None:
    assert list(Knobs.__dataclass_fields__) == [snake(name) for name in knob_table()]
    defaults = {name: knob["default"] for name, knob in knob_table().items()}
    assert knobs_json(arm_of("a", "soft").knobs) == defaults


@pytest.mark.parametrize("name", ["methods.json", "methods.schema.json", "experiment.schema.json"])
def test_the_tables_are_the_repositorys(name: str) -> None:
    """What a method is stands once: a wheel's copy is the file."""
    assert table(name) == json.loads((REPOSITORY / "experiments" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"labels": "prompts"}, "soft.labels"),
        ({"trainsOn": "labels"}, "soft.trainsOn"),
        ({"teacher": ["base"]}, "soft.teacher"),
        ({"presets": {"rounds": 0}}, "soft.presets"),
        ({"stop": None}, "soft.stop"),
    ],
)
def test_a_method_with_a_verb_that_is_none(change: dict[str, Any], fault: str) -> None:
    soft = table("methods.json")["methods"]["soft"]
    with pytest.raises(LabError, match=re.escape(fault)):
        methods_from({"version": 1, "methods": {"soft": {**soft, **change}}})
    assert list(methods_from(table("methods.json"))) == list(methods())


def test_what_is_named_is_found_or_the_places_are_told(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(
        stringify(
            {"model": "nano", "tasks": ["topic-4"], "seeds": [1], "arms": [{"name": "a", "method": "soft"}]}
        )
    )
    (named,) = read_tasks(read_experiment(file), file, REPOSITORY)
    assert (named.name, named.task.definition.id) == ("topic-4", "topic-4")
    absent = parse_experiment(json.loads(file.read_text()) | {"tasks": ["no-such"]})
    with pytest.raises(LabError, match="There is no task") as caught:
        read_tasks(absent, file, tmp_path)
    assert str(places_of("no-such", "icl-pool", file, tmp_path)[-1])[:50] in str(caught.value)
    too_many = parse_experiment(json.loads(file.read_text()) | {"shared": {"promptsPerRound": 4096}})
    with pytest.raises(LabError, match=r"needs 12288 \(3 rounds of 4096\)\. Feasible: 3 rounds of"):
        read_tasks(too_many, file, REPOSITORY)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"model": "a", "model": "b"}', 'has the key "model" twice'),
        ('{"a": NaN}', "is no JSON"),
        ("[" * 200 + "]" * 200, "nested more than 100 deep"),
        ("{", "is no JSON"),
        ("\ufeff[]", "The experiment: the value: expected an object, found an array"),
    ],
)
def test_files_that_are_no_experiment(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LabError, match=re.escape(words)):
        read_experiment(path)


def test_a_file_that_is_not_there_or_no_utf8(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="is not there"):
        read_experiment(tmp_path / "x.json")
    (tmp_path / "y.json").write_bytes(b"\xff\xfe")
    with pytest.raises(LabError, match=r"y\.json is no UTF-8\. Save it as UTF-8"):
        read_experiment(tmp_path / "y.json")


@pytest.mark.parametrize("weights", ["float16", "q8", "q4"])
def test_a_model_held_in_another_type_is_refused_by_its_name(weights: str, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=rf"nano@{weights} is held in {weights}") as refused:
        find_model(f"nano@{weights}", tmp_path / "x.json")
    assert refused.value.code == "invalid-request"
