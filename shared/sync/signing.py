"""Ed25519 over every request and answer: a request proves the device, an answer proves the centre.

What is signed names the direction, the method and path, the nonce and a hash of the message, so that nothing signed
for one place is good in another. Signatures travel with the message in one body, not in headers: as raw bytes, out of
reach of proxies that rewrite headers, and the same in a file that is carried by hand.
"""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from shared.kernel.errors import N_, BadInput

SIGNATURE_BYTES = 64


def _signed(direction: str, place: str, nonce: str, message: bytes) -> bytes:
    digest = hashlib.blake2b(message, digest_size=32).digest()
    return b"\x00".join((b"linqu 1", direction.encode(), place.encode(), nonce.encode(), digest))


def sign_request(key: Ed25519PrivateKey, place: str, nonce: str, message: bytes) -> bytes:
    """Signature of a request; ``place`` is ``POST /v1/sync``."""
    return key.sign(_signed("request", place, nonce, message))


def sign_answer(key: Ed25519PrivateKey, place: str, nonce: str, message: bytes) -> bytes:
    """Signature of an answer to the request with this nonce."""
    return key.sign(_signed("answer", place, nonce, message))


def _good(key: bytes, signed: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True


def request_is_from(key: bytes, place: str, nonce: str, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the public ``key`` (32 bytes) made this request."""
    return _good(key, _signed("request", place, nonce, message), signature)


def answer_is_from(key: bytes, place: str, nonce: str, message: bytes, signature: bytes) -> bool:
    """Whether the holder of the public ``key`` (32 bytes) gave this answer to this nonce."""
    return _good(key, _signed("answer", place, nonce, message), signature)


class SignedRequest(msgspec.Struct, frozen=True, array_like=True):
    """The body of a request. ``device`` is empty in the one that asks to become a device."""

    device: str
    nonce: str
    signature: bytes
    message: bytes

    def is_from(self, key: bytes, place: str) -> bool:
        """Whether the holder of the public ``key`` (32 bytes) made this request for this place."""
        return request_is_from(key, place, self.nonce, self.message, self.signature)


def signed_request(key: Ed25519PrivateKey, device: str, place: str, nonce: str, message: bytes) -> bytes:
    """The body of a request."""
    signature = sign_request(key, place, nonce, message)
    return msgspec.msgpack.encode(SignedRequest(device, nonce, signature, message))


def read_request(body: bytes) -> SignedRequest:
    """What :func:`signed_request` made; nothing of it is proven yet. Raises ``BadInput`` for anything else."""
    try:
        return msgspec.msgpack.decode(body, type=SignedRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput("SYNC_UNREADABLE", N_("收到的同步数据无法读取。"), N_("稍后会自动重试。")) from error


def signed_answer(key: Ed25519PrivateKey, place: str, nonce: str, message: bytes) -> bytes:
    """The body of an answer: its signature, then the message."""
    return sign_answer(key, place, nonce, message) + message


def message_of_answer(key: bytes, place: str, nonce: str, body: bytes) -> bytes | None:
    """The message in an answer's body; None unless the holder of the public ``key`` gave it to this nonce."""
    signature, message = body[:SIGNATURE_BYTES], body[SIGNATURE_BYTES:]
    return message if answer_is_from(key, place, nonce, message, signature) else None


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes that others check signatures with."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def keep_secret(path: Path, make: Callable[[], bytes]) -> bytes:
    """What ``path`` holds; at the first call what ``make`` gives, on the disk before it is used.

    Several processes may ask at once: the file appears whole, once, readable by its owner only, and all get the same.
    """
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as draft:
            draft.write(make())
            draft.flush()
            os.fsync(draft.fileno())
            with suppress(FileExistsError):
                os.link(draft.name, path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    return path.read_bytes()


def keep_hex_secret(path: Path) -> str:
    """The 32 random bytes of ``path`` as 64 hexadecimal digits, made at the first call."""
    return keep_secret(path, lambda: secrets.token_hex(32).encode()).decode().strip()


def load_or_make_key(path: Path) -> Ed25519PrivateKey:
    """The private key in ``path`` (32 raw bytes, readable by its owner only), made at the first call."""
    raw = (Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return Ed25519PrivateKey.from_private_bytes(
        keep_secret(path, lambda: Ed25519PrivateKey.generate().private_bytes(*raw))
    )
