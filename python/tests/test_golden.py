"""The twin's engine against the golden folders (test/fixtures/golden), which plain transformers and peft made: every family's
logits by way of scores, greedy answers, and ten training steps from a given adapter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bootlace.engine import Engine, load_engine
from bootlace.lora import adapter_files, read_adapter
from bootlace.types import (
    GenerationConfig,
    LabelRequest,
    PromptRow,
    ScoreRow,
    TrainConfig,
    TrainExample,
    TrainingRequest,
)

GOLDEN = Path(__file__).parents[2] / "test/fixtures/golden"
FAMILIES = sorted(path.parent.name for path in GOLDEN.glob("*/golden.json"))
ADAPTERS = sorted(str(path.parent.relative_to(GOLDEN)) for path in GOLDEN.glob("*/lora_*/golden.json"))


@pytest.fixture(scope="module")
def engines(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A golden folder has no tokenizer: the ids are all there is, so any stands in."""
    torch.set_num_threads(1)
    nano = Path(__file__).parents[2] / "public/models/nano"
    loaded: dict[str, Engine] = {}

    def get(family: str) -> Engine:
        if family not in loaded:
            folder = tmp_path_factory.mktemp(family)
            for name in ("config.json", "model.safetensors"):
                (folder / name).symlink_to(GOLDEN / family / name)
            for name in ("tokenizer.json", "tokenizer_config.json"):
                (folder / name).symlink_to(nano / name)
            loaded[family] = load_engine(str(folder), device=torch.device("cpu"))
        return loaded[family]

    return get


def golden(folder: str) -> Any:
    return json.loads((GOLDEN / folder / "golden.json").read_text())


def examples_of(batch: Any) -> tuple[TrainExample, ...]:
    pairs = zip(batch["sequences"], batch["prompt_lengths"], strict=True)
    return tuple(TrainExample(tuple(ids[:prompt]), tuple(ids[prompt:])) for ids, prompt in pairs)


@pytest.mark.parametrize("family", FAMILIES)
def test_scores_and_greedy_answers(family: str, engines: Any) -> None:
    engine, told = engines(family), golden(family)
    rows = [ScoreRow(one.prompt_ids, one.completion_ids) for one in examples_of(told["batch"])]
    expected = [
        logprobs[prompt - 1 :]
        for logprobs, prompt in zip(
            told["scores"]["token_logprobs"], told["batch"]["prompt_lengths"], strict=True
        )
    ]
    for score, wanted in zip(engine.score(None, rows), expected, strict=True):
        np.testing.assert_allclose(score.logprobs, wanted, atol=1e-4)
        assert all(entropy > 0 for entropy in score.entropies)
    for part in told["greedy"].values():
        if not isinstance(part, dict):
            continue
        asked = tuple(PromptRow(str(i), tuple(ids)) for i, ids in enumerate(part["prompts"]))
        config = GenerationConfig(told["greedy"]["max_new_tokens"], (), ())
        found = engine.generate(LabelRequest(None, asked, config))
        assert [list(completion.ids) for completion in found] == part["new_tokens"]


@pytest.mark.parametrize("folder", ADAPTERS)
def test_training_from_an_adapter(folder: str, engines: Any, tmp_path: Path) -> None:
    engine, told = engines(folder.split("/")[0]), golden(folder)
    examples = examples_of(golden(folder.split("/")[0])["batch"])
    start = read_adapter(GOLDEN / folder)
    if "losses" not in told:
        pytest.skip("logits alone")
    optimizer = told["optimizer"]
    config = TrainConfig(
        learning_rate=optimizer["lr"],
        lr_scheduler_type="constant",
        warmup_ratio=0,
        weight_decay=optimizer["weight_decay"],
        max_grad_norm=0,
        batch_size=3,
        max_steps=len(told["losses"]),
        shuffle=False,
        seed=0,
    )
    steps = engine.train(TrainingRequest(start, start.config, 0, examples, config))
    curve = []
    while True:
        try:
            curve.append(next(steps))
        except StopIteration as stop:
            trained = stop.value
            break
    np.testing.assert_allclose([step.loss for step in curve], told["losses"], atol=1e-4)
    assert {step.learning_rate for step in curve} == {optimizer["lr"]}
    assert {step.tokens for step in curve} == {sum(golden(folder.split("/")[0])["batch"]["lengths"])}
    rows = [ScoreRow(one.prompt_ids, one.completion_ids) for one in examples]
    after = [value for score in engine.score(trained, rows) for value in score.logprobs]
    assert -np.mean(after) == pytest.approx(told["loss_after10"], abs=1e-4)
    # The base is as it was, and a folder written is the adapter read.
    before = [value for score in engine.score(None, rows) for value in score.logprobs]
    base = golden(folder.split("/")[0])["scores"]["batch_completion_loss"]
    assert -np.mean(before) == pytest.approx(base, abs=1e-4)
    for name, data in adapter_files(trained).items():
        (tmp_path / name).write_bytes(data)
    again = read_adapter(tmp_path)
    assert again.config == trained.config
    for module, pair in trained.pairs.items():
        np.testing.assert_array_equal(again.pairs[module].a, pair.a)
        np.testing.assert_array_equal(again.pairs[module].b, pair.b)
