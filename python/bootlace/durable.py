"""Files that survive a kill or a full disk at any byte (tools/experiment/durable.ts): whole files by writing beside and renaming,
logs by appending lines and dropping a torn last one. Everything is synced before it counts as written."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from .errors import LabError

T = TypeVar("T")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        is_full = cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
        why = "the disk is full" if is_full else cause.strerror or str(cause)
        raise LabError(
            "storage-full" if is_full else "storage-unavailable", f"{path} cannot be written: {why}."
        ) from cause


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    # A rename lasts once its folder is synced; Windows has no such call and needs none.
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, text: str) -> None:
    """The whole file or what stood there before."""
    with _writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_name(f"{path.name}.part")
        _write_synced(beside, text.encode("utf-8", "surrogatepass"))
        beside.replace(path)
        _sync_folder(path.parent)


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """A folder with all of these files, or none; what stood there before is replaced."""
    with _writing(folder):
        beside = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        for name, data in files.items():
            _write_synced(beside / name, data)
        _sync_folder(beside)
        shutil.rmtree(folder, ignore_errors=True)
        beside.rename(folder)
        _sync_folder(folder.parent)


def read_log(path: Path, read: Callable[[str], T]) -> tuple[list[T], int]:
    """What the whole lines of a log say, and how many bytes these take. A last line without its end, or that cannot be read
    (some file systems leave zeros), was torn by a kill.

    Raises LabError `source-unreadable` naming file and line for an earlier one.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    except OSError as cause:
        raise LabError("source-unreadable", f"{path} cannot be read: {cause.strerror}.") from cause
    length = data.rfind(b"\n") + 1
    lines = data[:length].split(b"\n")[:-1]
    values: list[T] = []
    for i, line in enumerate(lines):
        try:
            values.append(read(line.decode("utf-8", "surrogatepass")))
        except (LabError, UnicodeDecodeError) as cause:
            if i == len(lines) - 1:
                return values, length - len(line) - 1
            raise LabError(
                "source-unreadable",
                f"{path} is damaged at line {i + 1}: {cause}",
                remedy="Delete this file: with --resume its run is done again.",
            ) from cause
    return values, length


class Log:
    """Text lines that are on the disk when `append` is done."""

    def __init__(self, path: Path, length: int) -> None:
        """length: bytes of its whole lines; what stands behind them is cut off."""
        self._path = path
        with _writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("ab")
            self._file.truncate(length)
            _sync_folder(path.parent)

    def append(self, line: str) -> None:
        with _writing(self._path):
            self._file.write(f"{line}\n".encode("utf-8", "surrogatepass"))
            self._file.flush()
            os.fsync(self._file.fileno())

    def close(self) -> None:
        self._file.close()


def lines_of(texts: Iterable[str]) -> str:
    return "".join(f"{text}\n" for text in texts)
