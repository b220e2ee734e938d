"""Which examples make up which pass (src/runtimes/tfjs/data-order.ts): a pure function of seed and pass number.

Shuffled: each epoch is drawn anew; within stretches of the shuffled order, examples of like length are put in one batch;
then the batches are shuffled. Not shuffled: each epoch is the examples as given."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from .random import derive_key, shuffled

T = TypeVar("T")

#: Batches' worth of examples that are sorted by length together.
STRETCH = 8


def _cut(items: Sequence[T], size: int) -> list[list[T]]:
    return [list(items[at : at + size]) for at in range(0, len(items), size)]


class DataOrder(Generic[T]):
    def __init__(
        self,
        examples: Sequence[T],
        length_of: Callable[[T], int],
        *,
        batch_size: int,
        shuffle: bool,
        seed: int,
    ) -> None:
        self._examples = examples
        self._length_of = length_of
        self._batch_size = batch_size
        self._shuffle = shuffle
        self._seed = seed
        self._epoch = -1
        self._batches: list[list[T]] = []

    @property
    def batches_per_epoch(self) -> int:
        return math.ceil(len(self._examples) / self._batch_size)

    def batch(self, pass_number: int) -> list[T]:
        """The batch of a pass, from 0 over all epochs."""
        epoch, place = divmod(pass_number, self.batches_per_epoch)
        if epoch != self._epoch:
            self._batches = self._order(epoch)
            self._epoch = epoch
        return self._batches[place]

    def _order(self, epoch: int) -> list[list[T]]:
        if not self._shuffle:
            return _cut(self._examples, self._batch_size)
        order = shuffled(self._examples, derive_key(self._seed, "examples", epoch))
        batches = [
            batch
            for stretch in _cut(order, STRETCH * self._batch_size)
            for batch in _cut(sorted(stretch, key=self._length_of), self._batch_size)
        ]
        return shuffled(batches, derive_key(self._seed, "batches", epoch))
