"""Whole runs on nano: gone on with after a kill, on two processes, and compared with a planted fault in each place where one has
been seen."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import peft
import pytest
from transformers import get_scheduler

import bootlace.lora
import bootlace.train
from bootlace.compare import Comparison, Folder, Recalling, compare_folders, force
from bootlace.data_order import DataOrder
from bootlace.draws import RunContext
from bootlace.engine import Engine, Machine, load_engine
from bootlace.errors import LabError
from bootlace.float64 import in_float64
from bootlace.learn import Taught
from bootlace.run import Options, run
from bootlace.run_store import RunStore
from bootlace.types import (
    Completion,
    GenerationConfig,
    LabelRequest,
    PromptRow,
    RoundEndedEvent,
    Score,
    ScoreRow,
    TrainExample,
)

ROOT = Path(__file__).parents[2]
CPU = Machine(device="cpu")
EXPERIMENT = {
    "model": "nano",
    "tasks": ["topic-4"],
    "seeds": [1],
    "shared": {
        "rounds": 2,
        "promptsPerRound": 8,
        "poolSize": 12,
        "testItems": 8,
        "fewShotItems": 4,
        "validationItems": 8,
        "probeItems": 4,
        "batchSize": 4,
    },
    "arms": [{"name": "soft", "method": "soft", "loraDropout": 0.1}],
}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("experiment") / "experiment.json"
    path.write_text(json.dumps(EXPERIMENT))
    return path


@pytest.fixture(scope="module")
def whole(file: Path) -> Path:
    """What a run leaves that nothing stopped."""
    out = file.parent / "whole"
    assert run(Options(file, out, machine=CPU)) == 0
    return out


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file that holds no times."""
    timed = ("run.json", "lock")
    found = [path for path in folder.rglob("*") if path.is_file() and path.name not in timed]
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in found
        if path.relative_to(folder).parts[0] != "state"
    }


