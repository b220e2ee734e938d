"""The lab's one error class (src/core/errors.ts): a code from a closed set, and a message that names the thing that failed,
what was expected and found, and what to do about it."""

from __future__ import annotations

from typing import Final, Literal

ErrorCode = Literal[
    "device-lost",
    "out-of-memory",
    "unsupported-architecture",
    "unsupported-adapter",
    "adapter-mismatch",
    "model-integrity",
    "tokenizer-integrity",
    "task-integrity",
    "source-unreadable",
    "storage-full",
    "storage-unavailable",
    "invalid-request",
    "context-overflow",
    "non-finite-loss",
    "busy",
    "cancelled",
    "internal",
]

REMEDIES: Final[dict[ErrorCode, str]] = {
    "device-lost": "Run the command again with --resume.",
    "out-of-memory": "Choose a smaller batch, a shorter length or a smaller model.",
    "unsupported-architecture": "Choose a causal language model that transformers can load.",
    "unsupported-adapter": "Train a plain LoRA adapter (no DoRA, bias, modules_to_save or patterns).",
    "adapter-mismatch": "Use the adapter with the base model that it was trained on.",
    "model-integrity": "Fetch the checkpoint again: its files are damaged or incomplete.",
    "tokenizer-integrity": "Fetch tokenizer.json and tokenizer_config.json again.",
    "task-integrity": "Correct the file that is named, or import the task again.",
    "source-unreadable": "Check that the file exists and may be read.",
    "storage-full": "Make room on the disk, then run the command again with --resume.",
    "storage-unavailable": "Choose an --out that may be written to.",
    "invalid-request": "Correct the request.",
    "context-overflow": "Shorten the prompt or the number of new tokens.",
    "non-finite-loss": "Lower the learning rate or the clip norm, and check the data.",
    "busy": "Wait for the other command on this folder, or choose another --out.",
    "cancelled": "Nothing to do: the work was cancelled on request.",
    "internal": "This is a defect of the twin; please report it with the message.",
}


class LabError(Exception):
    """A failure with a code from the closed set; `str()` is complete English and ends with the remedy."""

    def __init__(self, code: ErrorCode, what: str, *, remedy: str | None = None) -> None:
        self.code: ErrorCode = code
        self.what = what
        self.remedy = REMEDIES[code] if remedy is None else remedy
        super().__init__(f"{what} {self.remedy}")
