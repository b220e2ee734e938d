"""Pretraining: how a model starts, which rows a step reads, that it learns, resumes to the same bytes and loads from the Hub's
layout. The corpus and the tokenizer are the lab's own side (test/unit/world-pretrain.test.ts)."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fixtures import REPOSITORY
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

import pretrain

TINY = REPOSITORY / "test" / "fixtures" / "models" / "tiny"
CONFIG: dict[str, Any] = json.loads((TINY / "config.json").read_text("utf-8"))
ROW, HELD = 65, 16


def written(work: Path, **given: Any) -> dict[str, Any]:
    """A corpus of prompts of the bundled pool, and a configuration as tools/pretrain/main.ts writes it."""
    work.mkdir()
    lines = (REPOSITORY / "public" / "icl-pool" / "topic-4" / "prompts.jsonl").read_text("utf-8").splitlines()
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    ids = tokenizer.encode("\n".join(json.loads(line)["input"] for line in lines))
    rows = np.array(ids[: len(ids) // ROW * ROW], np.uint16).reshape(-1, ROW)
    weights = np.ones_like(rows, np.uint8)
    weights[:, 40:42] = 6
    rows.tofile(work / "ids.u16")
    weights.tofile(work / "weights.u8")
    return {
        "config": CONFIG, "work": str(work), "out": str(work / "model"), "steps": 20, "seed": 1,
        "row_length": ROW, "eval_rows": HELD, "known_label_weight": 6, "threads": 1, "device": "cpu",
        "resume": False, "batch": 8, "learning_rate": 3e-3, "weight_decay": 0.05, "warmup": 5,
        "decay_from": 15, "clip": 1, "eval_every": 10, "save_every": 5, **given,
    }  # fmt: skip


def curve(work: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (work / "curve-1.jsonl").read_text("utf-8").splitlines()]


def test_learns_resumes_and_loads(tmp_path: Path) -> None:
    pretrain.main(written(tmp_path / "whole"))
    losses = [line["plain"] for line in curve(tmp_path / "whole")]
    assert len(losses) == 2
    assert losses[1] < losses[0] < math.log(CONFIG["vocab_size"])

    # Stopped after ten steps, then gone on with: the very bytes of the run that was not.
    parts = written(tmp_path / "parts", steps=10)
    pretrain.main(parts)
    pretrain.main({**parts, "steps": 20, "resume": True})
    whole, resumed = ((tmp_path / name / "model" / "model.safetensors") for name in ("whole", "parts"))
    assert resumed.read_bytes() == whole.read_bytes()
    assert [line["step"] for line in curve(tmp_path / "parts")] == [10, 20]

    shutil.copy(TINY / "config.json", whole.parent)
    model = AutoModelForCausalLM.from_pretrained(whole.parent, dtype=torch.float32)
    given = written(tmp_path / "again")
    ids = np.fromfile(tmp_path / "again" / "ids.u16", np.uint16).reshape(-1, ROW)[-HELD:]
    weights = np.fromfile(tmp_path / "again" / "weights.u8", np.uint8).reshape(-1, ROW)[-HELD:]
    tensors = torch.from_numpy(ids.astype(np.int64)), torch.from_numpy(weights.astype(np.float32))
    plain, label, accuracy = pretrain.evaluate(model, *tensors, given["known_label_weight"])
    last = curve(tmp_path / "whole")[-1]
    assert (plain, label) == pytest.approx((last["plain"], last["label"]), abs=6e-5)
    assert accuracy == pytest.approx(last["label_accuracy"], abs=6e-5)


def test_the_file_has_the_tensors_of_the_bundled_models(tmp_path: Path) -> None:
    pretrain.main(written(tmp_path / "one", steps=1))
    ours, theirs = (load_file(folder / "model.safetensors") for folder in (tmp_path / "one" / "model", TINY))
    assert {name: (t.shape, t.dtype) for name, t in ours.items()} == {
        name: (t.shape, t.dtype) for name, t in theirs.items()
    }


def test_a_model_starts_as_it_always_has() -> None:
    config = {**CONFIG, "num_hidden_layers": 2}
    model = pretrain.new_model(config, 1)
    generator = torch.Generator().manual_seed(1)
    seen = []
    for name, parameter in model.named_parameters():
        if "norm" in name:
            assert torch.equal(parameter, torch.ones(CONFIG["hidden_size"])), name
            continue
        std = 0.02 / 2 if name.endswith(("o_proj.weight", "down_proj.weight")) else 0.02
        assert torch.equal(parameter, torch.randn(parameter.shape, generator=generator) * std), name
        seen.append(name.removeprefix("model."))
    # The order in which the generator is drawn from.
    linears = [f"self_attn.{x}_proj" for x in "qkvo"] + [f"mlp.{x}_proj" for x in ("gate", "up", "down")]
    layers = [f"layers.{layer}.{linear}.weight" for layer in range(2) for linear in linears]
    assert seen == ["embed_tokens.weight", *layers]
    assert model.lm_head.weight is model.model.embed_tokens.weight


def test_a_steps_rows_do_not_depend_on_where_a_run_began() -> None:
    picks = pretrain.picked_rows(3, 10, 4, 0)
    steps = [next(picks) for _ in range(6)]
    for start in range(6):
        assert next(pretrain.picked_rows(3, 10, 4, start)) == steps[start]
    flat = [row for step in steps for row in step]
    assert sorted(flat[:10]) == sorted(flat[10:20]) == list(range(10))
    assert flat[:10] != flat[10:20]
    assert flat[:10] == np.random.default_rng([3, 0]).permutation(10).tolist()
