"""The lab's own recording (test/regression), made in a browser: from its samples and predictions the twin draws the same
prompts, judges the same, and writes the same rows and training texts, byte for byte."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from fixtures import REPOSITORY
from scripted import ScriptedPorts
from test_prompts import texts_of

from bootlace.draws import RunContext
from bootlace.experiment import ExperimentRun, expand
from bootlace.filters import verdict_of
from bootlace.inputs import read_experiment
from bootlace.js import stringify
from bootlace.learn import trained_texts
from bootlace.metrics.statistics import perplexity_of
from bootlace.metrics.text import is_exact
from bootlace.results import json_lines, prediction_rows, row_key, sample_rows, tidy_rows
from bootlace.task import read_task, task_sha256
from bootlace.types import Adapter, Evaluation, LoraConfig, Plan, Prediction, RoundState, RunState, Sample
from bootlace.wire import plain

RECORDED = REPOSITORY / "test" / "regression"
EXPERIMENT = read_experiment(RECORDED / "experiment.json")
#: They need what samples and predictions do not tell: the content-free scores, the first token's entropy, the losses, the
#: ranking.
UNTOLD = {
    "calibrated_accuracy",
    "token_entropy",
    "train_loss_first",
    "train_loss_last",
    "ranked_perplexity",
    "ranked_tokens",
}
#: The rounds' adapters, of which only that they are there is asked.
SOME = Adapter(LoraConfig(1, 1.0, False, 0.0, "all-linear"), {})


@cache
def rows_of(file: str) -> tuple[tuple[str, dict[str, Any]], ...]:
    lines = (RECORDED / file).read_text(encoding="utf-8").splitlines(keepends=True)
    return tuple((line, json.loads(line)) for line in lines)


def own_rows(file: str, run: ExperimentRun) -> Iterator[tuple[str, dict[str, Any]]]:
    wanted = (run.task, run.arm.name, run.seed)
    return ((line, row) for line, row in rows_of(file) if (row["task"], row["arm"], row["seed"]) == wanted)


def sample_of(row: dict[str, Any]) -> Sample:
    return Sample(
        id=row["id"],
        input=row["input"],
        demonstrations=tuple(row["demonstrations"]),
        answer=row["self_label"],
        ids=tuple(row["token_ids"]),
        logprobs=tuple(row["logprobs"]),
        perplexity=row["perplexity"],
        finish_reason=row["finish_reason"],
        verdict=row["verdict"],
        key=row["key"] or "",
        is_right=row["correct"],
        said=row["said"],
    )


def evaluations_of(rows: list[dict[str, Any]]) -> tuple[Evaluation, ...]:
    found = []
    for (split, mode), own in groupby(rows, lambda row: (row["split"], row["mode"])):
        predictions = []
        for row in own:
            scores = row["label_logprobs"]
            logprobs = None if scores is None else tuple(one["logprob"] for one in scores)
            predictions.append(
                Prediction(row["item"], row["answer"], row["finished"], row["correct"], logprobs)
            )
        found.append(Evaluation(split, mode, tuple(predictions), None))
    return tuple(found)


def state_of(run: ExperimentRun) -> RunState:
    samples = [row for _, row in own_rows("samples.jsonl", run)]
    predictions = [row for _, row in own_rows("predictions.jsonl", run)]
    rounds = sorted({row["round"] for row in predictions})
    return RunState(
        rounds=tuple(
            RoundState(
                number,
                samples=tuple(sample_of(row) for row in samples if row["round"] == number),
                adapter=None if number == 0 else SOME,
                evaluations=evaluations_of([row for row in predictions if row["round"] == number]),
            )
            for number in rounds
        )
    )


def plan_of(run: ExperimentRun) -> Plan:
    return Plan(read_task(REPOSITORY / "public" / "icl-pool" / run.task), run.arm, run.seed)


@cache
def context_of(run: ExperimentRun) -> RunContext:
    return RunContext(plan_of(run), texts_of("public/models/nano", 512))


RUNS = pytest.mark.parametrize("run", expand(EXPERIMENT), ids=lambda run: f"{run.task}-{run.arm.name}")


@RUNS
def test_rows_byte_for_byte(run: ExperimentRun) -> None:
    plan, state = plan_of(run), state_of(run)
    samples = [line for line, _ in own_rows("samples.jsonl", run)]
    assert list(json_lines(sample_rows(plan, state))) == samples
    predictions = [line for line, _ in own_rows("predictions.jsonl", run)]
    assert list(json_lines(prediction_rows(plan, state))) == predictions
    told = [row for row in tidy_rows("nano", plan, state) if row["metric"] not in UNTOLD]
    wanted = [row for _, row in own_rows("results.jsonl", run) if row["metric"] not in UNTOLD]
    assert len(told) > 50
    for found, recorded in zip(told, wanted, strict=True):
        # exp and log may differ in the last bit.
        assert {**found, "value": pytest.approx(found["value"], rel=1e-13)} == recorded
        assert list(found) == list(recorded)


def test_results_stand_in_their_order() -> None:
    rows = [row for _, row in rows_of("results.jsonl")]
    assert sorted(rows, key=row_key) == rows
    assert [f"{stringify(row)}\n" for row in rows] == [line for line, _ in rows_of("results.jsonl")]


@RUNS
def test_what_was_drawn_and_how_it_was_judged(run: ExperimentRun) -> None:
    context, state = context_of(run), state_of(run)
    definition, knobs = context.plan.task.definition, run.arm.knobs
    pool = {item.row.id: item.row for item in context.pool}
    by_id = {
        item.row.id: item for item in [*context.prompts, *(one for part in context.reserves for one in part)]
    }
    for one in state.rounds:
        for evaluation in one.evaluations:
            items = context.items[evaluation.split][: len(evaluation.predictions)]
            assert [item.row.id for item in items] == [answer.id for answer in evaluation.predictions]
            for item, answer in zip(items, evaluation.predictions, strict=True):
                exact = answer.is_finished and is_exact(
                    definition.kind, answer.answer, item.row, definition.answer_after
                )
                assert exact == answer.is_exact
        for sample in one.samples:
            if not sample.ids:
                continue
            shown = [pool[name].output for name in sample.demonstrations]
            perplexity = perplexity_of(sample.logprobs)
            assert perplexity == pytest.approx(sample.perplexity, rel=1e-14)
            verdict = verdict_of(
                sample.answer, sample.ids, sample.finish_reason, perplexity, shown, definition, knobs
            )
            assert verdict == sample.verdict
            if sample.id in by_id:
                part = one.round if run.arm.method != "single-round" else part_of(context, sample.id)
                drawn = context.demonstrations(by_id[sample.id], "label", part)
                assert tuple(item.row.id for item in drawn) == sample.demonstrations


def part_of(context: RunContext, name: str) -> int:
    """The part of a prompt; refills are the last round's."""
    places = [item.row.id for item in context.prompts]
    rounds = context.plan.arm.knobs.rounds
    return places.index(name) // context.plan.arm.knobs.prompts_per_round + 1 if name in places else rounds


