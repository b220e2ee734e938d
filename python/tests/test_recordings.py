"""The recordings that the lab is held to (test/fixtures/recorded) are what the twin makes: numbers to what float32 lets be."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from fixtures import REPOSITORY
from test_against_the_lab import differences

from bootlace.engine import Machine, load_engine

sys.path.append(str(REPOSITORY / "python"))
import recordings

FOLDER = REPOSITORY / "test" / "fixtures" / "recorded"


@pytest.fixture(scope="module")
def fresh() -> dict[str, str]:
    return recordings.recordings(load_engine(str(REPOSITORY / "public/models/nano"), Machine(device="cpu")))


def test_no_other_files(fresh: dict[str, str]) -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(fresh)


@pytest.mark.parametrize("path", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_as_the_twin_makes_them(path: Path, fresh: dict[str, str]) -> None:
    found, wanted = fresh[path.name], path.read_text(encoding="utf-8")
    if path.suffix == ".json":
        assert found == wanted
        return
    for number, (line, other) in enumerate(
        zip(found.splitlines(), wanted.splitlines(), strict=True), start=1
    ):
        assert list(differences(json.loads(line), json.loads(other), f"line {number}")) == []
