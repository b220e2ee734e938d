"""Several processes as one: accelerate starts and joins them, torch.distributed carries what they share. Work is shared out
by rows and gathered in order, so that every process holds the same answers and takes the same turns; one of them writes.

One process needs none of this: `ALONE` does the same with nobody to talk to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object
from torch import Tensor

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Team:
    rank: int
    size: int

    @property
    def is_main(self) -> bool:
        return self.rank == 0

    def share(self, count: int) -> range:
        """This process' part of `count` rows: contiguous, as even as they go, in the order of the ranks."""
        each, more = divmod(count, self.size)
        begin = self.rank * each + min(self.rank, more)
        return range(begin, begin + each + (self.rank < more))

    def spread(self, rows: Sequence[T], work: Callable[[Sequence[T]], list[R]]) -> list[R]:
        """What `work` makes of the rows, in their order, each process doing every `size`-th: rows of like length that stand
        together are then shared out evenly. Every process gets all of it."""
        if self.size == 1:
            return work(rows)
        own = work(rows[self.rank :: self.size])
        parts: list[list[R]] = gather_object([own])
        out: list[R | None] = [None] * len(rows)
        for rank, part in enumerate(parts):
            out[rank :: self.size] = part
        return out  # type: ignore[return-value]

    def tell(self, value: T) -> T:
        """The main process' value, to all."""
        if self.size == 1:
            return value
        told: list[T] = broadcast_object_list([value])
        return told[0]

    def add(self, tensors: Sequence[Tensor]) -> None:
        """Sums each tensor over the processes, in place; all get the same bits."""
        if self.size == 1 or not tensors:
            return
        whole = torch.cat([tensor.flatten() for tensor in tensors])
        torch.distributed.all_reduce(whole)
        at = 0
        for tensor in tensors:
            tensor.copy_(whole[at : at + tensor.numel()].view(tensor.shape))
            at += tensor.numel()


ALONE = Team(0, 1)


def join(device: torch.device) -> tuple[Team, torch.device]:
    """The processes that `accelerate launch` or torchrun started, and this one's device (its own GPU, where they have some);
    this process alone where nothing did."""
    state = PartialState(cpu=device.type == "cpu")
    if device.type == "cuda" and device.index is None:
        device = torch.device("cuda", state.local_process_index)
    return Team(state.process_index, state.num_processes), device


def leave() -> None:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()
