"""A kiosk as the centre sees it: a key, a chain of facts, cursors. What it would keep on disk it keeps in memory."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from shared.devices.rules import Health, Part
from shared.kernel.clock import SystemClock, utc_text
from shared.parcels.facts import HandedOut, Inbound, Shelved
from shared.sync.journal import chain_hash
from shared.sync.rooms import House, feed_name
from shared.sync.store import START_OF_CHAIN
from shared.sync.wire import PROTOCOL, FactLine, SyncAnswer, SyncRequest, rows_digest, to_blocks

_encode = msgspec.msgpack.Encoder().encode
clock = SystemClock()


class NotBelieved(Exception):
    """An answer that a kiosk would not take."""


@dataclass
class LoadKiosk:
    """One enrolled kiosk. ``waiting`` are the facts that the centre has not confirmed, after ``acked_seq``."""

    house: House
    key: Ed25519PrivateKey
    server_key: bytes
    device: str
    hardware: str
    epoch: str
    point: str
    region: str
    generation: int
    schema: int
    acked_seq: int = 0
    acked_hash: bytes = START_OF_CHAIN
    waiting: list[FactLine] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    cursors: dict[str, int] = field(default_factory=dict)
    told: list[Any] = field(default_factory=list)
    made: int = 0
    started: float = field(default_factory=clock.monotonic)

    def __post_init__(self) -> None:
        self.cursors = self.cursors or {
            feed_name("region", self.region): 0,
            feed_name("point", self.point): 0,
        }

    def record(self, payload: msgspec.Struct, actor: str = "S1") -> None:
        """Something happened at the point."""
        line = FactLine(self.house.kind_of[type(payload)].name, utc_text(clock.now()), actor, _encode(payload))
        before = self.hashes[-1] if self.hashes else self.acked_hash
        self.waiting.append(line)
        self.hashes.append(chain_hash(before, line.kind, line.at, line.actor, line.payload))

    def busy_minute(self) -> list[str]:
        """Five facts: two parcels arrive, one is put elsewhere, both are handed out. The ids of the parcels."""
        parcels = [f"{self.device}.LOAD{self.epoch}.{self.made + n}" for n in range(2)]
        self.made += len(parcels)
        for number, parcel in enumerate(parcels):
            self.record(an_inbound(parcel, self.made + number))
        self.record(Shelved(parcels[0], 2, 3, f"2-3-{self.made % 9999 + 1:04d}"))
        for parcel in parcels:
            self.record(HandedOut((parcel,), "staff", ""))
        return parcels

    def work(self, facts: int) -> None:
        """One parcel arrives, or all that :meth:`busy_minute` is."""
        if facts == 1:
            self.record(an_inbound(f"{self.device}.LOAD{self.epoch}.{self.made}", self.made))
            self.made += 1
        else:
            self.busy_minute()

    def request(self, *, health: bool = True) -> SyncRequest:
        """The request of the next round: all that waits, and every cursor."""
        first = self.acked_seq + 1
        blocks, raw = to_blocks(self.waiting, first)
        return SyncRequest(
            protocol=PROTOCOL,
            nonce=secrets.token_hex(12),
            device=self.device,
            hardware=self.hardware,
            epoch=self.epoch,
            generation=self.generation,
            schema=self.schema,
            first_seq=first,
            n=len(self.waiting),
            chain_before=self.acked_hash,
            chain_after=self.hashes[-1] if self.hashes else self.acked_hash,
            facts=blocks,
            raw=raw,
            cursors=self.cursors,
            allotments=self.told,
            health=self._health() if health else [],
        )

    def take(self, request: SyncRequest, answer: SyncAnswer) -> None:
        """Believe an answer after the checks that every kiosk makes. Raises :class:`NotBelieved`."""
        good = (
            answer.nonce == request.nonce
            and answer.count == sum(len(block.deleted) for block in answer.rows)
            and answer.digest == rows_digest(answer.rows)
            and answer.acked_seq == request.first_seq + request.n - 1
        )
        if not good:
            raise NotBelieved(f"{self.device}: {answer.acked_seq} after {request.first_seq} + {request.n}")
        if request.n:
            self.acked_seq, self.acked_hash = answer.acked_seq, request.chain_after
            del self.waiting[: request.n], self.hashes[: request.n]
        self.cursors = {**self.cursors, **answer.cursors}

    def _health(self) -> list[Any]:
        return Health(
            app_version="0.3.0",
            camera=Part.OK,
            camera_detail="UVC 1280×720",
            printer=Part.OK,
            printer_detail="TSPL 203 dpi",
            disk_free_mb=21_304,
            disk_total_mb=29_818,
            temperature_c=48.2,
            waiting=len(self.waiting),
            clock_utc=utc_text(clock.now()),
            uptime_s=int(clock.monotonic() - self.started),
        ).as_list()


def an_inbound(parcel: str, number: int) -> Inbound:
    """A parcel that nobody has announced arrives; ``number`` makes it different from the others."""
    shelf, layer = number % 8 + 1, number % 5 + 1
    return Inbound(
        parcel=parcel,
        waybill=f"SF{number:06d}{parcel[-6:]}",
        carrier="SF",
        resident="",
        order="",
        name_masked="王*明",
        phone_tail=f"{number % 10000:04d}",
        shelf=shelf,
        layer=layer,
        pickup_code=f"{shelf}-{layer}-{number % 9999 + 1:04d}",
        cold=False,
        contents=(),
    )
