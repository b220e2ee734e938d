"""Seconds of bare matrix products in PyTorch, in float32 on the processor: those of a model's frozen layers, as
tools/bench/gemms.ts lists them. `npm run bench -- gemms DIR` runs it beside the lab's two runtimes.

Reads JSON on standard input: by kind of work a list of {rows, inner, columns, isTransposed}. Prints JSON: by number of
threads and kind the median seconds of each.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from typing import Any

import torch


def seconds_of(product: dict[str, Any], repeats: int) -> float:
    x = torch.randn(product["rows"], product["inner"])
    inner, columns = product["inner"], product["columns"]
    weight = torch.randn(columns, inner).T if product["isTransposed"] else torch.randn(inner, columns)
    taken = []
    for _ in range(repeats + 1):
        begin = time.perf_counter()
        torch.matmul(x, weight)
        taken.append(time.perf_counter() - begin)
    return statistics.median(taken[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--repeats", type=int, default=7)
    given = parser.parse_args()
    kinds: dict[str, list[dict[str, Any]]] = json.load(sys.stdin)
    by_threads = {}
    with torch.no_grad():
        for threads in given.threads:
            torch.set_num_threads(threads)
            by_threads[f"{threads}"] = {
                kind: [seconds_of(product, given.repeats) for product in products]
                for kind, products in kinds.items()
            }
    print(json.dumps({"torch": torch.__version__, "byThreads": by_threads}))


if __name__ == "__main__":
    main()
