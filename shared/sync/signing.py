"""Ed25519 over every request and answer: a request proves the device, an answer proves the centre.

What is signed names the direction, the method and path, the nonce and a hash of the body, so that nothing signed for
one place is good in another.
"""

import base64
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

DEVICE_HEADER = "Linqu-Device"
NONCE_HEADER = "Linqu-Nonce"
SIGNATURE_HEADER = "Linqu-Signature"


def _message(direction: str, place: str, nonce: str, body: bytes) -> bytes:
    digest = hashlib.blake2b(body, digest_size=32).digest()
    return b"\x00".join((b"linqu 1", direction.encode(), place.encode(), nonce.encode(), digest))


def sign_request(key: Ed25519PrivateKey, place: str, nonce: str, body: bytes) -> str:
    """Signature of a request; ``place`` is ``POST /v1/sync``."""
    return base64.b64encode(key.sign(_message("request", place, nonce, body))).decode()


def sign_answer(key: Ed25519PrivateKey, place: str, nonce: str, body: bytes) -> str:
    """Signature of an answer to the request with this nonce."""
    return base64.b64encode(key.sign(_message("answer", place, nonce, body))).decode()


def _good(key: bytes, message: bytes, signature: str) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature, validate=True), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def request_is_from(key: bytes, place: str, nonce: str, body: bytes, signature: str) -> bool:
    """Whether the holder of the public ``key`` (32 bytes) made this request."""
    return _good(key, _message("request", place, nonce, body), signature)


def answer_is_from(key: bytes, place: str, nonce: str, body: bytes, signature: str) -> bool:
    """Whether the holder of the public ``key`` (32 bytes) gave this answer to this nonce."""
    return _good(key, _message("answer", place, nonce, body), signature)


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
