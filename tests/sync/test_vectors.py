"""The written examples of the protocol are what this program makes and takes."""

import json

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared.sync import sealing, signing
from shared.sync.snapshot import PLACE
from shared.sync.wire import RejoinAnswer, RejoinRequest, SyncAnswer, SyncRequest, unpack
from tests.sync.vectors import FILE, all_vectors, answer, rejoin, request

STORED = json.loads(FILE.read_text(encoding="utf-8"))
CHANGING = {
    "packed",
    "body",
    "signature",
    "box",
}  # compressed bytes differ between releases of zstd, a box is new each time


def steady(value: object) -> object:
    """Without what may differ from run to run."""
    if isinstance(value, dict):
        return {key: steady(inner) for key, inner in value.items() if key not in CHANGING}
    return [steady(one) for one in value] if isinstance(value, list) else value


def test_the_examples_are_what_this_version_writes() -> None:
    """A change of the wire that was not meant shows here."""
    assert steady(all_vectors()) == steady(STORED)


@pytest.mark.parametrize("index", range(4))
def test_each_example_is_believed_and_read(index: int) -> None:
    """Whoever follows the document is understood."""
    stored = STORED["messages"][index]
    asked, answered = rejoin()
    expected = (request(), answer(), asked, answered)[index]
    kind = (SyncRequest, SyncAnswer, RejoinRequest, RejoinAnswer)[index]
    place, nonce, body = stored["place"], stored["nonce"], bytes.fromhex(stored["body"])
    if stored["direction"] == "request":
        key, signed = bytes.fromhex(STORED["device_public_key"]), signing.read_request(body)
        assert (signed.device, signed.nonce, signed.is_from(key, place)) == ("K1", nonce, True)
        assert not msgspec.structs.replace(signed, nonce="another").is_from(key, place)
        message = signed.message
    else:
        key = bytes.fromhex(STORED["centre_public_key"])
        message = signing.message_of_answer(key, place, nonce, body) or b""
        assert signing.message_of_answer(key, place, "another", body) is None
    assert unpack(message, kind) == expected


def test_the_close_of_a_snapshot_is_signed_as_written() -> None:
    """A stream cut anywhere lacks these bytes."""
    close = STORED["snapshot_close"]
    key = bytes.fromhex(STORED["centre_public_key"])
    body = bytes.fromhex(close["msgpack"])
    assert signing.answer_is_from(key, PLACE, "n-3", body, bytes.fromhex(close["signature"]))


def test_a_sealed_box_opens_with_its_key_only() -> None:
    """A carried file says nothing to whoever finds it."""
    stored = STORED["box"]
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(stored["private_key"]))
    assert sealing.unseal(sealing.UP, key, bytes.fromhex(stored["box"])) == bytes.fromhex(stored["content"])
    with pytest.raises(sealing.BoxForeign):
        sealing.unseal(sealing.UP, X25519PrivateKey.generate(), bytes.fromhex(stored["box"]))
