"""Writes test/fixtures/recorded: whole small runs of the twin, which npm test holds the lab to (test/golden/recorded.test.ts).

    python python/recordings.py     needs what python/pyproject.toml's extra `test` names

A file is a run: what it is in the first line, then its lasting events, each with digests of what the model was asked for it.
Adapters are left out, times are 0, numbers have nine digits. within.json: how far numbers may lie apart, as `bootlace compare`
has it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bootlace.differences import WITHIN
from bootlace.draws import RunContext
from bootlace.engine import Engine, Machine, load_engine
from bootlace.js import stringify
from bootlace.loop import next_event
from bootlace.methods import arm_of
from bootlace.remember import Remembering
from bootlace.run_store import folder_name, stored
from bootlace.state import NEW_RUN, apply
from bootlace.task import read_task
from bootlace.types import (
    Adapter,
    Completion,
    LabelRequest,
    LastingEvent,
    Plan,
    Score,
    ScoreRow,
    TrainingRequest,
    TrainStep,
)

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "test" / "fixtures" / "recorded"
SHARED = {
    "rounds": 2,
    "promptsPerRound": 16,
    "poolSize": 24,
    "testItems": 12,
    "fewShotItems": 6,
    "validationItems": 8,
    "probeItems": 4,
    "epochs": 2,
}
#: Task, name of the arm, method, its own knobs.
RUNS: list[tuple[str, str, str, dict[str, Any]]] = [
    ("topic-4", "soft", "soft", {}),
    ("topic-4", "soft+", "soft+", {}),
    ("topic-4", "isara", "isara", {}),
    ("topic-4", "frozen-teacher", "frozen-teacher", {}),
    ("topic-4", "relabel", "relabel", {}),
    ("topic-4", "vote", "vote", {}),
    ("fact-choice", "soft", "soft", {}),
    ("style-answer", "soft, dropout, mixed", "soft", {"loraDropout": 0.1, "template": "mixed"}),
]
_DIGITS = 12


class Asked:
    """The engine's ports, keeping what was asked since `taken`."""

    def __init__(self, ports: Remembering) -> None:
        self._ports = ports
        self.model, self.encode, self.prefix_ids = ports.model, ports.encode, ports.prefix_ids
        self.write_chats, self.answer_frame = ports.write_chats, ports.answer_frame
        self._lines: dict[str, list[str]] = {}

    def taken(self) -> dict[str, str]:
        """By kind, the digest; the order of rows counts in training alone."""
        found = {
            kind: _digest(lines if kind == "examples" else sorted(lines))
            for kind, lines in sorted(self._lines.items())
        }
        self._lines = {}
        return found

    def _keep(self, kind: str, rows: Iterable[Any]) -> None:
        self._lines.setdefault(kind, []).extend(stringify(row) for row in rows)

    def generate(self, request: LabelRequest) -> Sequence[Completion]:
        config = request.config
        how = [
            config.max_new_tokens,
            list(config.stop_strings),
            list(config.eos_token_ids),
            config.seed if config.do_sample else None,
        ]
        self._keep("prompts", ([row.key, list(row.ids), *how] for row in request.rows))
        return self._ports.generate(request)

    def score(self, adapter: Adapter | None, rows: Sequence[ScoreRow]) -> list[Score]:
        self._keep("scored", ([list(row.prompt_ids), list(row.completion_ids)] for row in rows))
        return self._ports.score(adapter, rows)

    def train(self, request: TrainingRequest) -> Generator[TrainStep, None, Adapter]:
        config = request.config
        how = [config.batch_size, config.max_steps, config.shuffle, config.seed, request.init_seed]
        examples = [[list(one.prompt_ids), list(one.completion_ids)] for one in request.examples]
        self._keep("examples", [how, *examples])
        return self._ports.train(request)


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_DIGITS]


def short(value: Any) -> Any:
    """Numbers of nine digits."""
    if isinstance(value, dict):
        return {name: short(item) for name, item in value.items()}
    if isinstance(value, list):
        return [short(item) for item in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


def line_of(event: LastingEvent, asked: dict[str, str]) -> str:
    told = stored(event, "")
    if "cost" in told:
        told["cost"]["milliseconds"] = 0
    return stringify({"asked": asked, "event": short(told)})


def recorded(ports: Remembering, task: str, name: str, method: str, own: dict[str, Any]) -> list[str]:
    """The lines of a run."""
    arm = arm_of(name, method, {**SHARED, **own})
    # As a run of an experiment has it: by the model's size.
    if arm.knobs.learning_rate == "auto":
        arm = replace(arm, knobs=replace(arm.knobs, learning_rate=ports.model.learning_rate))
    asked = Asked(ports)
    run = RunContext(Plan(read_task(ROOT / "public" / "icl-pool" / task), arm, 1), asked)
    head = {"task": task, "arm": name, "method": method, "set": {**SHARED, **own}, "seed": 1}
    lines, state = [stringify(head)], NEW_RUN
    while (event := next_event(run, asked, state)) is not None:
        lines.append(line_of(event, asked.taken()))
        state = apply(state, event)
    return lines


def recordings(engine: Engine) -> dict[str, str]:
    """By the file's name, its text."""
    ports = Remembering(engine)
    files = {
        f"{task}, {folder_name(name)}.jsonl": "\n".join(recorded(ports, task, name, method, own)) + "\n"
        for task, name, method, own in RUNS
    }
    return {**files, "within.json": json.dumps(WITHIN, indent=2) + "\n"}


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for path in OUT.iterdir():
        path.unlink()
    for name, text in recordings(
        load_engine(str(ROOT / "public/models/nano"), Machine(device="cpu"))
    ).items():
        (OUT / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