@RUNS
def test_training_texts_byte_for_byte(run: ExperimentRun) -> None:
    context, state = context_of(run), state_of(run)
    recorded = {row["round"]: row["sha256"] for _, row in own_rows("texts.jsonl", run)}
    assert recorded
    for number, digest in recorded.items():
        texts = trained_texts(context, ScriptedPorts(512, ()), state, number)
        lines = "".join(json_lines([asdict(text) for text in texts]))
        assert hashlib.sha256(lines.encode()).hexdigest() == digest


@RUNS
def test_an_event_is_the_labs_line(run: ExperimentRun) -> None:
    """Of an evaluation without candidates, samples and predictions tell all that the event holds."""
    context, state = context_of(run), state_of(run)
    recorded = [row for _, row in own_rows("events.jsonl", run)]
    digests = [row["sha256"] for row in recorded if row["type"] == "evaluated"]
    for one in state.rounds:
        for evaluation in one.evaluations:
            if evaluation.mode != "few-shot":
                continue
            tokens = len(evaluation.predictions) * context.max_new_tokens
            event = {
                "type": "evaluated",
                "round": one.round,
                "evaluation": plain(evaluation),
                "cost": {"tokens": tokens},
            }
            assert hashlib.sha256(stringify(event).encode()).hexdigest() in digests


def test_tasks_are_those_of_the_recording() -> None:
    settings = {row["setting"]: row["value"] for _, row in rows_of("config.jsonl")}
    for name in EXPERIMENT.tasks:
        folder: Path = REPOSITORY / "public" / "icl-pool" / name
        assert task_sha256(read_task(folder)) == settings[f"tasks.{name}"]