@pytest.mark.parametrize("events", [3, 8, 11, 14])
def test_a_killed_run_goes_on_to_the_same_files(
    events: int, file: Path, whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    append = RunStore.append

    def killed(store: RunStore, event: Any) -> None:
        if len(store.events) == events:
            raise KeyboardInterrupt
        append(store, event)

    with monkeypatch.context() as patch:
        patch.setattr(RunStore, "append", killed)
        with pytest.raises(KeyboardInterrupt):
            run(Options(file, out, machine=CPU))
    with (out / "state/topic-4/soft/1.jsonl").open("ab") as log:
        log.write(b'{"type":"torn')
    with pytest.raises(LabError, match="there already"):
        run(Options(file, out, machine=CPU))
    assert run(Options(file, out, resume=True, machine=CPU)) == 0
    assert files_of(out) == files_of(whole)
    assert compare_folders(whole, out).is_same


def test_another_experiment_is_refused_by_what_differs(file: Path, whole: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text(
        json.dumps({**EXPERIMENT, "arms": [{"name": "soft", "method": "soft", "loraDropout": 0.2}]})
    )
    with pytest.raises(LabError, match=r"arms\.soft\.loraDropout was 0\.1, now it is 0\.2"):
        run(Options(other, whole, resume=True, machine=CPU))


#: accelerate's --cpu starts one process, whatever --num_processes says; several are its launcher of several GPUs.
LAUNCHERS = {
    "torch": ["torch.distributed.run", "--nproc-per-node", "2", "--master-port", "29611"],
    "accelerate": [
        *("accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"),
        *("--main_process_port", "29612"),
    ],
}


@pytest.mark.parametrize("launcher", list(LAUNCHERS))
def test_two_processes_say_what_one_says(launcher: str, file: Path, whole: Path, tmp_path: Path) -> None:
    out = tmp_path / "two"
    launch = [sys.executable, "-m", *LAUNCHERS[launcher]]
    command = [*launch, "-m", "bootlace", "run", str(file), "--out", str(out), "--device", "cpu"]
    done = subprocess.run(command, cwd=ROOT / "python", capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr[-2000:]
    manifest = json.loads((out / "run.json").read_text())
    assert manifest["devices"][0]["processes"] == 2
    assert manifest["status"] == "finished"
    comparison = compare_folders(whole, out)
    assert comparison.unlike == []
    assert comparison.missing == []
    assert comparison.widest["loss"].difference.size < 1e-5
    assert comparison.widest["log-probability"].difference.size < 1e-4


# ---------------------------------------------------------------- planted faults


@pytest.fixture(scope="module")
def engine() -> Engine:
    return load_engine(str(ROOT / "public/models/nano"), CPU)


@pytest.fixture
def forced(whole: Path, engine: Engine) -> Callable[[], Comparison]:
    def compared() -> Comparison:
        # Another engine, so that no adapter is left in it from a time with another fault.
        fresh = load_engine(str(ROOT / "public/models/nano"), CPU)
        comparison, folder = Comparison(), Folder(whole)
        for plan, name in folder.runs():
            force(comparison, fresh, plan, name, folder.events(plan))
        return comparison

    return compared


def told(comparison: Comparison) -> str:
    """All that a comparison complains of."""
    assert not comparison.is_same
    return "\n".join(one.words() for one in [*comparison.unlike, *comparison.too_wide])


def test_without_a_fault_forced_phases_are_the_same(forced: Callable[[], Comparison]) -> None:
    comparison = forced()
    assert comparison.is_same, told(comparison)
    assert comparison.counts["topic-4, soft, seed 1"] == {"labels": 16, "steps": 12, "answers": 72}
    assert comparison.own["log-probability"] > 0


def test_float64_is_a_yardstick_of_its_own(whole: Path, engine: Engine) -> None:
    """In float64 throughout, other batches change nothing that float32 could tell; one norm in float32 would."""
    request = [ScoreRow((5, 6, 7, 8, 9)[:length], (11, 12)) for length in (1, 3, 5)]
    with in_float64():
        exact = load_engine(str(ROOT / "public/models/nano"), replace(CPU, dtype="float64"))
        together = exact.score(None, request)
        alone = [exact.score(None, [row])[0] for row in request]
    for one, other, rounded in zip(together, alone, engine.score(None, request), strict=True):
        assert one.logprobs == pytest.approx(other.logprobs, rel=0, abs=1e-12)
        assert one.logprobs == pytest.approx(rounded.logprobs, rel=0, abs=1e-4)
        assert one.logprobs != rounded.logprobs
    comparison, folder = Comparison(), Folder(whole)
    for plan, name in folder.runs():
        force(comparison, engine, plan, name, folder.events(plan), exact)
    assert comparison.is_same, told(comparison)
    # The folder is the twin's own, so both lie as far away.
    for kind in ("log-probability", "loss", "adapter"):
        theirs, ours = comparison.exact[kind]
        assert 0 < theirs == pytest.approx(ours, rel=0.5)
    assert "from float64" in "\n".join(comparison.lines())


def test_a_bos_too_many(forced: Callable[[], Comparison], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "prefix_ids", lambda _: (0,))
    assert "round 0, " in told(forced())


def test_a_stop_that_is_not_trained(
    forced: Callable[[], Comparison], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopless(one: Taught) -> TrainExample:
        return TrainExample(tuple(one.prompt.ids), tuple(one.completion.ids[:-1]))

    monkeypatch.setattr(Taught, "example", property(stopless))
    assert "round 1, trained, step 1: tokens" in told(forced())


def test_a_wrong_scale(forced: Callable[[], Comparison], monkeypatch: pytest.MonkeyPatch) -> None:
    real = peft.LoraConfig

    def doubled(**given: Any) -> Any:
        return real(**{**given, "lora_alpha": 2 * given["lora_alpha"]})

    monkeypatch.setattr(bootlace.lora.peft, "LoraConfig", doubled)
    complaints = told(forced())
    assert "loss" in complaints
    assert "log-probability" in complaints


def test_a_schedule_off_by_one(forced: Callable[[], Comparison], monkeypatch: pytest.MonkeyPatch) -> None:
    def late(name: str, optimizer: Any, num_warmup_steps: int, num_training_steps: int) -> Any:
        return get_scheduler(
            name, optimizer, num_warmup_steps=num_warmup_steps + 1, num_training_steps=num_training_steps
        )

    monkeypatch.setattr(bootlace.train, "get_scheduler", late)
    assert "learning rate" in told(forced())


def test_another_order(forced: Callable[[], Comparison], monkeypatch: pytest.MonkeyPatch) -> None:
    real = DataOrder.__init__

    def reseeded(order: DataOrder, examples: Any, config: Any) -> None:
        real(order, examples, replace(config, seed=config.seed + 1))

    monkeypatch.setattr(DataOrder, "__init__", reseeded)
    assert "loss" in told(forced())


def test_one_wrong_draw(
    forced: Callable[[], Comparison], whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = RunContext.demonstrations
    ((plan, _),) = Folder(whole).runs()
    victim = Folder(whole).events(plan)
    samples = next(event for event in victim if getattr(event, "round", 0) == 2 and event.type == "labelled")
    item_id = samples.samples[3].id  # type: ignore[union-attr]

    def wrong(context: RunContext, item: Any, purpose: str, round_number: int) -> Any:
        return real(context, item, purpose, round_number + (item.row.id == item_id))

    monkeypatch.setattr(RunContext, "demonstrations", wrong)
    comparison = forced()
    unlike = [one for one in comparison.unlike if one.difference.kind == "demonstrations"]
    assert [(one.place.phase, one.difference.at) for one in unlike] == [("round 2, labelled", item_id)]
    assert not comparison.is_same


@pytest.mark.parametrize(("own", "is_tie"), [(-1.00001, True), (-9.0, False), (-0.5, False)])
def test_a_tie_is_two_tokens_as_likely(own: float, is_tie: bool) -> None:
    """Neither a token that is likelier than the other side's nor one that is less so."""
    names = ("model", "encode", "prefix_ids", "train", "write_chats", "answer_frame")
    said = Completion("label/1/a", (2,), (own,), "x", "length")
    engine: Any = SimpleNamespace(
        **dict.fromkeys(names),
        generate=lambda _: [said],
        score=lambda _, rows: [Score((own if row.completion_ids == (2,) else -1.0,), ()) for row in rows],
    )
    ports = Recalling(engine)
    ports.generate(LabelRequest(None, (PromptRow("label/1/a", (1,)),), GenerationConfig(4, (), ())))
    assert ports.is_tie("a", (3,), (-1.00002,), 0.0) is is_tie


def test_the_first_that_differs_is_named(whole: Path, tmp_path: Path) -> None:
    """Two folders, one of them with another label and another loss in its files."""
    import shutil

    other = tmp_path / "other"
    shutil.copytree(whole, other)
    path = other / "state/topic-4/soft/1.jsonl"
    lines = path.read_text().splitlines()
    for i, line in enumerate(lines):
        event = json.loads(line)
        if event.get("type") == "labelled" and event["round"] == 2:
            event["samples"][1]["answer"] = "nonsense"
        if event.get("type") == "trained" and event["round"] == 1:
            event["curve"][4]["loss"] += 1
        lines[i] = json.dumps(event)
    path.write_text("\n".join(lines) + "\n")
    comparison = compare_folders(whole, other)
    assert [(one.place.phase, one.difference.kind) for one in comparison.unlike] == [
        ("round 2, labelled", "label")
    ]
    assert comparison.widest["loss"].difference.at == "step 5"
    assert not comparison.is_same


def ended_rounds(folder: Path) -> Iterator[int]:
    for plan, _ in Folder(folder).runs():
        yield from (
            event.round for event in Folder(folder).events(plan) if isinstance(event, RoundEndedEvent)
        )


def test_a_run_has_its_rounds(whole: Path) -> None:
    assert list(ended_rounds(whole)) == [0, 1, 2]
