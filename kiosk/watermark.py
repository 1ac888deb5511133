"""A line outside the database that says how far it had come: a database that lost its newest part is found out.

SQLite takes a write-ahead log that is missing, cut or damaged for one that ended there, and opens without a word. So
after each commit the number and hash of the newest fact go into a small file, with one write and no sync: it costs
microseconds, outlives a killed process, and after a power cut it is older than the database at worst, never ahead of
what had been synced.
"""

import logging
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from kiosk import store
from shared.db import Database, DiskFull, Tx
from shared.db.database import Reads
from shared.kernel.clock import Clock, utc_text
from shared.kernel.limits import LOSS_SHOWN_DAYS
from shared.sync import KioskJournal
from shared.sync import store as sync_store

FILE = "newest.mark"
LINE_BYTES = 160

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest fact that was confirmed here, and the newest that the centre had acknowledged."""

    device: str
    seq: int
    hash: bytes
    acked_seq: int


class Watermark:
    """The file. Threads and processes may share it; a mark that lags by one is harmless."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def read(self) -> Mark | None:
        """What the file says; None where there is none, or where it is damaged itself."""
        try:
            line = self._path.read_bytes()[:LINE_BYTES]
        except FileNotFoundError:
            return None
        words = line.decode("ascii", "replace").split()
        if len(words) != 5 or words[4] != _check(words[:4]):
            return None
        return Mark(words[0], int(words[1]), bytes.fromhex(words[2]), int(words[3]))

    def raise_to(self, mark: Mark) -> None:
        """Note a newer fact or a newer acknowledgement; an older one changes nothing."""
        there = self.read()
        if there is not None and there.device == mark.device:
            if (mark.seq, mark.acked_seq) == (there.seq, there.acked_seq):
                return
            acked = max(mark.acked_seq, there.acked_seq)
            newer = mark if mark.seq >= there.seq else there
            mark = Mark(mark.device, newer.seq, newer.hash, acked)
        self.set(mark)

    def set(self, mark: Mark) -> None:
        """Say this from now on, whatever was said before."""
        words = [mark.device, str(mark.seq), mark.hash.hex(), str(mark.acked_seq)]
        line = " ".join([*words, _check(words)]).encode("ascii").ljust(LINE_BYTES - 1) + b"\n"
        fd = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.pwrite(fd, line, 0)
        finally:
            os.close(fd)

    def raise_if_it_goes(self, mark: Mark) -> None:
        """:meth:`raise_to` after something was confirmed: a disk that refuses must not make that look undone."""
        try:
            self.raise_to(mark)
        except OSError:
            log.exception("the watermark stays behind fact %d", mark.seq)


def _check(words: list[str]) -> str:
    return f"{zlib.crc32(' '.join(words).encode()):08x}"


@dataclass
class MarkedJournal(KioskJournal):
    """A kiosk's journal that raises the watermark after each commit that recorded a fact."""

    watermark: Watermark = field(kw_only=True)

    @contextmanager
    def writing(self, point: str) -> Iterator[Tx]:
        """As :class:`KioskJournal`."""
        with super().writing(point) as tx:
            yield tx
        head: sync_store.KioskHead | None = tx.memo.get("head")
        if head is not None:
            self.watermark.raise_if_it_goes(Mark(head.device, head.seq, head.hash, 0))


def find_loss(db: Database, clock: Clock, watermark: Watermark, *, log_cut: bool) -> store.Loss | None:
    """At start: what this database has lost since the watermark was raised, written down once; None for nothing.

    What is here may then be of several moments (``log_cut``: surely so), so every row is read anew from the centre.
    """
    state, mark = sync_store.sync_state(db), watermark.read()
    if state is None:
        return None
    head = sync_store.kiosk_head(db)
    here = Mark(head.device, head.seq, head.hash, state.acked_seq)
    if mark is None or mark.device != head.device:
        watermark.set(here)
        mark = here
    # zeros stand for a fact that was pruned or is not there
    known = sync_store.fact_hash(db, mark.seq)
    if not log_cut and mark.seq <= head.seq and known in (mark.hash, sync_store.START_OF_CHAIN):
        watermark.raise_if_it_goes(here)
        return None
    had = head.seq if known in (mark.hash, sync_store.START_OF_CHAIN) else min(head.seq, mark.seq - 1)
    loss = store.Loss(max(mark.seq, head.seq), had, mark.acked_seq, utc_text(clock.now()))
    log.error("%d facts are gone from the database; its log was cut: %s", loss.missing, log_cut)
    try:
        with db.writing() as tx:
            store.add_loss(tx, loss)
            sync_store.forget_cursors(tx)
    except DiskFull:
        # found again at the next start, because the mark stays
        return loss
    watermark.set(here)
    return loss


def loss_to_tell(db: Reads, clock: Clock) -> store.Loss | None:
    """A loss that people must know of: not settled yet, or with facts that nobody has, for a week."""
    loss = store.last_loss(db)
    if loss is None or loss.settled_at is None:
        return loss
    fresh = loss.settled_at > utc_text(clock.now() - timedelta(days=LOSS_SHOWN_DAYS))
    return loss if loss.unsent and fresh else None


def raise_after_round(db: Database, watermark: Watermark) -> None:
    """After a good round: what the centre has acknowledged need not be looked for on the shelves."""
    state, head = sync_store.sync_state(db), sync_store.kiosk_head(db)
    if state is not None:
        watermark.raise_if_it_goes(Mark(head.device, head.seq, head.hash, state.acked_seq))
