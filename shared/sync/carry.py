"""Sync without a line: the very same signed requests and answers in one sealed file, carried by hand or passed on.

A question holds the requests of a kiosk as they would go over HTTP, an answer what the centre replied to each. The
question is signed by the device and sealed to the centre; the answer is signed by the centre and sealed to the device.
Whoever carries them can neither read nor change them, and each may arrive twice, late, or never.
"""

from typing import TypeVar

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import CARRY_UNPACKED_BYTES
from shared.sync import signing
from shared.sync.sealing import DOWN, UP, BoxUnreadable, seal, unseal
from shared.sync.wire import OLDEST_PROTOCOL, PROTOCOL, pack, unpack

PLACE = "CARRY"
PLACES = ("POST /v1/sync", "POST /v1/rejoin", "POST /v1/snapshot")
T = TypeVar("T")


class Exchange(msgspec.Struct, frozen=True, array_like=True):
    """One request as it would go over HTTP: ``body`` is its message, signed by the device.

    One with a ``fallback`` mark is asked only when the centre wants to compare histories first.
    """

    place: str
    nonce: str
    body: bytes
    signature: bytes
    fallback: bool = False


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What a kiosk sends. ``number`` counts its files, for people; ``seal_key`` is what the answer is sealed to."""

    protocol: int
    nonce: str
    device: str
    number: int
    made_at: str
    seal_key: bytes
    exchanges: list[Exchange]


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """What the centre answered to one exchange; ``status`` 0 where it was not asked."""

    status: int
    body: bytes
    signature: bytes


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the centre sends back: one reply for each exchange of the question with this nonce."""

    protocol: int
    nonce: str
    device: str
    number: int
    made_at: str
    replies: list[Reply]


class _Sender(msgspec.Struct, frozen=True):
    """Who says to have made a question: all that is read of it before its signature was checked."""

    device: str
    nonce: str


class _Signed(msgspec.Struct, frozen=True, array_like=True):
    body: bytes
    signature: bytes


class Unsigned(BadInput):
    """A file that opens, but was not made by whom it should be."""

    def __init__(self) -> None:
        super().__init__("CARRY_UNSIGNED", N_("文件的签名不对，没有采用。"), N_("请在原来的机器上重新导出。"))


class WrongProtocol(BadInput):
    """A file of a version that this program does not speak."""

    def __init__(self) -> None:
        super().__init__("CARRY_PROTOCOL", N_("文件来自不同版本的程序。"), N_("请更新程序后重新导出。"))


class KioskKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What opens a kiosk's copies, left beside them for the centre's eyes only: the card they came from may be dead."""

    device: str
    db_key: bytes
    device_key: bytes


def close_keys(keys: KioskKeys, centre: bytes) -> bytes:
    """Seal a kiosk's keys to the centre."""
    return seal(UP, centre, pack(keys))


def open_keys(key: X25519PrivateKey, box: bytes) -> KioskKeys:
    """The keys in a box. Raises ``BadInput``."""
    return _inside(unseal(UP, key, box), KioskKeys)


def close_question(question: Question, key: Ed25519PrivateKey, centre: bytes) -> bytes:
    """Sign a question with the device's key and seal it to the centre's public key."""
    body = pack(question)
    signature = signing.sign_request(key, PLACE, question.nonce, body)
    return seal(UP, centre, pack(_Signed(body, signature)))


class OpenQuestion:
    """A question that was opened but not yet believed: who it says it is from decides the key that checks it."""

    def __init__(self, key: X25519PrivateKey, box: bytes) -> None:
        self._signed = _inside(unseal(UP, key, box), _Signed)
        self._sender = _inside(self._signed.body, _Sender)

    @property
    def device(self) -> str:
        """The device it names."""
        return self._sender.device

    def believed(self, device_key: bytes) -> Question:
        """The question. Raises :class:`Unsigned` unless the device's own key signed it, :class:`WrongProtocol`,
        :class:`BoxUnreadable`.
        """
        nonce, body = self._sender.nonce, self._signed.body
        if not signing.request_is_from(device_key, PLACE, nonce, body, self._signed.signature):
            raise Unsigned
        question = _inside(body, Question)
        if not OLDEST_PROTOCOL <= question.protocol <= PROTOCOL:
            raise WrongProtocol
        return question


def close_answer(answer: Answer, key: Ed25519PrivateKey, device: bytes) -> bytes:
    """Sign an answer with the centre's key and seal it to the device's public key."""
    body = pack(answer)
    return seal(DOWN, device, pack(_Signed(body, signing.sign_answer(key, PLACE, answer.nonce, body))))


def open_answer(key: X25519PrivateKey, box: bytes, centre: bytes) -> Answer:
    """The answer in a box. Raises ``BadInput`` unless it is whole, for us, and signed by the centre."""
    signed = _inside(unseal(DOWN, key, box), _Signed)
    answer = _inside(signed.body, Answer)
    if not signing.answer_is_from(centre, PLACE, answer.nonce, signed.body, signed.signature):
        raise Unsigned
    if not OLDEST_PROTOCOL <= answer.protocol <= PROTOCOL:
        raise WrongProtocol
    return answer


def _inside(data: bytes, kind: type[T]) -> T:
    try:
        return unpack(data, kind, CARRY_UNPACKED_BYTES)
    except BadInput as error:
        raise BoxUnreadable from error
