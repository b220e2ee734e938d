"""Prompts of a chat, token for token the lab's: transformers' apply_chat_template of six templates (python/chat_fixtures.py),
and what is refused (tools/twin/prompts.ts)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fixtures import REPOSITORY, fixture
from test_prompts import Texts, ids_of, tokenizer_of
from transformers import PreTrainedTokenizerFast

from bootlace.chat import ChatTemplate
from bootlace.draws import RunContext
from bootlace.errors import LabError
from bootlace.methods import arm_of
from bootlace.task import read_task
from bootlace.types import ChatMessage, ModelFacts, Plan
from bootlace.wire import plain

FIXTURE = fixture("prompts.json")
MODELS = {
    one["name"]: one
    for one in json.loads((REPOSITORY / "test/fixtures/chat.json").read_text(encoding="utf-8"))["models"]
}


@cache
def _folder(tmp: Path, name: str) -> Path:
    folder = tmp / name
    folder.mkdir()
    for file, value in (("tokenizer.json", "tokenizer"), ("tokenizer_config.json", "config")):
        (folder / file).write_text(json.dumps(MODELS[name][value]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def tmp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("chat")


def texts_of(name: str, positions: int, tmp: Path) -> Texts:
    tokenizer: Any = (
        PreTrainedTokenizerFast.from_pretrained(_folder(tmp, name))
        if name in MODELS
        else tokenizer_of(f"public/models/{name}")
    )
    return Texts(tokenizer, ModelFacts(name, "", positions, (0,), 4e-3))


def name_of(given: dict[str, Any]) -> str:
    return f"{given['model']}, {given['task']}, {given['set']}"


def _labelled(plan: Plan, texts: Texts) -> Any:
    run = RunContext(plan, texts)
    return run.labelled(run.prompts[0], "label", 1)


@pytest.mark.parametrize("given", FIXTURE["chats"], ids=name_of)
def test_prompts_of_a_chat(given: dict[str, Any], tmp: Path) -> None:
    task = read_task(REPOSITORY / "public" / "icl-pool" / given["task"])
    arm = arm_of("arm", "soft", {**FIXTURE["shared"], **given["set"]})
    texts = texts_of(given["model"], given["positions"], tmp)
    if "refusal" in given:
        with pytest.raises(LabError) as refused:
            _labelled(Plan(task, arm, 5), texts)
        assert refused.value.code == given["refusal"]
        return
    run = RunContext(Plan(task, arm, 5), texts)
    assert plain(texts.answer_frame()) == given["frame"]
    assert (run.max_new_tokens, list(run.answering.eos_token_ids)) == (given["maxNewTokens"], given["ends"])
    assert ids_of(run.pool) == given["pool"]
    assert plain(run.rows_left_out) == given["rowsLeftOut"]
    first = run.prompts[0]
    assert list(first.completion.ids) == given["completion"]
    assert [list(ids) for ids in run.answer_ids(["yes", " two"])] == given["answers"]
    labelled = run.labelled(first, "label", 1)
    made = {
        "label": labelled,
        "zero": run.zero_shot(first),
        "taught": run.taught(first, ids_of(labelled.demonstrations), 1),
        "question": run.question("who sang the old song", 8),
    }
    for name, one in made.items():
        found = {
            "ids": list(one.ids),
            "demonstrations": ids_of(one.demonstrations),
            "leftOut": one.left_out,
            "messages": plain(one.messages),
        }
        assert found == given["made"][name]


def test_something_is_left_out_and_something_refused() -> None:
    left_out = [one["made"]["label"]["leftOut"] for one in FIXTURE["chats"] if "made" in one]
    assert 0 in left_out
    assert max(left_out) > 0
    assert {one["model"] for one in FIXTURE["chats"] if "refusal" in one} == {"gemma", "nano"}


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"system": "Be right."}, 'Arm "mine" has a system message, and its chat is off'),
        ({"chat": "turns", "tokenDropout": 0.1}, "token dropout 0.1.*tokenised whole"),
    ],
)
def test_what_does_not_go_together(knobs: dict[str, Any], message: str, tmp: Path) -> None:
    task = read_task(REPOSITORY / "public/icl-pool/topic-4")
    with pytest.raises(LabError, match=message):
        RunContext(Plan(task, arm_of("mine", "soft", knobs), 1), texts_of("chatml", 4096, tmp))


def test_a_template_writes_the_same_on_every_day(tmp: Path) -> None:
    tokenizer = texts_of("plain", 64, tmp).tokenizer
    held = tokenizer.chat_template
    tokenizer.chat_template = "\n{{ strftime_now('%A, %d %B %Y, %H:%M %q 100%%') }}{{ messages[0].content }}"
    written = ChatTemplate(tokenizer, "the model").write([ChatMessage("user", "!")])
    tokenizer.chat_template = held
    assert written == "\nFriday, 26 July 2024, 00:00 %q 100%!"


def test_several_templates_without_a_default(tmp: Path) -> None:
    tokenizer = PreTrainedTokenizerFast.from_pretrained(_folder(tmp, "thinking"))
    tokenizer.chat_template = {"rag": "a"}
    with pytest.raises(LabError, match="without one that is named default: rag") as refused:
        ChatTemplate(tokenizer, "the folder")
    assert refused.value.code == "tokenizer-integrity"
