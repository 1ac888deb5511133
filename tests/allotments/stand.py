"""A centre and its kiosks in one process: real databases, guards and rounds, joined by function calls.

The kiosk's own ``run_round`` asks, the centre's own ``take_round`` and ``take_rejoin`` answer; messages are packed and
unpacked as on the wire.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from kiosk import store as kiosk_store
from kiosk.config import Config as KioskConfig
from kiosk.config import read_config as read_kiosk_config
from kiosk.host import Kiosk, open_kiosk
from kiosk.sync import rounds
from kiosk.sync.rules import Trouble
from kiosk.sync.transport import ExchangeFailed
from shared.allotments import operations, reports
from shared.allotments.reports import OfferReport
from shared.allotments.rules import Offer
from shared.catalogue.operations import set_product
from shared.catalogue.rules import Product
from shared.devices import operations as devices
from shared.kernel.clock import ManualClock, utc_text
from shared.orders.operations import PhoneOrder, place_phone_order, sell_at_counter, undo_sale
from shared.orders.rules import Sale
from shared.pickup_points.operations import open_point
from shared.sync import signing, snapshot
from shared.sync import store as sync_store
from shared.sync.receive import SyncProblem
from shared.sync.wire import Problem, RejoinRequest, SnapshotRequest, SyncRequest, pack, unpack
from sync_server import life
from sync_server.config import Config as CentreConfig
from sync_server.config import read_config as read_centre_config
from sync_server.host import Centre, init_centre, open_centre
from sync_server.sync.operations import feeds_of, known_device, take_rejoin, take_round

REGION = "jinan"
START = datetime(2026, 11, 22, 3, tzinfo=UTC)
PRICE = 500


@dataclass
class DirectLink:
    """The way from one kiosk to the centre. ``lose`` answers are lost; ``held`` keeps requests for a late delivery."""

    town: "Town"
    device: str
    lose: int = 0
    asked: list[SyncRequest] = field(default_factory=list)

    server_key: bytes = b""

    def __post_init__(self) -> None:
        self.server_key = signing.public_bytes(self.town.centre.server_key)

    def post(self, path: str, nonce: str, body: bytes) -> bytes:
        centre = self.town.centre
        try:
            device = known_device(centre, self.device)
            if path == rounds.SYNC_PATH:
                request = unpack(body, SyncRequest)
                self.asked.append(request)
                answer = pack(take_round(centre, device, request))
            else:
                answer = pack(take_rejoin(centre, device, unpack(body, RejoinRequest)))
        except SyncProblem as problem:
            refusal = Problem(code=problem.code, message=problem.message, acked_seq=problem.acked_seq)
            raise ExchangeFailed(Trouble.BUSY, problem.code, pack(refusal)) from problem
        if self.lose:
            self.lose -= 1
            raise ExchangeFailed(Trouble.NO_NETWORK, "answer lost")
        return answer

    def stream(self, path: str, nonce: str, body: bytes) -> Iterator[bytes]:
        centre = self.town.centre
        asked = unpack(body, SnapshotRequest)
        device = known_device(centre, self.device)
        now = sync_store.server_life(centre.db)
        assert now is not None
        assert asked.feed in feeds_of(centre, device)
        if asked.generation != now.generation or asked.epoch != device.epoch:
            code = "GENERATION" if asked.generation != now.generation else "EPOCH"
            raise ExchangeFailed(Trouble.BUSY, code, pack(Problem(code=code, message="")))
        with centre.db.reading() as moment:
            parts = list(
                snapshot.send(
                    moment,
                    centre.house,
                    centre.server_key,
                    feed=asked.feed,
                    nonce=nonce,
                    point=device.point,
                    device=device.id,
                    epoch=device.epoch,
                )
            )
        yield from parts


@dataclass
class Post:
    """A kiosk at its point."""

    town: "Town"
    name: str
    point: str
    folder: Path
    hardware: str
    kiosk: Kiosk
    link: DirectLink

    @property
    def device(self) -> str:
        return self.link.device

    def round(self) -> Trouble:
        """One round; trouble is told, not raised."""
        return rounds.run_round(self.kiosk, self.link, lambda: None)

    def settle(self, most: int = 12) -> None:
        """Rounds until twice nothing was said about rights: what came down with one may be asked for in the next."""
        silent = 0
        for _ in range(most):
            assert self.round() is Trouble.NONE
            silent = 0 if self.link.asked[-1].allotments else silent + 1
            if silent == 2:
                return
        raise AssertionError(f"still talking: {self.link.asked[-1].allotments}")

    def sell(self, offer: str, units: int = 1) -> Sale:
        """Sell over the counter."""
        journal = self.kiosk.journal()
        with journal.writing(self.point) as tx:
            return sell_at_counter(
                journal, tx, self.kiosk.guard, self.point, [(offer, units)], received_fen=units * PRICE, actor="S1"
            )

    def undo(self, sale: Sale) -> Sale:
        """Take a sale back."""
        journal = self.kiosk.journal()
        with journal.writing(self.point) as tx:
            return undo_sale(journal, tx, self.kiosk.guard, self.point, sale.order.id, "退货", "S1")

    def right(self, offer: str) -> int:
        """Units it may sell now."""
        return operations.may_sell_now(self.kiosk.journal(), self.kiosk.guard, offer)

    def want(self, offer: str, units: int) -> None:
        """Somebody asks for more."""
        operations.note_demand(self.kiosk.db, self.kiosk.guard, offer, units)

    def reopen(self, hardware: str | None = None) -> None:
        """The processes end and start again, perhaps on another machine."""
        self.kiosk.db.close()
        self.hardware = hardware or self.hardware
        self.kiosk = open_kiosk(self.town.kiosk_config(self.folder, self.hardware), self.town.clock)

    def copy(self) -> Path:
        """A copy of the database, kept elsewhere."""
        target = self.town.new_file(f"{self.name}.copy")
        self.kiosk.db.backup_to(target)
        return target

    def put_back(self, copy: Path) -> None:
        """The database is an older copy from now on; what lies beside it stays."""
        self.kiosk.db.close()
        for path in self.folder.glob("kiosk.db*"):
            path.unlink()
        shutil.copyfile(copy, self.folder / "kiosk.db")
        self.kiosk = open_kiosk(self.town.kiosk_config(self.folder, self.hardware), self.town.clock)

    def lose_guard(self) -> None:
        """Somebody deletes the guard."""
        for path in self.folder.glob("guard.?"):
            path.unlink()


class Town:
    """A centre, some points with a kiosk each, one region."""

    def __init__(self, folder: Path, database_url: str = "") -> None:
        self.folder = folder
        self.clock = ManualClock(START)
        self.url = database_url
        self._files = 0
        init_centre(self._centre_config)
        self.centre = self._open()
        self.posts: dict[str, Post] = {}
        with self.centre.journal.writing(REGION) as tx:
            set_product(self.centre.journal, tx, REGION, product("PEAR", "莱阳梨"), "op")

    @property
    def _centre_config(self) -> CentreConfig:
        environ = {"LINQU_DATA": str(self.folder / "centre"), "DATABASE_URL": self.url}
        return read_centre_config(environ)

    def _open(self) -> Centre:
        return open_centre(self._centre_config, self.clock)

    def new_file(self, name: str) -> Path:
        """A path that nothing lies at."""
        self._files += 1
        return self.folder / f"{name}.{self._files}"

    def kiosk_config(self, folder: Path, hardware: str) -> KioskConfig:
        """The settings of a kiosk."""
        environ = {"LINQU_DATA": str(folder), "LINQU_SERVER": "http://127.0.0.1", "LINQU_HARDWARE": hardware}
        return read_kiosk_config(environ)

    def post(self, name: str) -> Post:
        """A new point with an enrolled kiosk, named e.g. ``P1``; its first rounds are done."""
        point = f"JN-{name}"
        number = len(self.posts) + 1
        with self.centre.journal.writing(point) as tx:
            open_point(self.centre.journal, tx, point, number=number, name=name, region=REGION, actor="op")
        folder, hardware = self.folder / name, f"machine of {name}"
        kiosk = open_kiosk(self.kiosk_config(folder, hardware), self.clock)
        code = devices.make_claim(self.centre.db, self.clock, point, "op")
        device = devices.claim(self.centre.db, self.clock, code, signing.public_bytes(kiosk.device_key), kiosk.hardware)
        self.centre.ledger.enrolled(device)
        self._enrol(kiosk, device.id, device.epoch, point)
        made = self.posts[name] = Post(self, name, point, folder, hardware, kiosk, DirectLink(self, device.id))
        made.settle()
        return made

    def _enrol(self, kiosk: Kiosk, device: str, epoch: str, point: str) -> None:
        now = sync_store.server_life(self.centre.db)
        assert now is not None
        with kiosk.db.writing() as tx:
            sync_store.enrol_state(
                tx,
                device=device,
                hardware=kiosk.hardware,
                epoch=epoch,
                point=point,
                region=REGION,
                generation=now.generation,
            )
            kiosk_store.set_enrolment(
                tx,
                kiosk_store.Enrolment(
                    "http://127.0.0.1",
                    signing.public_bytes(self.centre.server_key),
                    signing.public_bytes(kiosk.device_key),
                    1,
                    b"key",
                    utc_text(self.clock.now()),
                ),
            )

    def offer(self, total: int, *, hours: float | None = None, offer: str = "O1", active: bool = True) -> Offer:
        """Make an offer or change its total."""
        cutoff = None if hours is None else utc_text(datetime.fromtimestamp(START.timestamp() + hours * 3600, UTC))
        made = Offer(offer, "PEAR", PRICE, total, utc_text(START), cutoff, active)
        with self.centre.journal.writing(REGION) as tx:
            operations.set_offer(self.centre.journal, tx, REGION, made, "op")
        return made

    def phone(
        self, key: str, offer: str, units: int, *, point: str = "JN-P1", centre: Centre | None = None
    ) -> PhoneOrder:
        """An order by phone, at one of the servers."""
        centre = centre or self.centre
        journal = centre.journal
        with journal.writing(point) as tx:
            return place_phone_order(
                journal,
                tx,
                centre.installation,
                point,
                channel="app",
                key=key,
                resident="R1",
                basket=[(offer, units)],
                paid=True,
                actor="app",
            )

    def report(self, offer: str = "O1") -> OfferReport:
        """Where every unit is."""
        found = reports.offer_report(self.centre.db, offer)
        assert found is not None
        assert found.consistent
        assert reports.broken_pools(self.centre.db) == []
        return found

    def copy(self) -> Path:
        """A copy of the centre's database (SQLite)."""
        target = self.new_file("centre.copy")
        self.centre.db.backup_to(target)  # type: ignore[attr-defined]  # the tests that restore run on SQLite
        return target

    def put_back(self, copy: Path, *, quietly: bool = False) -> None:
        """The centre's database is an older copy; ``quietly``: what lies beside it does not give that away."""
        self.centre.db.close()
        folder = self.folder / "centre"
        for path in folder.glob("centre.db*"):
            path.unlink()
        shutil.copyfile(copy, folder / "centre.db")
        if quietly:
            (folder / "life.json").unlink(missing_ok=True)
        self.centre = self._open()

    def new_life(self) -> None:
        """The operator says that the database was restored."""
        life.begin(self.centre.db, self.folder / "centre")

    def revoke(self, device: str) -> None:
        """Trust a device no more."""
        devices.revoke(self.centre.db, self.clock, device, "op")

    def close(self) -> None:
        """End all processes."""
        for post in self.posts.values():
            post.kiosk.db.close()
        self.centre.db.close()


def product(sku: str, name: str) -> Product:
    """A product with no particulars."""
    return Product(sku, name, "", "", "", PRICE, "", "")
