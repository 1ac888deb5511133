"""Sealed boxes: bytes that only the holder of one X25519 key can read, for ways that strangers may stand on.

A box is opened by its recipient alone; who made it is proven by what lies inside, which is signed. Form: magic (8
bytes), mark of the recipient's key (8), a fresh X25519 public key (32), ChaCha20-Poly1305 of the content under
HKDF-SHA256 of the shared secret. The key is used once, so the nonce is zero; everything before the content is
authenticated with it.
"""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from shared.kernel.errors import N_, BadInput
from shared.sync.signing import keep_secret

MARK_BYTES = 8
KEY_BYTES = 32
UP = b"LINQU-U1"
DOWN = b"LINQU-D1"
_HEAD = len(UP) + MARK_BYTES + KEY_BYTES
_NONCE = bytes(12)


class BoxUnreadable(BadInput):
    """The bytes are no box, or not all of one."""

    def __init__(self) -> None:
        super().__init__("BOX_UNREADABLE", N_("文件不完整或已损坏。"), N_("请在原来的机器上重新导出。"))


class BoxForeign(BadInput):
    """A whole box, for somebody else."""

    def __init__(self) -> None:
        super().__init__("BOX_FOREIGN", N_("这个文件是给另一台机器的。"), N_("请核对 U 盘和文件名。"))


class BoxWrongWay(BadInput):
    """A question where an answer is due, or the other way round."""

    def __init__(self) -> None:
        super().__init__("BOX_WRONG_WAY", N_("文件方向不对：终端带出的文件交给中心，中心的回复交给终端。"))


def load_or_make_seal_key(path: Path) -> X25519PrivateKey:
    """The private key in ``path`` (32 raw bytes, readable by its owner only), made at the first call."""
    raw = (Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    return X25519PrivateKey.from_private_bytes(
        keep_secret(path, lambda: X25519PrivateKey.generate().private_bytes(*raw))
    )


def seal_public(key: X25519PrivateKey) -> bytes:
    """The 32 bytes that others seal with."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def _mark(public: bytes) -> bytes:
    return hashlib.blake2b(public, digest_size=MARK_BYTES, person=b"linqu seal").digest()


def _cipher(secret: bytes, head: bytes) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(HKDF(SHA256(), KEY_BYTES, salt=head, info=b"linqu seal 1").derive(secret))


def seal(way: bytes, recipient: bytes, content: bytes) -> bytes:
    """Content that only the holder of the key ``recipient`` (32 public bytes) can read; ``way`` is UP or DOWN."""
    once = X25519PrivateKey.generate()
    head = way + _mark(recipient) + seal_public(once)
    secret = once.exchange(X25519PublicKey.from_public_bytes(recipient))
    return head + _cipher(secret, head).encrypt(_NONCE, content, head)


def unseal(way: bytes, key: X25519PrivateKey, box: bytes) -> bytes:
    """What :func:`seal` was given. Raises :class:`BoxUnreadable`, :class:`BoxForeign`, :class:`BoxWrongWay`."""
    head = box[:_HEAD]
    if len(head) < _HEAD or head[: len(way)] not in (UP, DOWN):
        raise BoxUnreadable
    if not head.startswith(way):
        raise BoxWrongWay
    if head[len(way) : len(way) + MARK_BYTES] != _mark(seal_public(key)):
        raise BoxForeign
    try:
        secret = key.exchange(X25519PublicKey.from_public_bytes(head[-KEY_BYTES:]))
        return _cipher(secret, head).decrypt(_NONCE, box[_HEAD:], head)
    except (InvalidTag, ValueError) as error:
        raise BoxUnreadable from error
