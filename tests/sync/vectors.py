"""Byte-exact examples of the protocol, for whoever writes a client in another language.

``python -m tests.sync.vectors`` writes them anew; ``shared/sync/PROTOCOL.md`` says what they mean. Keys are made of
fixed bytes: examples, never used anywhere.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared.sync import sealing, signing, store
from shared.sync.daily import shape
from shared.sync.journal import chain_hash, mark_of
from shared.sync.rooms import House
from shared.sync.snapshot import PLACE, closing
from shared.sync.wire import (
    PROTOCOL,
    FactLine,
    RejoinAnswer,
    RejoinRequest,
    RowBlock,
    SnapshotPart,
    SyncAnswer,
    SyncRequest,
    pack,
    rows_digest,
    to_blocks,
)
from tests.sync.toy import ROOM

FILE = Path(__file__).with_name("vectors.json")
DEVICE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
CENTRE_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64)))
SEAL_KEY = X25519PrivateKey.from_private_bytes(bytes(range(64, 96)))
AT = "2026-11-22T03:05:59.123Z"
LINES = (
    FactLine("toy.filled.v1", AT, "S1", msgspec.msgpack.encode(["章丘大葱", 3, ""])),
    FactLine("toy.emptied.v1", AT, "S1", msgspec.msgpack.encode(["箱 7"])),
    FactLine("toy.filled.v1", AT, "", b"\xc1"),
)


def chain() -> list[dict[str, Any]]:
    """Facts one after the other, each with its hash and the end of its name."""
    told, hashed = [], store.START_OF_CHAIN
    for seq, line in enumerate(LINES, start=1):
        hashed = chain_hash(hashed, *line)
        told.append(
            {"seq": seq, "kind": line.kind, "at": line.at, "actor": line.actor, "payload": line.payload.hex(),
             "hash": hashed.hex(), "name": f"K1:{seq}:{mark_of(hashed)}"}
        )  # fmt: skip
    return told


def request() -> SyncRequest:
    """A push of all three facts; the last is no list and travels raw."""
    blocks, raw = to_blocks(LINES, 1)
    return SyncRequest(
        protocol=PROTOCOL, nonce="n-1", device="K1", hardware="00" * 12, epoch="7QF3ZK", generation=1, schema=9,
        first_seq=1, n=3, chain_before=store.START_OF_CHAIN, chain_after=bytes.fromhex(chain()[-1]["hash"]),
        facts=blocks, raw=raw, cursors={"region:jinan": 4, "point:JN-HL01": 0},
    )  # fmt: skip


def rows() -> list[RowBlock]:
    """Two rows, one of them gone."""
    names = ["point", "id", "held", "note"]
    return [RowBlock("boxes", names, [["JN-HL01"] * 2, ["箱 7", "章丘大葱"], [0, 3], ["", ""]], [1, 0])]


def answer() -> SyncAnswer:
    """What the centre says to the push."""
    return SyncAnswer(
        protocol=PROTOCOL, nonce="n-1", generation=1, acked_seq=3, durable_seq=0, own=False, rows=rows(), count=2,
        digest=rows_digest(rows()), cursors={"region:jinan": 4, "point:JN-HL01": 2}, more=False, refusals=[],
        next_s=10, server_time=AT,
    )  # fmt: skip


def rejoin() -> tuple[RejoinRequest, RejoinAnswer]:
    """A history of three facts, of which the centre holds two."""
    hashes = b"".join(bytes.fromhex(fact["hash"])[:8] for fact in chain())
    asked = RejoinRequest(
        protocol=PROTOCOL, nonce="n-2", device="K1", hardware="00" * 12, epoch="7QF3ZK", generation=1, base_seq=0,
        base_hash=store.START_OF_CHAIN, hashes=hashes,
    )  # fmt: skip
    return asked, RejoinAnswer(protocol=PROTOCOL, nonce="n-2", generation=2, epoch="M2K8AA", common_seq=2)


def close_of_snapshot() -> SnapshotPart:
    """The last part of a snapshot that held two rows."""
    return SnapshotPart(
        feed="point:JN-HL01", nonce="n-3", generation=1, version=2, head_seq=3,
        head_hash=bytes.fromhex(chain()[-1]["hash"]), count=2, digest=rows_digest(rows()),
    )  # fmt: skip


def asked(place: str, nonce: str, sent: msgspec.Struct) -> dict[str, str]:
    """A request: the message as msgpack, as it was packed, its signature, and the body that holds all of it."""
    packed = pack(sent)
    return {
        "direction": "request", "place": place, "nonce": nonce, "msgpack": msgspec.msgpack.encode(sent).hex(),
        "packed": packed.hex(), "signature": signing.sign_request(DEVICE_KEY, place, nonce, packed).hex(),
        "body": signing.signed_request(DEVICE_KEY, "K1", place, nonce, packed).hex(),
    }  # fmt: skip


def answered(place: str, nonce: str, sent: msgspec.Struct) -> dict[str, str]:
    """The answer to it, in the same way."""
    packed = pack(sent)
    return {
        "direction": "answer", "place": place, "nonce": nonce, "msgpack": msgspec.msgpack.encode(sent).hex(),
        "packed": packed.hex(), "signature": signing.sign_answer(CENTRE_KEY, place, nonce, packed).hex(),
        "body": signing.signed_answer(CENTRE_KEY, place, nonce, packed).hex(),
    }  # fmt: skip


def messages() -> Sequence[dict[str, str]]:
    """One message of each sort."""
    ours, theirs = rejoin()
    return [
        asked("POST /v1/sync", "n-1", request()),
        answered("POST /v1/sync", "n-1", answer()),
        asked("POST /v1/rejoin", "n-2", ours),
        answered("POST /v1/rejoin", "n-2", theirs),
    ]


def all_vectors() -> dict[str, Any]:
    """Everything that the file holds."""
    house = House([ROOM])
    close = closing(close_of_snapshot())
    return {
        "device_public_key": signing.public_bytes(DEVICE_KEY).hex(),
        "centre_public_key": signing.public_bytes(CENTRE_KEY).hex(),
        "chain": chain(),
        "rows_digest": rows_digest(rows()).hex(),
        "shape": {feed: shape(house, feed) for feed in ("point:JN-HL01", "region:jinan")},
        "messages": messages(),
        "snapshot_close": {
            "msgpack": close.hex(),
            "signature": signing.sign_answer(CENTRE_KEY, PLACE, "n-3", close).hex(),
        },
        "box": {
            "private_key": bytes(range(64, 96)).hex(),
            "content": b"carried".hex(),
            "box": sealing.seal(sealing.UP, sealing.seal_public(SEAL_KEY), b"carried").hex(),
        },
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(all_vectors(), indent=1, ensure_ascii=False) + "\n")
