"""Backups of the centre's database: made while it works, told to kiosks once they are safe, put back as a new life."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.db import DatabaseUnreadable, SqliteDatabase, copies, open_sqlite
from shared.kernel.clock import Clock, utc_text
from shared.kernel.errors import N_, Refused
from shared.kernel.limits import BACKUPS_KEPT
from shared.sync import store
from shared.sync.signing import keep_hex_secret
from sync_server import erasure, life
from sync_server.config import Config
from sync_server.host import DATABASE_FILE, Centre, open_centre

LANES_AT_ONCE = 5_000


@dataclass(frozen=True)
class Made:
    """A finished backup: where, how large, how many histories it holds, whether it lies on the database's own disk."""

    file: Path
    bytes: int
    lanes: int
    same_disk: bool


def back_up(centre: Centre, file: Path) -> Made:
    """Write a backup to ``file``, then note for every history how far it reaches (``durable_seq``).

    Kiosks drop a fact only after it has been noted so. Raises ``FileExistsError`` rather than write over a file,
    ``OSError``, ``CopyDamaged``, ``DumpToolMissing``; nothing is noted then.
    """
    if file.exists():
        raise FileExistsError(file)
    # read before the copy begins: what they name is surely in it
    lanes = store.all_lanes(centre.db)
    before = store.server_life(centre.db)
    assert before is not None  # noqa: S101 - an open centre has a life
    if isinstance(centre.db, SqliteDatabase):
        size = copies.write_copy(centre.db, file)
    else:
        from shared.db.dump import write_dump

        size = write_dump(centre.config.database_url, file, centre.config.pg_dump)
    _note(centre, lanes, before.generation)
    same = not centre.config.database_url and file.stat().st_dev == centre.config.data.stat().st_dev
    return Made(file, size, len(lanes), same)


def _note(centre: Centre, lanes: list[store.Lane], generation: int) -> None:
    news = [lane for lane in lanes if lane.durable_seq < lane.seq]
    for start in range(0, len(news), LANES_AT_ONCE):
        with centre.db.writing() as tx:
            now = store.server_life(tx)
            if now is None or now.generation != generation:
                # a new life began meanwhile: the copy is of an older one
                return
            for lane in news[start : start + LANES_AT_ONCE]:
                store.set_durable(tx, lane)
    life.note_start(centre.db, centre.config.data)


def back_up_daily(centre: Centre, folder: Path) -> tuple[Made, list[Path]]:
    """Write a backup named by the time into ``folder`` and drop all but the newest fourteen; what was dropped."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ending = "db" if isinstance(centre.db, SqliteDatabase) else "dump"
    made = back_up(centre, folder / _name(centre.clock.now(), ending))
    old = sorted(folder.glob(f"linqu-*.{ending}"))[:-BACKUPS_KEPT]
    for file in old:
        file.unlink()
    return made, old


def _name(now: datetime, ending: str) -> str:
    return f"linqu-{now:%Y%m%dT%H%M%S}Z.{ending}"


@dataclass(frozen=True)
class PutBack:
    """What was put back, the generation that began, and where the replaced database lies (None: there was none)."""

    generation: int
    kept: Path | None


def restore(config: Config, file: Path, clock: Clock) -> PutBack:
    """Make ``file`` the SQLite database and begin a new life. Raises ``DatabaseInUse``, other ``Refused``."""
    if config.database_url:
        raise Refused(
            "RESTORE_POSTGRES",
            N_("数据库是 PostgreSQL：请用 pg_restore 恢复。"),
            N_("恢复之后运行 python -m sync_server restored。"),
        )
    database = config.data / DATABASE_FILE
    with copies.alone(config.data):
        aside = config.data / f"replaced-{utc_text(clock.now()).replace(':', '').replace('.', '')}"
        key = keep_hex_secret(config.data / "db.key")
        with copies.fetched_copy(file, database) as fetched:
            _check(fetched, key)
            there = copies.put_in_place(fetched, database, aside)
        return PutBack(restored(config, clock), aside if there else None)


def _check(fetched: Path, key: str) -> None:
    try:
        copy = open_sqlite(fetched, key=key, authoritative=True)
    except DatabaseUnreadable as error:
        raise Refused(
            "COPY_UNREADABLE",
            N_("打不开这个备份：它的密钥不在本机，或文件已损坏。"),
            N_("备份要和当时数据目录里的 *.key 一起用。"),
        ) from error
    try:
        bad = copy.damage()
        if bad:
            raise copies.CopyDamaged(bad[0])
        if not copy.has_table("server_life"):
            raise Refused("COPY_NO_CENTRE", N_("这个文件不是中心的备份。"), N_("请核对文件名。"))
    finally:
        copy.close()


def restored(config: Config, clock: Clock) -> int:
    """Somebody put an older database back: begin a new life, unless opening it has noticed that by itself already."""
    reached = life.read_reached(config.data)
    centre = open_centre(config, clock)
    try:
        now = store.server_life(centre.db)
        assert now is not None  # noqa: S101 - an open centre has a life
        noticed = reached is not None and now.generation > reached.generation
        generation = now.generation if noticed else life.begin(centre.db, config.data)
        erasure.finish(centre)
        return generation
    finally:
        centre.db.close()
