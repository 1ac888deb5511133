"""All SQL of parcels."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from shared.cases import store as case_store
from shared.db import Row, Tx
from shared.db.database import Reads
from shared.db.matching import containing, searched
from shared.kernel.limits import PICKUP_NUMBER_MAX, SEARCH_ROWS, SHELF_MAX
from shared.parcels.rules import (
    PRESENT,
    Carrier,
    Content,
    Parcel,
    ParcelState,
    PickupCode,
    next_number,
)
from shared.parcels.tables import PARCELS
from shared.sync import note_absent, put, read, remove

_COLUMNS = (
    "SELECT id, waybill, carrier, resident, order_id, state, shelf, layer, pickup_code, cold, contents, name_masked, "
    "phone_tail, expected_at, inbound_at, collected_at, collected_way, collected_fact, note "
)
_FROM = "FROM parcels WHERE point = ? AND deleted = 0 "
_PARCEL = _COLUMNS + _FROM
# the words of the partial index `parcels_open`, so that the planner takes it
_HERE = "AND state <> 'collected' AND state IN ('arrived', 'ready', 'overdue', 'exception') "

_decode_contents = msgspec.json.Decoder(tuple[Content, ...]).decode
_encode = msgspec.json.Encoder().encode


def _parcel(row: Row | Mapping[str, Any]) -> Parcel:
    contents = row["contents"]
    return Parcel(
        row["id"],
        row["waybill"],
        Carrier(row["carrier"]),
        row["resident"],
        row["order_id"],
        ParcelState(row["state"]),
        row["shelf"],
        row["layer"],
        row["pickup_code"],
        row["cold"] != 0,
        () if contents == "[]" else _decode_contents(contents),
        row["name_masked"],
        row["phone_tail"],
        row["expected_at"],
        row["inbound_at"],
        row["collected_at"],
        row["collected_way"],
        row["collected_fact"],
        row["note"],
    )


# --- parcels ------------------------------------------------------------------------------------------------------


def parcel(db: Reads, point: str, id: str) -> Parcel | None:  # noqa: A002 - the domain's word, as in the row
    """One parcel of a point."""
    row = read(db, PARCELS, (point, id))
    return _parcel(row) if row else None


def parcels(db: Reads, point: str, ids: Sequence[str]) -> dict[str, Parcel]:
    """Several parcels by id; unknown ids are left out."""
    if not ids:
        return {}
    if len(ids) == 1:
        one = parcel(db, point, ids[0])
        return {one.id: one} if one else {}
    marks = ", ".join("?" * len(ids))
    return {row["id"]: _parcel(row) for row in db.query(_PARCEL + f"AND id IN ({marks})", (point, *ids))}


def never_heard_of(tx: Tx, point: str, id: str, waybill: str) -> bool:  # noqa: A002 - the domain's word, as in the row
    """Whether a point has had neither the parcel nor the waybill, removed ones counted: one look for two answers."""
    heard = tx.one(
        "SELECT 1 AS heard FROM parcels WHERE point = ? AND id = ? "
        "UNION ALL SELECT 1 AS heard FROM parcels WHERE point = ? AND waybill = ? LIMIT 1",
        (point, id, point, waybill),
    )
    if heard is None:
        note_absent(tx, PARCELS, (point, id))
    return heard is None


def by_waybill(db: Reads, point: str, waybill: str) -> Parcel | None:
    """The parcel under a waybill; should there be several, one that lies here or is awaited, then the newest."""
    # sorted here: an ORDER BY would lure SQLite's planner to the index on inbound_at, through all parcels of the point
    found = [_parcel(row) for row in db.query(_PARCEL + "AND waybill = ?", (point, waybill))]
    return _first(sorted(found, key=lambda one: (one.inbound_at or "", one.id), reverse=True))


def with_code(db: Reads, point: str, code: str) -> list[Parcel]:
    """All parcels that carry a pickup code: those that lie here first, then those handed out, newest first."""
    if not code:
        return []
    found = [_parcel(row) for row in db.query(_PARCEL + "AND pickup_code = ?", (point, code))]
    found.sort(key=lambda one: (one.collected_at or "", one.id), reverse=True)
    return sorted(found, key=lambda one: not one.present)


def by_code(db: Reads, point: str, code: str) -> Parcel | None:
    """The parcel with a pickup code (as printed, ``3-2-0457``); one that lies here before one handed out long ago."""
    return _first(with_code(db, point, code))


def _first(found: list[Parcel]) -> Parcel | None:
    if len(found) < 2:
        return found[0] if found else None
    order = (*PRESENT, ParcelState.EXPECTED, ParcelState.COLLECTED, ParcelState.RETURNED)
    return min(found, key=lambda one: order.index(one.state), default=None)


def of_resident(
    db: Reads, point: str, resident: str, states: Collection[ParcelState] = tuple(ParcelState)
) -> list[Parcel]:
    """A resident's parcels in the given states, by shelf, so that staff walk once; an empty id has none."""
    if not resident or not states:
        return []
    marks = ", ".join("?" * len(states))
    found = db.query(
        _PARCEL + f"AND resident = ? AND state IN ({marks}) ORDER BY shelf, layer, pickup_code, id",
        (point, resident, *(state.value for state in states)),
    )
    return [_parcel(row) for row in found]


