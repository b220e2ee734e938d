"""The commands: `python -m bootlace run` and `compare`. Exit code 0: done (compare: the same); 1: some runs failed (compare: they
part); 2: bad input; 3: files cannot be written; 4: another command is at it; 5: device or memory; 130: stopped."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from . import calm  # noqa: F401
from .distributed import leave
from .durable import write_whole
from .engine import DTYPES, Machine
from .errors import ErrorCode, LabError
from .js import stringify

_EXIT_CODES: dict[ErrorCode, int] = {
    "storage-full": 3,
    "storage-unavailable": 3,
    "busy": 4,
    "device-lost": 5,
    "out-of-memory": 5,
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bootlace", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run an experiment", description="Runs an experiment file.")
    run.add_argument("file", type=Path, help="an experiment's JSON")
    run.add_argument("--out", type=Path, required=True, help="the folder for what comes out")
    run.add_argument("--resume", action="store_true", help="go on with what --out holds")
    run.add_argument("--seeds", help="other seeds than the file's, e.g. 1,2,3")
    run.add_argument("--tasks", help="other tasks than the file's, separated by commas")
    compare = commands.add_parser(
        "compare",
        help="where two runs part",
        description="Says where two folders of the same experiment part: first label, step, score.",
    )
    compare.add_argument("a", type=Path, metavar="DIR_A", help="the lab's or the twin's")
    compare.add_argument("b", type=Path, metavar="DIR_B", nargs="?", help="another; not with --forced")
    compare.add_argument(
        "--forced",
        action="store_true",
        help="compute each phase of DIR_A anew from what stood before it, in place of DIR_B",
    )
    compare.add_argument(
        "--float64",
        action="store_true",
        help="with --forced: once more in float64, to tell whose rounding a difference is",
    )
    compare.add_argument("--model", help="the model's folder or Hub name, where it is not the bundled one")
    compare.add_argument("--json", type=Path, help="write what was found there too")
    for command in (run, compare):
        command.add_argument("--device", help="cpu, cuda, cuda:1 or mps; the best there is without")
        command.add_argument(
            "--dtype", choices=[name for name in DTYPES if name != "float64"], default="float32"
        )
        command.add_argument("--batch-tokens", type=_positive, help="tokens in one batch of labels or scores")
        command.add_argument(
            "--train-rows", type=_positive, help="rows of a training batch at a time, for memory"
        )
        command.add_argument("--threads", type=_positive, help="of the processor")
    return parser


def _machine(given: argparse.Namespace) -> Machine:
    return Machine(given.device, given.dtype, given.batch_tokens, given.train_rows, given.threads)


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be a whole number from 1")
    return value


def _numbers(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise LabError(
            "invalid-request", f'--seeds "{text}" are no whole numbers.', remedy="Write 1,2,3."
        ) from None


def main(argv: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(argv)
    try:
        if given.command == "run":
            from .run import Options, run

            options = Options(
                file=given.file,
                out=given.out,
                resume=given.resume,
                seeds=None if given.seeds is None else _numbers(given.seeds),
                tasks=None if given.tasks is None else tuple(given.tasks.split(",")),
                machine=_machine(given),
            )
            return 1 if run(options) > 0 else 0
        from .compare import compare_folders, compare_forced

        if given.forced == (given.b is not None):
            raise LabError(
                "invalid-request",
                "compare takes two folders, or one with --forced.",
                remedy="Write compare DIR_A DIR_B, or compare DIR_A --forced.",
            )
        if given.float64 and not given.forced:
            raise LabError(
                "invalid-request",
                "--float64 holds phases computed anew against float64, and two folders are not.",
                remedy="Write compare DIR_A --forced --float64.",
            )
        comparison = (
            compare_forced(given.a, _machine(given), given.model, is_exact_too=given.float64)
            if given.forced
            else compare_folders(given.a, given.b)
        )
        for line in comparison.lines():
            print(line)
        if given.json is not None:
            write_whole(given.json, stringify(comparison.plain(), 2) + "\n")
        return 0 if comparison.is_same else 1
    except LabError as fault:
        print(f"\n{fault.code}: {fault}", file=sys.stderr)
        return _EXIT_CODES.get(fault.code, 2)
    except KeyboardInterrupt:
        print("\nStopped; what was done is kept. To go on: the same command with --resume.", file=sys.stderr)
        return 130
    finally:
        leave()


if __name__ == "__main__":
    sys.exit(main())
