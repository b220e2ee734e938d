"""Random numbers, first values, masks, orders and the text of numbers: the lab's, bit for bit (tools/twin/numbers.ts)."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest
from fixtures import fixture

from bootlace import random
from bootlace.data_order import DataOrder
from bootlace.dropout import dropout_key, dropout_mask, pass_key
from bootlace.js import number_text, round_half_up, stringify, to_fixed, total
from bootlace.learning_rate import learning_rate_for
from bootlace.lora_init import init_adapter
from bootlace.types import LinearShape, LoraConfig, TrainConfig, TrainExample

FIXTURE = fixture("numbers.json")
KEY = random.derive_key("fixtures")


def test_keys_and_bits() -> None:
    assert [[value, random.mix32(value)] for value, _ in FIXTURE["mixed"]] == FIXTURE["mixed"]
    for one in FIXTURE["keys"]:
        assert random.derive_key(*one["parts"]) == one["key"], one
    assert [[counter, random.bits_at(KEY, counter)] for counter, _ in FIXTURE["bits"]] == FIXTURE["bits"]


def test_the_rate_of_a_model() -> None:
    assert [[size, learning_rate_for(size)] for size, _ in FIXTURE["rates"]] == FIXTURE["rates"]


def test_draws() -> None:
    count = len(FIXTURE["uniforms"])
    assert [random.uniform_at(KEY, i) for i in range(count)] == FIXTURE["uniforms"]
    assert list(random.uniforms_of(KEY, count)) == FIXTURE["uniforms"]
    assert [random.integer_at(KEY, i, 1000) for i in range(count)] == FIXTURE["integers"]
    # The last bit of log and cos may differ.
    assert [random.normal_at(KEY, i) for i in range(count)] == pytest.approx(FIXTURE["normals"], rel=1e-14)
    for wanted in FIXTURE["shuffles"]:
        key = random.derive_key("shuffle", len(wanted))
        assert random.shuffled(list(range(len(wanted))), key) == wanted


def test_many_at_once_are_the_single_ones() -> None:
    assert [int(word) for word in random.bits_of(KEY, 50, start=11)] == [
        random.bits_at(KEY, counter) for counter in range(11, 61)
    ]


def linear_of(given: dict[str, Any]) -> LinearShape:
    return LinearShape(given["module"], given["inFeatures"], given["outFeatures"], given["isHead"])


@pytest.mark.parametrize("given", FIXTURE["adapters"])
def test_first_values_of_an_adapter(given: dict[str, Any]) -> None:
    targets = given["targetModules"]
    names = targets if isinstance(targets, str) else tuple(targets)
    config = LoraConfig(given["r"], 16.0, False, 0.0, names)
    adapter = init_adapter([linear_of(one) for one in given["linears"]], config, given["seed"])
    assert {module: pair.a.ravel().tolist() for module, pair in adapter.pairs.items()} == given["a"]
    for pair in adapter.pairs.values():
        assert (pair.a.dtype, pair.b.dtype, np.count_nonzero(pair.b)) == (np.float32, np.float32, 0)


@pytest.mark.parametrize("given", FIXTURE["dropout"])
def test_dropout_masks(given: dict[str, Any]) -> None:
    key = dropout_key(pass_key(given["seed"], given["pass"]), "model.layers.0.mlp.up_proj")
    wanted = np.array(given["mask"], dtype=np.float32)
    assert np.array_equal(dropout_mask(key, given["probability"], len(wanted)), wanted)


@pytest.mark.parametrize("given", FIXTURE["orders"])
def test_the_order_of_examples(given: dict[str, Any]) -> None:
    examples = [TrainExample(tuple(range(length)), (i,)) for i, length in enumerate(given["lengths"])]
    config = TrainConfig(
        learning_rate=1e-3,
        lr_scheduler_type="constant",
        warmup_ratio=0,
        weight_decay=0,
        max_grad_norm=1,
        batch_size=given["batchSize"],
        max_steps=len(given["passes"]),
        shuffle=given["shuffle"],
        seed=given["seed"],
    )
    order = DataOrder(examples, config)
    found = [[one.completion_ids[0] for one in order.batch(at)] for at in range(len(given["passes"]))]
    assert found == given["passes"]


def test_numbers_as_text() -> None:
    for one in FIXTURE["common"]:
        # JSON writes 1e+21 as such, and whole numbers without a point.
        assert number_text(one["value"]) == one["text"]
        assert number_text(float(one["value"])) == one["text"]
    for one in FIXTURE["written"]:
        (value,) = struct.unpack(">d", bytes.fromhex(one["hex"]))
        assert number_text(value) == one["text"]
    for value, text in FIXTURE["fixed"]:
        assert to_fixed(value, 3) == text


def test_json_as_javascript_writes_it() -> None:
    value = {"a": [1.0, 2.5, math.nan, None, True], "é": 'x"\n\u2028\ud800', "e": [], "o": {}}
    assert stringify(value) == '{"a":[1,2.5,null,null,true],"é":"x\\"\\n\u2028\\ud800","e":[],"o":{}}'
    assert stringify({"a": [1], "b": {}}, 2) == '{\n  "a": [\n    1\n  ],\n  "b": {}\n}'


def test_sums_from_left_to_right_and_rounding() -> None:
    # Python's own sum() gives 1.
    assert total([0.1] * 10) == 0.9999999999999999
    assert [round_half_up(value) for value in (0.5, 1.5, -0.5, 0.49999999999999994, 2.4)] == [1, 2, 0, 0, 2]