def of_order(db: Reads, point: str, order_id: str) -> list[Parcel]:
    """The parcels an order comes in; an empty id has none."""
    if not order_id:
        return []
    return [_parcel(row) for row in db.query(_PARCEL + "AND order_id = ? ORDER BY id", (point, order_id))]


def states_of_order(db: Reads, point: str, order_id: str) -> list[ParcelState]:
    """The states of an order's parcels."""
    found = db.query("SELECT state " + _FROM + "AND order_id = ?", (point, order_id))
    return [ParcelState(row["state"]) for row in found]


def occupancy(db: Reads, point: str) -> dict[tuple[int, int], int]:
    """How many parcels lie on each (shelf, layer)."""
    found = db.query(
        "SELECT shelf, layer, count(*) AS n " + _FROM + _HERE + "AND shelf IS NOT NULL GROUP BY shelf, layer", (point,)
    )
    return {(row["shelf"], row["layer"]): int(row["n"]) for row in found}


def on_layer(db: Reads, point: str, place: tuple[int, int]) -> list[Parcel]:
    """The parcels that lie on one layer, by pickup code."""
    found = db.query(_PARCEL + _HERE + "AND shelf = ? AND layer = ? ORDER BY pickup_code, id", (point, *place))
    return [_parcel(row) for row in found]


def unplaced(db: Reads, point: str) -> list[Parcel]:
    """Parcels that lie here without a place, oldest first."""
    found = db.query(
        _PARCEL + "AND state <> 'collected' AND state = 'arrived' AND shelf IS NULL ORDER BY inbound_at, id", (point,)
    )
    return [_parcel(row) for row in found]


def in_state(db: Reads, point: str, state: ParcelState, limit: int = SEARCH_ROWS, offset: int = 0) -> list[Parcel]:
    """A page of the parcels in one state, newest first."""
    found = db.query(
        _PARCEL + "AND state = ? ORDER BY inbound_at DESC, id DESC LIMIT ? OFFSET ?",
        (point, state.value, limit, offset),
    )
    return [_parcel(row) for row in found]


def waiting_since(db: Reads, point: str, before: str) -> list[Parcel]:
    """Parcels ready since before a moment (UTC text), oldest first."""
    found = db.query(
        _PARCEL + "AND state <> 'collected' AND state = 'ready' AND inbound_at < ? ORDER BY inbound_at, id",
        (point, before),
    )
    return [_parcel(row) for row in found]


def search(db: Reads, point: str, text: str, limit: int = SEARCH_ROWS) -> list[Parcel]:
    """What staff look for, by any part of waybill or code, four digits of a phone, or a name.

    Parcels that are awaited or lie here come first; those handed out are found by their whole waybill, code or tail.
    Any text is safe, wildcards are taken literally, and an empty one finds nothing.
    """
    text = searched(text).upper()
    if not text:
        return []
    code = str(PickupCode.parse(text) or text)
    part = containing(text)
    found = db.query(
        _PARCEL + "AND state <> 'collected' AND (waybill LIKE ? ESCAPE '!' OR pickup_code LIKE ? ESCAPE '!' "
        "OR pickup_code = ? OR phone_tail = ? OR name_masked LIKE ? ESCAPE '!') "
        "ORDER BY inbound_at DESC, id DESC LIMIT ?",
        (point, part, part, code, text, part, limit),
    )
    gone = db.query(
        _PARCEL + "AND state = 'collected' AND (waybill = ? OR pickup_code = ? OR phone_tail = ?) "
        "ORDER BY collected_at DESC, id DESC LIMIT ?",
        (point, text, code, text, limit),
    )
    return [_parcel(row) for row in (*found, *gone)][:limit]


def counts(db: Reads, point: str, collected_since: str = "") -> dict[ParcelState, int]:
    """How many parcels are in each state; of those handed out, the ones since ``collected_since`` (UTC text)."""
    found = db.query("SELECT state, count(*) AS n " + _FROM + "AND state <> 'collected' GROUP BY state", (point,))
    gone = db.one(
        "SELECT count(*) AS n " + _FROM + "AND collected_at >= ? AND state = 'collected'", (point, collected_since)
    )
    result = dict.fromkeys(ParcelState, 0) | {ParcelState(row["state"]): int(row["n"]) for row in found}
    result[ParcelState.COLLECTED] = int(gone["n"]) if gone else 0
    return result


