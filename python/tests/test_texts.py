"""Scores of an answer, retrieval, filters, orders and paired differences: the lab's (tools/twin/texts.ts)."""

from __future__ import annotations

from typing import Any

import pytest
from fixtures import fixture

from bootlace.filters import verdict_of
from bootlace.knobs import knobs
from bootlace.metrics.statistics import paired_items, perplexity_of
from bootlace.metrics.text import final_answer, normalise_label, normalise_squad, rouge_l, token_f1
from bootlace.order import bucket_of, ordered_within, ranked_parts
from bootlace.retrieval import Bm25
from bootlace.types import Ranked, Sample, Task
from bootlace.wire import read

FIXTURE = fixture("texts.json")
TASKS = [read(Task, json, "a task", "internal") for json in fixture("runs.json")["tasks"]]
RANKING = [read(Ranked, one, "a rank", "internal") for one in FIXTURE["orders"]["ranking"]]


def test_normal_forms() -> None:
    for one in FIXTURE["normal"]:
        found = {"label": normalise_label(one["text"]), "squad": normalise_squad(one["text"])}
        assert found == {"label": one["label"], "squad": one["squad"]}, one["text"]


def test_final_answers() -> None:
    for one in FIXTURE["finals"]:
        assert final_answer(one["text"], one["mark"]) == one["final"], one["text"]


def test_overlaps() -> None:
    for one in FIXTURE["pairs"]:
        assert token_f1(one["a"], [one["b"], "mat"]) == one["tokenF1"], one
        assert rouge_l(one["a"], one["b"]) == one["rougeL"], one


def test_retrieval() -> None:
    index = Bm25(FIXTURE["retrieval"]["texts"])
    for one in FIXTURE["retrieval"]["queries"]:
        assert index.nearest(one["query"], 12) == one["nearest"], one["query"]
    assert index.nearest("rain", 0) == []
    assert Bm25(["a", "b"]).nearest("", 5) == [0, 1]


@pytest.mark.parametrize("given", FIXTURE["orders"]["parts"])
def test_parts(given: dict[str, Any]) -> None:
    assert ranked_parts(FIXTURE["orders"]["ids"], RANKING, knobs(given["set"]), 5) == given["parts"]


@pytest.mark.parametrize("given", FIXTURE["orders"]["within"])
def test_order_within_a_round(given: dict[str, Any]) -> None:
    samples = [
        Sample(
            id=one.id,
            input="",
            demonstrations=(),
            answer="",
            ids=(),
            logprobs=(),
            perplexity=None if i % 5 == 0 else one.perplexity,
            finish_reason="eos",
            verdict="kept",
            key="",
            is_right=None,
        )
        for i, one in enumerate(RANKING)
    ]
    ordered = ordered_within(samples, knobs({"withinRound": given["withinRound"]}))
    assert [sample.id for sample in ordered] == given["ids"]


def test_means_of_a_part_pass_over_what_was_not_measured() -> None:
    known = [Ranked("a", "x", 2.0, 3), Ranked("b", "x", 1.7976931348623157e308, 0)]
    bucket = bucket_of(known, ["a", "b", "c"])
    assert (bucket.perplexity, bucket.tokens, bucket.count) == (2.0, 1.5, 2)
    assert bucket_of(known, ["c"]).tokens is None


def test_verdicts() -> None:
    definitions = {task.definition.kind: task.definition for task in TASKS}
    found = [
        verdict_of(
            one["answer"],
            one["ids"],
            one["finishReason"],
            one["perplexity"],
            one["demonstrationAnswers"],
            definitions[one["kind"]],
            knobs(one["set"]),
        )
        for one in FIXTURE["verdicts"]
    ]
    assert found == [one["verdict"] for one in FIXTURE["verdicts"]]
    assert len(set(found)) == 7


def test_paired_differences() -> None:
    for one in FIXTURE["paired"]:
        found = paired_items(dict(one["a"]), dict(one["b"]))
        wanted = one["found"]
        if wanted is None:
            assert found is None
        else:
            assert found is not None
            assert (found.mean, found.standard_error, found.items) == (
                wanted["mean"],
                wanted["standardError"],
                wanted["items"],
            )


def test_perplexity_without_tokens_and_beyond_numbers() -> None:
    assert perplexity_of([]) is None
    assert perplexity_of([-1e6]) == float("inf")
    assert perplexity_of([0.0, 0.0]) == 1
