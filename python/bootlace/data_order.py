"""Which examples make up which pass (src/runtimes/tfjs/data-order.ts): a pure function of seed and pass number.

Shuffled: each epoch is drawn anew; within stretches of the shuffled order, examples of like length are put in one batch;
then the batches are shuffled. Not shuffled: each epoch is the examples as given."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

from .random import derive_key, shuffled
from .types import TrainConfig, TrainExample

T = TypeVar("T")

#: Batches' worth of examples that are sorted by length together.
STRETCH = 8


def _cut(items: Sequence[T], size: int) -> list[list[T]]:
    return [list(items[at : at + size]) for at in range(0, len(items), size)]


def _length(example: TrainExample) -> int:
    return len(example.prompt_ids) + len(example.completion_ids)


class DataOrder:
    def __init__(self, examples: Sequence[TrainExample], config: TrainConfig) -> None:
        self._examples = examples
        self._config = config
        self._epoch = -1
        self._batches: list[list[TrainExample]] = []

    @property
    def batches_per_epoch(self) -> int:
        return math.ceil(len(self._examples) / self._config.batch_size)

    def batch(self, pass_number: int) -> list[TrainExample]:
        """The batch of a pass, from 0 over all epochs."""
        epoch, place = divmod(pass_number, self.batches_per_epoch)
        if epoch != self._epoch:
            self._batches = self._order(epoch)
            self._epoch = epoch
        return self._batches[place]

    def _order(self, epoch: int) -> list[list[TrainExample]]:
        size, seed = self._config.batch_size, self._config.seed
        if not self._config.shuffle:
            return _cut(self._examples, size)
        order = shuffled(self._examples, derive_key(seed, "examples", epoch))
        stretches = _cut(order, STRETCH * size)
        batches = [batch for stretch in stretches for batch in _cut(sorted(stretch, key=_length), size)]
        return shuffled(batches, derive_key(seed, "batches", epoch))
