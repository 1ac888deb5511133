"""What the centre does with devices: enrolment by a code typed at the kiosk, contact, revocation."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

from shared.db import Database, Tx
from shared.devices import store
from shared.devices.rules import Device, Health, clock_drift, read_health
from shared.kernel.clock import Clock, utc_text
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.ids import base32, draw_nonce
from shared.kernel.limits import CLAIM_CODE_DIGITS, CLAIM_CODE_MINUTES, CLAIM_TRIES

PUBLIC_KEY_BYTES = 32
HARDWARE_CHARACTERS = 200
EPOCH_CHARACTERS = 6


def draw_code() -> str:
    """Eight random digits."""
    return f"{secrets.randbelow(10**CLAIM_CODE_DIGITS):0{CLAIM_CODE_DIGITS}d}"


def draw_epoch() -> str:
    """A device's life of 30 random bits."""
    return draw_nonce(EPOCH_CHARACTERS)


def _hash(code: str) -> str:
    return hashlib.sha256(b"linqu claim code" + code.encode("utf-8", "surrogatepass")).hexdigest()


def make_claim(db: Database, clock: Clock, point: str, actor: str, *, draw: Callable[[], str] = draw_code) -> str:
    """A code that enrols one kiosk at a point: shown once, kept as a hash, good for ten minutes."""
    now = clock.now()
    expires = now + timedelta(minutes=CLAIM_CODE_MINUTES)
    with db.writing() as tx:
        store.forget_claims(tx, utc_text(now - timedelta(days=1)))
        while True:
            code = draw()
            claim = store.ClaimCode(_hash(code), point, None, actor, utc_text(now), utc_text(expires), None, 0)
            if store.add_claim(tx, claim):
                return code


def claim(
    db: Database,
    clock: Clock,
    code: str,
    public_key: bytes,
    hardware: str,
    *,
    epoch: Callable[[], str] = draw_epoch,
) -> Device:
    """Enrol a kiosk that shows a claim code and its own Ed25519 public key.

    The same kiosk asking again (its answer was lost) gets the same device. Raises ``Refused`` CLAIM_UNKNOWN,
    CLAIM_USED, CLAIM_EXPIRED, CLAIM_LOCKED (guessed at too often); ``BadInput`` CLAIM_KEY.
    """
    if len(public_key) != PUBLIC_KEY_BYTES or len(hardware) > HARDWARE_CHARACTERS:
        raise BadInput("CLAIM_KEY", N_("登记请求无法读取。"), N_("请更新终端程序后重试。"))
    code = "".join(code[:64].split())
    with db.writing() as tx:
        now = utc_text(clock.now())
        found = store.claim_code(tx, _hash(code))
        if found is not None:
            return _take(tx, found, public_key, hardware, now, epoch)
        store.count_wrong_try(tx, now)
    raise Refused("CLAIM_UNKNOWN", N_("登记码不正确。"), N_("请核对屏幕上的 8 位登记码。"))


def _take(
    tx: Tx, code: store.ClaimCode, public_key: bytes, hardware: str, now: str, epoch: Callable[[], str]
) -> Device:
    if now >= code.expires_at:
        raise Refused("CLAIM_EXPIRED", N_("登记码已过期。"), N_("请在运营后台重新生成登记码。"))
    if code.used_at is not None:
        device = store.device(tx, code.device or "")
        if device is not None and device.public_key == public_key and device.revoked_at is None:
            return device
        raise Refused("CLAIM_USED", N_("登记码已被使用。"), N_("请在运营后台重新生成登记码。"))
    if code.tries >= CLAIM_TRIES:
        raise Refused("CLAIM_LOCKED", N_("登记码被试错太多次，已失效。"), N_("请在运营后台重新生成登记码。"))
    name = f"K{base32(store.take_number(tx))}"
    if not store.use_claim(tx, code.code_hash, name, now):
        raise Refused("CLAIM_USED", N_("登记码已被使用。"), N_("请在运营后台重新生成登记码。"))
    device = Device(name, code.point, name, public_key, hardware, epoch(), now, None, None, Health(), 0, 0)
    store.add_device(tx, device)
    return device


def note_contact(
    db: Database, clock: Clock, device_id: str, said: Sequence[Any] | None = None, *, generation: int = 0
) -> None:
    """Note that a device was heard of, with what it says of itself and how far its clock is off.

    ``said`` is what ``Health.as_list`` made, at this version or another; what can't be read keeps what it said last.
    """
    now = clock.now()
    health = read_health(said) if said else None
    drift = clock_drift(health, now) if health else None
    with db.noting() as tx:
        store.set_contact(tx, device_id, utc_text(now), health, drift, generation)


def revoke(db: Database, clock: Clock, device_id: str, actor: str) -> None:
    """A device is trusted no more. Raises ``Refused`` DEVICE_UNKNOWN when there is none or it was revoked before."""
    with db.writing() as tx:
        if not store.set_revoked(tx, device_id, utc_text(clock.now())):
            raise Refused("DEVICE_UNKNOWN", N_("没有这台设备，或已停用。"), N_("请刷新设备列表。"))
