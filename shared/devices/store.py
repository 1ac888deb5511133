"""All SQL of devices."""

from dataclasses import dataclass

import msgspec

from shared.db import Row, Tx
from shared.db.database import Reads
from shared.devices.rules import Device, Health

_DEVICE = (
    "SELECT id, point, name, public_key, hardware, epoch, enrolled_at, revoked_at, last_contact, health, drift_s, "
    "generation FROM devices "
)
_CLAIM = "SELECT code_hash, point, device, made_by, made_at, expires_at, used_at, tries FROM claim_codes "


@dataclass(frozen=True, slots=True)
class ClaimCode:
    """A single-use code for enrolment; ``device`` names who used it."""

    code_hash: str
    point: str
    device: str | None
    made_by: str
    made_at: str
    expires_at: str
    used_at: str | None
    tries: int


def _device(row: Row) -> Device:
    return Device(
        row["id"],
        row["point"],
        row["name"],
        bytes(row["public_key"]),
        row["hardware"],
        row["epoch"],
        row["enrolled_at"],
        row["revoked_at"],
        row["last_contact"],
        msgspec.json.decode(row["health"], type=Health),
        int(row["drift_s"]),
        int(row["generation"]),
    )


def device(db: Reads, device_id: str) -> Device | None:
    """One device, revoked or not."""
    row = db.one(_DEVICE + "WHERE id = ?", (device_id,))
    return _device(row) if row else None


def devices(db: Reads, point: str | None = None) -> list[Device]:
    """All devices (of one point), by point and id."""
    if point is None:
        return [_device(row) for row in db.query(_DEVICE + "ORDER BY point, enrolled_at, id")]
    return [_device(row) for row in db.query(_DEVICE + "WHERE point = ? ORDER BY enrolled_at, id", (point,))]


def add_device(tx: Tx, device: Device) -> None:
    """Keep a newly enrolled device."""
    tx.execute(
        "INSERT INTO devices (id, point, name, public_key, hardware, epoch, enrolled_at, revoked_at, last_contact, "
        "health, drift_s, generation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            device.id,
            device.point,
            device.name,
            device.public_key,
            device.hardware,
            device.epoch,
            device.enrolled_at,
            device.revoked_at,
            device.last_contact,
            _health_text(device.health),
            device.drift_s,
            device.generation,
        ),
    )


def adopt_device(tx: Tx, device: Device) -> int:
    """Keep a device that was enrolled in a life of the database that is lost; 0 when it is known."""
    if device_known(tx, device.id):
        return 0
    add_device(tx, device)
    return 1


def device_known(db: Reads, device_id: str) -> bool:
    """Whether there is a device of this name, revoked or not."""
    return db.one("SELECT 1 AS there FROM devices WHERE id = ?", (device_id,)) is not None


def ever_enrolled(db: Reads) -> int:
    """How many devices there have ever been: near enough to how many there are, and never counted."""
    row = db.one("SELECT last FROM device_numbers WHERE id = 1")
    return int(row["last"]) if row else 0


def raise_number(tx: Tx, least: int) -> None:
    """Never give a number up to ``least`` again."""
    tx.execute("UPDATE device_numbers SET last = ? WHERE id = 1 AND last < ?", (least, least))


def _health_text(health: Health) -> str:
    return msgspec.json.encode(health).decode()


def count(db: Reads) -> int:
    """How many devices are trusted."""
    row = db.one("SELECT count(*) AS n FROM devices WHERE revoked_at IS NULL")
    return int(row["n"]) if row else 0


def set_contact(tx: Tx, device_id: str, at: str, health: Health | None, drift_s: int | None, generation: int) -> None:
    """Note a round of a device; ``health`` and ``drift_s`` None keep what is known."""
    tx.execute(
        "UPDATE devices SET last_contact = ?, health = coalesce(?, health), drift_s = coalesce(?, drift_s), "
        "generation = ? WHERE id = ?",
        (at, None if health is None else _health_text(health), drift_s, generation, device_id),
    )


def set_epoch(tx: Tx, device_id: str, epoch: str) -> None:
    """Give a device a new epoch, after its history was compared with ours."""
    tx.execute("UPDATE devices SET epoch = ? WHERE id = ?", (epoch, device_id))


def set_name(tx: Tx, device_id: str, name: str) -> None:
    """Call a device something people know."""
    tx.execute("UPDATE devices SET name = ? WHERE id = ?", (name, device_id))


def set_revoked(tx: Tx, device_id: str, at: str) -> int:
    """Note that a device is no longer trusted; 0 when it is unknown or was revoked before."""
    return tx.execute("UPDATE devices SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", (at, device_id))


def take_number(tx: Tx) -> int:
    """The number of the next device; others who want one wait for this transaction."""
    row = tx.one("UPDATE device_numbers SET last = last + 1 WHERE id = 1 RETURNING last")
    assert row is not None  # noqa: S101 - the migration has made it
    return int(row["last"])


# --- claim codes --------------------------------------------------------------------------------------------------


def add_claim(tx: Tx, claim: ClaimCode) -> bool:
    """Keep a new claim code; False when the same digits are in use already."""
    return (
        tx.execute(
            "INSERT INTO claim_codes (code_hash, point, device, made_by, made_at, expires_at, used_at, tries) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code_hash) DO NOTHING",
            (
                claim.code_hash,
                claim.point,
                claim.device,
                claim.made_by,
                claim.made_at,
                claim.expires_at,
                claim.used_at,
                claim.tries,
            ),
        )
        == 1
    )


def claim_code(db: Reads, code_hash: str) -> ClaimCode | None:
    """A claim code by its hash."""
    row = db.one(_CLAIM + "WHERE code_hash = ?", (code_hash,))
    return ClaimCode(**dict(row)) if row else None


def use_claim(tx: Tx, code_hash: str, device: str, at: str) -> bool:
    """Take a claim code; False when another has been faster."""
    return (
        tx.execute(
            "UPDATE claim_codes SET used_at = ?, device = ? WHERE code_hash = ? AND used_at IS NULL",
            (at, device, code_hash),
        )
        == 1
    )


def count_wrong_try(tx: Tx, now: str) -> None:
    """Somebody guessed: it counts against every code that is open."""
    tx.execute("UPDATE claim_codes SET tries = tries + 1 WHERE used_at IS NULL AND expires_at > ?", (now,))


def forget_claims(tx: Tx, before: str) -> int:
    """Drop codes that ran out before a moment (UTC text)."""
    return tx.execute("DELETE FROM claim_codes WHERE expires_at < ?", (before,))
