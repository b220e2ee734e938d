"""The lab's own tables, from the files that its TypeScript side writes: experiments/experiment.schema.json (every knob with
default, range and values) and experiments/methods.json with its schema. A wheel carries copies; a checkout reads them."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from .errors import LabError

_PACKED = "data"
_REPOSITORY = Path(__file__).resolve().parents[2] / "experiments"


@cache
def table(name: str) -> dict[str, Any]:
    """E.g. "methods.json"."""
    packed = files(__package__ or "bootlace").joinpath(_PACKED).joinpath(name)
    for place in (packed, _REPOSITORY / name):
        if place.is_file():
            found: dict[str, Any] = json.loads(place.read_text(encoding="utf-8"))
            return found
    raise LabError(
        "internal",
        f"The package has no {name}.",
        remedy="Install it with pip install ./python, from the repository.",
    )
