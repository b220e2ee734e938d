"""A task as a folder: task.json with pool, prompts, validation, probe and test as JSON lines (src/formats/task-folder.ts,
task-rules.ts). Read strictly, since a wrong row would only show as a wrong score; every fault is a LabError
`task-integrity` naming file, line and field."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .errors import ErrorCode, LabError
from .files import parse_json, read_text
from .js import stringify, trim
from .metrics.scores import OWN_METRICS
from .types import ABSENT, MOST_DEMONSTRATIONS, NAME, SPLITS, SplitName, Splits, Task, TaskDefinition, TaskRow
from .wire import DISTINCT, NOT_BLANK, plain, read, text_like, text_within, whole_within

_CODE: ErrorCode = "task-integrity"
_MAX_BYTES = 256 * 1024**2


def _said(most: int) -> dict[str, Any]:
    return text_like(NOT_BLANK, f"text of at most {most} characters that is not blank", most)


@dataclass(frozen=True, slots=True)
class _Fields:
    """What input and output are called in the template."""

    input: str = field(metadata=NAME)
    output: str = field(metadata=NAME)


@dataclass(frozen=True, slots=True)
class _Generator:
    name: str
    version: str
    seed: int


@dataclass(frozen=True, slots=True)
class _Sizes:
    pool: int
    prompts: int
    validation: int
    probe: int
    test: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _TaskFile(TaskDefinition):
    """task.json: the definition, narrower than in runs that are kept, and what stands beside it."""

    id: str = field(
        metadata=text_like("[a-z0-9]+(-[a-z0-9]+)*", "small letters, digits and single hyphens", 200)
    )
    description: str = field(metadata=_said(100_000))
    labels: tuple[str, ...] = field(metadata=_said(1000) | DISTINCT)
    template: str = field(metadata=_said(100_000))
    #: A line break alone is a stop too.
    stop: str = field(metadata=text_within(100_000, 1))
    k: int = field(metadata=whole_within(1, MOST_DEMONSTRATIONS))
    licence: str = field(metadata=_said(100_000))
    fields: _Fields
    generator: _Generator | None = field(default=None, metadata=ABSENT)
    #: Address of the JSON Schema.
    schema: str | None = field(default=None, metadata={**ABSENT, "name": "$schema"})
    #: Rows by split.
    splits: _Sizes


class _WrongError(Exception):
    pass


def _shown(value: Any) -> str:
    text = stringify(plain(value))
    return text if len(text) <= 60 else f"{text[:60]}..."


def _expected(at: str, what: str, found: Any) -> _WrongError:
    return _WrongError(f"{at}: expected {what}, found {_shown(found)}")


def _refuse_blank(texts: Mapping[str, str]) -> None:
    for name, value in texts.items():
        if trim(value) == "":
            raise _expected(name, "text that is not empty", value)


def _refuse_doubtful(at: str, texts: Iterable[str]) -> None:
    """A text of a list that is blank or stands there twice."""
    seen: set[str] = set()
    for i, text in enumerate(texts):
        if trim(text) == "" or text in seen:
            raise _expected(f"{at}[{i}]", "text that is neither empty nor there before", text)
        seen.add(text)


def check_definition(definition: TaskDefinition) -> None:
    one = definition
    is_labelled = one.kind == "classification"
    if len(one.labels) < 2 if is_labelled else len(one.labels) > 0:
        raise _expected(
            "labels", "at least two labels" if is_labelled else f"none for {one.kind}", one.labels
        )
    if one.template.count("{input}") != 1:
        raise _expected("template", "text with {input} once", one.template)
    if one.metric not in OWN_METRICS:
        raise _expected("metric", f"one of {', '.join(OWN_METRICS)}", one.metric)
    if one.answer_after is not None and one.kind != "generation":
        raise _expected("answerAfter", f"none for {one.kind}", one.answer_after)
    is_chosen = one.kind == "multiple-choice"
    if (one.metric == "mc1") != is_chosen:
        raise _expected("metric", "mc1" if is_chosen else "another than mc1", one.metric)


def check_row(row: TaskRow, split: SplitName, definition: TaskDefinition) -> None:
    # Prompts may have no hidden key: their answers are the model's.
    is_keyless = row.output == "" and split == "prompts"
    kind = definition.kind
    if row.output == "" and not is_keyless:
        raise _expected("output", "the answer; only prompts may go without", row.output)
    if definition.stop in row.output:
        raise _expected("output", f"text without the stop {_shown(definition.stop)}", row.output)
    if kind == "classification" and not is_keyless and row.output not in definition.labels:
        raise _expected("output", f"one of the labels {', '.join(definition.labels)}", row.output)
    mark = definition.answer_after
    if mark is not None and not is_keyless and (mark not in row.output or trim(row.output).endswith(mark)):
        raise _expected("output", f"an answer after {_shown(mark)}", row.output)
    _refuse_blank({"id": row.id, "input": row.input})
    _refuse_doubtful("references", row.references or ())
    for i, choice in enumerate(row.choices or ()):
        if trim(choice.text) == "":
            raise _expected(f"choices[{i}].text", "text that is not empty", "")
    if kind == "multiple-choice" and not is_keyless:
        _check_choices(row)


def _check_choices(row: TaskRow) -> None:
    """MC1 and MC2 need a right and a wrong choice, told apart by their text; at most one is the best."""
    choices = row.choices or ()
    right = [choice for choice in choices if choice.correct]
    best = [choice for choice in choices if choice.best is True]
    if not right or len(right) == len(choices):
        raise _expected("choices", "a list with a correct and a wrong choice", choices)
    if len({choice.text for choice in choices}) < len(choices):
        raise _expected("choices", "a list of different texts", choices)
    if len(best) > 1 or any(not choice.correct for choice in best):
        raise _expected("choices", "a list where one correct choice at most is the best", choices)
    if all(choice.text != row.output for choice in right):
        raise _expected("output", "the text of a correct choice", row.output)


def read_task(folder: Path) -> Task:
    """Reads and checks a whole task. LabError `task-integrity` for a fault in a file, `source-unreadable` for a missing one."""
    where = f"task.json in {folder}"
    json = parse_json(read_text(folder / "task.json", _MAX_BYTES, _CODE), where, _CODE)
    if not isinstance(json, dict):
        raise LabError(_CODE, f"{where} must hold a JSON object.")
    file = read(_TaskFile, json, where, _CODE)
    definition = TaskDefinition(**{one.name: getattr(file, one.name) for one in fields(TaskDefinition)})
    try:
        check_definition(definition)
    except _WrongError as wrong:
        raise LabError(_CODE, f"{where}: {wrong}.") from None
    rows = {split: _read_split(folder, split, getattr(file.splits, split), definition) for split in SPLITS}
    _check_disjoint(rows, folder)
    return Task(definition, Splits(**rows))


def _read_split(
    folder: Path, split: SplitName, count: int, definition: TaskDefinition
) -> tuple[TaskRow, ...]:
    file = folder / f"{split}.jsonl"
    # Nothing can be labelled without prompts, or shown without a pool; the rest may be left out.
    if count == 0 and split not in ("pool", "prompts") and not file.exists():
        return ()
    rows = []
    for i, line in enumerate(read_text(file, _MAX_BYTES, _CODE).split("\n")):
        if trim(line) == "":
            continue
        place = f"{split}.jsonl line {i + 1} in {folder}"
        row = read(TaskRow, parse_json(line, place, _CODE), place, _CODE)
        try:
            check_row(row, split, definition)
        except _WrongError as wrong:
            raise LabError(_CODE, f"{place}: {wrong}.") from None
        rows.append(row)
    if len(rows) != count:
        raise LabError(
            _CODE,
            f'{split}.jsonl in {folder} has {len(rows)} rows, "splits.{split}" of task.json says {count}.',
        )
    return tuple(rows)


def _check_disjoint(rows: Mapping[SplitName, tuple[TaskRow, ...]], folder: Path) -> None:
    """No id and no input stands twice, least of all in two splits: the test would be trained on."""
    for name in ("id", "input"):
        seen: dict[str, str] = {}
        for split in SPLITS:
            for i, row in enumerate(rows[split]):
                here = f"{split}.jsonl row {i + 1}"
                value: str = getattr(row, name)
                if value in seen:
                    raise LabError(
                        _CODE,
                        f'{here} in {folder}: "{name}" {stringify(value[:60])} stands in {seen[value]} too.',
                        remedy="Take one of the two rows out, so that the splits are disjoint.",
                    )
                seen[value] = here


def task_json(task: Task) -> str:
    """The task whole, as one JSON text: what is digested, and tasks/ID.json of a run's folder."""
    return stringify(plain(task))


def task_sha256(task: Task) -> str:
    return hashlib.sha256(task_json(task).encode("utf-8", "surrogatepass")).hexdigest()
