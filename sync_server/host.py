"""The centre as its pages see it: settings, database, clock, keys, journal."""

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import cast

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from flask import current_app

from shared.allotments.pools import Installation
from shared.allotments.settling import CentreRider
from shared.db import Database, open_sqlite
from shared.kernel.clock import Clock, SystemClock
from shared.kernel.errors import N_, Refused
from shared.kernel.ids import IdMaker, draw_nonce
from shared.kernel.limits import POSTGRES_SPARE_CONNECTIONS
from shared.kernel.passes import point_key
from shared.sync import CentreJournal, House, store
from shared.sync.journal import CENTRE_DEVICE
from shared.sync.rebuild import migrate_house
from shared.sync.sealing import load_or_make_seal_key
from shared.sync.signing import keep_hex_secret, load_or_make_key
from sync_server import life
from sync_server.config import Config
from sync_server.house import centre_house
from sync_server.installation import open_installation
from sync_server.ledger import Ledger

SECRET_FILES = ("db.key", "session.key", "pass.key")
DATABASE_FILE = "centre.db"


class NotInitialised(Refused):
    """``init`` has not run."""

    status = 503

    def __init__(self) -> None:
        super().__init__("NOT_INITIALISED", N_("中心还没有初始化。"), N_("请运行 python -m sync_server init。"))


@dataclass(frozen=True)
class Centre:
    """One server process. Threads share it."""

    config: Config
    db: Database
    clock: Clock
    ids: IdMaker
    house: House
    journal: CentreJournal
    server_key: Ed25519PrivateKey
    pass_master: bytes
    session_secret: str
    seal_key: X25519PrivateKey
    ledger: Ledger
    installation: Installation
    waiting: BoundedSemaphore

    def point_key(self, point_number: int) -> bytes:
        """The key that signs and checks one point's passes."""
        return point_key(self.pass_master, point_number)


def open_database(config: Config) -> Database:
    """PostgreSQL where ``DATABASE_URL`` says so, else one encrypted SQLite file."""
    if config.database_url:
        from shared.db.postgres import open_postgres

        connections = config.threads + POSTGRES_SPARE_CONNECTIONS
        return open_postgres(config.database_url, partitions=config.partitions, connections=connections)
    config.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return open_sqlite(config.data / DATABASE_FILE, key=keep_hex_secret(config.data / "db.key"), authoritative=True)


def init_centre(config: Config) -> None:
    """Make tables and keys, and begin the first life of the database; harmless when done before."""
    db = open_database(config)
    migrate_house(db, centre_house())
    with db.alone() as tx:
        if store.server_life(tx) is None:
            store.start_server_life(tx, 1, draw_nonce(8))
    db.close()
    for name in SECRET_FILES:
        keep_hex_secret(config.data / name)
    load_or_make_key(config.data / "server.key")
    load_or_make_seal_key(config.data / "seal.key")


def open_centre(config: Config, clock: Clock | None = None) -> Centre:
    """Open the centre; a database that is an older copy begins a new life first. Raises :class:`NotInitialised`."""
    db = open_database(config)
    house = centre_house()
    if not db.has_table("server_life"):
        db.close()
        raise NotInitialised
    migrate_house(db, house)
    if store.server_life(db) is None:
        db.close()
        raise NotInitialised
    installation = open_installation(config.data, keep_hex_secret(config.data / "db.key"))
    if not life.look(db, config.data) and installation.finds_older_copy(db):
        life.begin(db, config.data)
    house.rider = CentreRider(installation, house, begin_life=lambda: life.begin(db, config.data))
    clock = clock or SystemClock()
    ids = IdMaker.at_start(CENTRE_DEVICE)
    return Centre(
        config=config,
        db=db,
        clock=clock,
        ids=ids,
        house=house,
        journal=CentreJournal(db, clock, ids, house),
        server_key=load_or_make_key(config.data / "server.key"),
        pass_master=bytes.fromhex(keep_hex_secret(config.data / "pass.key")),
        session_secret=keep_hex_secret(config.data / "session.key"),
        seal_key=load_or_make_seal_key(config.data / "seal.key"),
        ledger=Ledger(config.data),
        installation=installation,
        waiting=BoundedSemaphore(max(1, config.threads // 2)),
    )


def current_centre() -> Centre:
    """The centre of the running request."""
    return cast(Centre, current_app.extensions["linqu_centre"])