def recent(db: Reads, point: str, limit: int = 20) -> list[Parcel]:
    """The parcels received last, newest first."""
    found = db.query(_PARCEL + "AND inbound_at IS NOT NULL ORDER BY inbound_at DESC, id DESC LIMIT ?", (point, limit))
    return [_parcel(row) for row in found]


def recent_hand_outs(db: Reads, point: str, limit: int = 20) -> list[Parcel]:
    """The parcels handed out last, newest first."""
    found = db.query(
        _PARCEL + "AND collected_at IS NOT NULL ORDER BY collected_at DESC, id DESC LIMIT ?", (point, limit)
    )
    return [_parcel(row) for row in found]


def ids_of_residents(db: Reads, point: str, residents: Collection[str]) -> set[str]:
    """Every parcel that these residents ever had at a point, those that were removed again too."""
    if not residents:
        return set()
    marks = ", ".join("?" * len(residents))
    found = db.query(
        f"SELECT id FROM parcels WHERE point = ? AND resident IN ({marks})",  # noqa: S608 - question marks
        (point, *residents),
    )
    return {row["id"] for row in found}


def named(db: Reads, point: str, name_masked: str, phone_tail: str) -> list[str]:
    """Parcels that carry a masked name and digits without saying whose they are."""
    if not name_masked or not phone_tail:
        return []
    found = db.query(
        "SELECT id FROM parcels WHERE point = ? AND phone_tail = ? AND name_masked = ? AND resident = '' "
        "AND deleted = 0 ORDER BY id",
        (point, phone_tail, name_masked),
    )
    return [row["id"] for row in found]


def blank_removed(tx: Tx, point: str, resident: str) -> None:
    """Empty what rows that are gone still hold of a person; nobody reads them, so no version is given."""
    tx.execute(
        "UPDATE parcels SET name_masked = '', phone_tail = '' WHERE point = ? AND resident = ? AND deleted = 1",
        (point, resident),
    )


def put_parcel(tx: Tx, point: str, parcel: Parcel) -> None:
    """Write a parcel."""
    put(
        tx,
        PARCELS,
        {
            "point": point,
            "id": parcel.id,
            "waybill": parcel.waybill,
            "carrier": parcel.carrier.value,
            "resident": parcel.resident,
            "order_id": parcel.order_id,
            "state": parcel.state.value,
            "shelf": parcel.shelf,
            "layer": parcel.layer,
            "pickup_code": parcel.pickup_code,
            "cold": int(parcel.cold),
            "contents": _encode(parcel.contents).decode() if parcel.contents else "[]",
            "name_masked": parcel.name_masked,
            "phone_tail": parcel.phone_tail,
            "expected_at": parcel.expected_at,
            "inbound_at": parcel.inbound_at,
            "collected_at": parcel.collected_at,
            "collected_way": parcel.collected_way,
            "collected_fact": parcel.collected_fact,
            "note": parcel.note,
        },
    )


def remove_parcel(tx: Tx, point: str, id: str) -> None:  # noqa: A002 - the domain's word, as in the row
    """Take a parcel away that turned out never to have been there."""
    remove(tx, PARCELS, (point, id))


# --- pickup numbers (a kiosk's own) -------------------------------------------------------------------------------


def take_number(tx: Tx, point: str) -> int:
    """The next parcel number, skipping those on labels of parcels that still lie here."""
    row = tx.one("SELECT last FROM pickup_numbers WHERE point = ?", (point,))
    number = int(row["last"]) if row else 0
    for _ in range(PICKUP_NUMBER_MAX):
        number = next_number(number)
        if not _number_in_use(tx, point, number):
            break
    tx.execute(
        "INSERT INTO pickup_numbers (point, last) VALUES (?, ?) ON CONFLICT (point) DO UPDATE SET last = excluded.last",
        (point, number),
    )
    return number


def _number_in_use(db: Reads, point: str, number: int) -> bool:
    places = range(1, SHELF_MAX + 1)
    codes = [str(PickupCode(shelf, layer, number)) for shelf in places for layer in places]
    marks = ", ".join("?" * len(codes))
    sql = "SELECT state " + _FROM + f"AND pickup_code IN ({marks})"
    return any(ParcelState(row["state"]) in PRESENT for row in db.query(sql, (point, *codes)))


# --- cases, which are kept where those of every room are ----------------------------------------------------------

cases = case_store.cases
case = case_store.case
open_cases_of = case_store.open_cases_of
add_case = case_store.add_case
put_case = case_store.put_case
