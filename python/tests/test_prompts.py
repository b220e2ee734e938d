"""What the bundled model is asked, in its own tokens: transformers' tokenizer, the lab's draws and prompts
(tools/twin/prompts.ts)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from fixtures import REPOSITORY, fixture
from transformers import AutoTokenizer

from bootlace.draws import RunContext
from bootlace.engine import Engine
from bootlace.errors import LabError
from bootlace.methods import arm_of
from bootlace.prompts import Item
from bootlace.task import read_task
from bootlace.types import ModelFacts, Plan
from bootlace.wire import plain

FIXTURE = fixture("prompts.json")


@dataclass
class Texts:
    """The text side of the engine, without a model."""

    tokenizer: Any
    model: ModelFacts
    encode = Engine.encode
    prefix_ids = Engine.prefix_ids
    _chat = Engine._chat
    write_chats = Engine.write_chats
    answer_frame = Engine.answer_frame


@cache
def tokenizer_of(folder: str) -> Any:
    return AutoTokenizer.from_pretrained(REPOSITORY / folder)


def texts_of(folder: str, positions: int) -> Texts:
    return Texts(tokenizer_of(folder), ModelFacts("a model", "", positions, (0,), 4e-3))


@pytest.mark.parametrize("given", FIXTURE["tokens"], ids=lambda given: given["folder"])
def test_tokens(given: dict[str, Any]) -> None:
    texts = texts_of(given["folder"], 512)
    assert [list(ids) for ids in texts.encode(given["texts"])] == given["ids"]
    assert list(texts.prefix_ids()) == given["prefix"]


def ids_of(items: Sequence[Item]) -> list[str]:
    return [item.row.id for item in items]


@pytest.mark.parametrize("given", FIXTURE["drawn"], ids=lambda given: given["task"])
def test_draws_and_prompts(given: dict[str, Any]) -> None:
    task = read_task(REPOSITORY / "public" / "icl-pool" / given["task"])
    arm = arm_of("arm", "soft", {**FIXTURE["shared"], **given["set"]})
    run = RunContext(Plan(task, arm, given["seed"]), texts_of("public/models/nano", given["positions"]))
    assert (run.max_new_tokens, run.k) == (given["maxNewTokens"], given["k"])
    assert ids_of(run.pool) == given["pool"]
    assert ids_of(run.prompts) == given["prompts"]
    assert [ids_of(items) for items in run.reserves] == given["reserves"]
    assert {split: ids_of(items) for split, items in run.items.items()} == given["items"]
    assert plain(run.rows_left_out) == given["rowsLeftOut"]
    assert [list(ids) for ids in run.answer_ids(["yes", " two  words ", "naïve 😀"])] == given["answers"]

    first, second, tested = run.prompts[0], run.prompts[1], run.items["test"][0]
    labelled = run.labelled(first, "label", 1)
    made = {
        "label": labelled,
        "vote": run.labelled(first, "label, vote 2", 2),
        "few": run.evaluated(tested, "few-shot"),
        "zero": run.zero_shot(tested),
        "taught": run.taught(first, ids_of(labelled.demonstrations), 1),
        "taughtBare": run.taught(second, (), 2),
        "hidden": run.zero_shot(run.hiding(second, 0.4, run.key("hide"))),
        "question": run.question("who sang the old song", 8),
    }
    found = {
        name: {"ids": list(one.ids), "demonstrations": ids_of(one.demonstrations), "leftOut": one.left_out}
        for name, one in made.items()
    }
    assert found == given["made"]


def test_a_pool_that_does_not_fit() -> None:
    task = read_task(REPOSITORY / "public" / "icl-pool" / "topic-4")
    with pytest.raises(LabError, match="no labelled items that fit into the model's 5 positions"):
        RunContext(Plan(task, arm_of("arm", "soft"), 1), texts_of("public/models/nano", 5))


def test_prompts_that_do_not_fit() -> None:
    task = read_task(REPOSITORY / "public" / "icl-pool" / "topic-8")
    arm = arm_of("arm", "soft", {"rounds": 20, "promptsPerRound": 50, "maxNewTokens": 45})
    with pytest.raises(LabError, match=r"of which \d+ fit into the model.*A row may have 60 tokens here"):
        RunContext(Plan(task, arm, 1), texts_of("public/models/nano", 60))
