"""The folder in which a demo lives: one demo at a time, thrown away before the next, or gone on with."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

KEPT = "town.json"
MARK = "made-by-the-demo"


class FolderTaken(Exception):
    """The folder is in use, or holds something that the demo has not made."""


@dataclass(frozen=True)
class Kept:
    """What a later start needs to go on with the same town: ``cables`` are the kiosks' ports towards the centre."""

    seed: int
    day: date
    password: str
    cables: dict[str, int]


def write_kept(folder: Path, kept: Kept) -> None:
    """Write it down; only the owner may read it, for it holds the operator's password."""
    path = folder / KEPT
    path.touch(mode=0o600)
    values = {"seed": kept.seed, "day": kept.day.isoformat(), "password": kept.password, "cables": kept.cables}
    path.write_text(json.dumps(values), encoding="utf-8")


def read_kept(folder: Path) -> Kept | None:
    """What stands in the folder; None when no town was ever finished there."""
    path = folder / KEPT
    if not path.is_file():
        return None
    values = json.loads(path.read_text(encoding="utf-8"))
    return Kept(values["seed"], date.fromisoformat(values["day"]), values["password"], values["cables"])


@contextmanager
def demo_folder(folder: Path, *, keep: bool) -> Iterator[Path]:
    """Hold the folder while the demo runs, empty unless ``keep`` finds a finished town in it.

    Raises :class:`FolderTaken` while another demo holds it, and for a folder with foreign things in it.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f".{folder.name}.lock")
    with lock.open("a+", encoding="utf-8") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held.seek(0)
            holder = held.read().strip() or "?"
            raise FolderTaken(f"another demo (process {holder}) runs in {folder}; stop it first") from None
        held.truncate(0)
        held.write(str(os.getpid()))
        held.flush()
        if not (keep and read_kept(folder)):
            _empty(folder)
        yield folder


def _empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise FolderTaken(f"{folder} holds things that the demo has not made; name another folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
