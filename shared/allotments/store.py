"""All SQL of offers, rights and pools."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from shared.allotments.rules import Counters, Holder, HolderState, Offer, Pool, RightRow, Share
from shared.allotments.tables import OFFERS
from shared.db import Row, Tx
from shared.db.database import Reads
from shared.sync import put, read

_OFFER = "SELECT id, sku, price_fen, total, opens_at, cutoff_at, active FROM offers WHERE region = ? AND deleted = 0 "
_POOL_COLUMNS = (
    "offer, region, total, held, opens_at, cutoff_at, active, generation, serial, sharers, waits_for, recalled_at"
)
_POOL = f"SELECT {_POOL_COLUMNS} FROM offer_pools "  # noqa: S608 - no input
_SHARE = (
    "SELECT offer, device, lot, point, granted, sold, returned, undone, state, by_hand, signed_gone, first_at, "
    "heard_at FROM allotments "
)
_HOLDER = "SELECT region, device, lot, point, hardware, generation, state, heard_at FROM holders "


# --- offers (both) ------------------------------------------------------------------------------------------------


def _offer(row: Any) -> Offer:
    return Offer(
        row["id"], row["sku"], row["price_fen"], row["total"], row["opens_at"], row["cutoff_at"], bool(row["active"])
    )


def offer(db: Reads, region: str, id: str) -> Offer | None:  # noqa: A002 - the domain's word, as in the row
    """One offer of a region."""
    row = read(db, OFFERS, (region, id))
    return _offer(row) if row else None


def offers(db: Reads, region: str) -> list[Offer]:
    """All offers of a region, those taken down last."""
    return [_offer(row) for row in db.query(_OFFER + "ORDER BY active DESC, opens_at, id", (region,))]


def offers_of_sku(db: Reads, region: str, sku: str) -> list[Offer]:
    """The offers of one product that are not taken down."""
    return [_offer(row) for row in db.query(_OFFER + "AND sku = ? AND active = 1 ORDER BY opens_at, id", (region, sku))]


def put_offer(tx: Tx, region: str, offer: Offer) -> None:
    """Write an offer."""
    values = {column: getattr(offer, column) for column in OFFERS.columns[1:]}
    put(tx, OFFERS, values | {"region": region, "active": int(offer.active)})


# --- a kiosk's own rights -----------------------------------------------------------------------------------------


_RIGHT = (
    "SELECT lot, offer, granted, sold, returned, undone, heard_sold, heard_returned, heard_undone, low, short, "
    "asked_at FROM rights "
)

_OPEN = "o.active = 1 AND o.opens_at <= ? AND (o.cutoff_at IS NULL OR o.cutoff_at > ?)"
_FREE = "r.granted - r.sold - r.returned + r.undone"
_UNHEARD = "heard_sold <> sold OR heard_returned <> returned OR heard_undone <> undone"
_WORTH_TELLING = (
    _RIGHT + f"AS r WHERE {_UNHEARD} OR (lot = ? AND (short > 0 OR asked_at <= ?) AND EXISTS ("  # noqa: S608 - no input
    "SELECT 1 FROM offers AS o WHERE o.region = ? AND o.id = r.offer AND o.deleted = 0 AND "
    f"CASE WHEN {_OPEN} THEN {_FREE} < r.low OR r.short > 0 ELSE {_FREE} > 0 END))"
)


def _right(row: Row) -> RightRow:
    return RightRow(
        row["lot"],
        row["offer"],
        Counters(row["granted"], row["sold"], row["returned"], row["undone"]),
        (row["heard_sold"], row["heard_returned"], row["heard_undone"]),
        row["low"],
        row["short"],
        row["asked_at"],
    )


def lot_here(db: Reads, device: str) -> tuple[str, int] | None:
    """The lot this kiosk sells from, and the last generation of the centre that has heard all of it.

    None where ``device`` has none: the rights that may lie here are those of another one, on a card that was moved.
    """
    row = db.one("SELECT lot, generation FROM rights_state WHERE id = 1 AND device = ?", (device,))
    return (row["lot"], int(row["generation"])) if row else None


def set_lot(tx: Tx, device: str, lot: str, generation: int) -> None:
    """Note the lot of a device, and which generation has heard all of it."""
    tx.execute(
        "INSERT INTO rights_state (id, device, lot, generation) VALUES (1, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET device = excluded.device, lot = excluded.lot, generation = excluded.generation",
        (device, lot, generation),
    )


def forget_rights(tx: Tx) -> None:
    """Drop rights that belong to another device."""
    tx.execute("DELETE FROM rights")


def right(db: Reads, lot: str, offer: str) -> RightRow | None:
    """A kiosk's right to one offer."""
    row = db.one(_RIGHT + "WHERE lot = ? AND offer = ?", (lot, offer))
    return _right(row) if row else None


def rights(db: Reads) -> list[RightRow]:
    """All that this kiosk has or had, former lots included."""
    return [_right(row) for row in db.query(_RIGHT + "ORDER BY lot, offer")]


def rights_to_tell(db: Reads, lot: str, region: str, contact: str, again: str) -> list[RightRow]:
    """What the centre should hear of: counters it does not know, too little to sell, or rights to what is over.

    ``contact`` is the centre's time of its last answer, ``again`` some minutes before: who asked since then waits.
    """
    found = db.query(_WORTH_TELLING, (lot, again, region, contact, contact))
    return [_right(row) for row in found]


def offers_without_right(db: Reads, lot: str, region: str, contact: str) -> list[str]:
    """Offers on sale that this kiosk has never asked for."""
    found = db.query(
        "SELECT id FROM offers AS o WHERE region = ? AND deleted = 0 AND active = 1 AND opens_at <= ? "
        "AND (cutoff_at IS NULL OR cutoff_at > ?) "
        "AND NOT EXISTS (SELECT 1 FROM rights AS r WHERE r.lot = ? AND r.offer = o.id) ORDER BY id",
        (region, contact, contact, lot),
    )
    return [row["id"] for row in found]


def put_counters(tx: Tx, lot: str, offer: str, counters: Counters) -> None:
    """Write a kiosk's own counters of one offer."""
    tx.execute(
        "INSERT INTO rights (lot, offer, granted, sold, returned, undone) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (lot, offer) DO UPDATE SET granted = excluded.granted, sold = excluded.sold, "
        "returned = excluded.returned, undone = excluded.undone",
        (lot, offer, *counters),
    )


def note_heard(tx: Tx, lot: str, offer: str, heard: Sequence[int], low: int, asked_at: str) -> None:
    """What the centre has heard of one offer, and when to ask again."""
    tx.execute(
        "UPDATE rights SET heard_sold = ?, heard_returned = ?, heard_undone = ?, low = ?, asked_at = ?, short = 0 "
        "WHERE lot = ? AND offer = ?",
        (*heard, low, asked_at, lot, offer),
    )


def add_short(tx: Tx, lot: str, offer: str, units: int) -> None:
    """Somebody wanted units that there is no right to; the largest wish counts."""
    tx.execute(
        "INSERT INTO rights (lot, offer, granted, sold, returned, undone, short) VALUES (?, ?, 0, 0, 0, 0, ?) "
        "ON CONFLICT (lot, offer) DO UPDATE SET "
        "short = CASE WHEN rights.short > excluded.short THEN rights.short ELSE excluded.short END",
        (lot, offer, units),
    )


# --- the centre's pools -------------------------------------------------------------------------------------------


def _pool(row: Row) -> Pool:
    values = {key: row[key] for key in row.keys()}  # noqa: SIM118 - iterating an sqlite row gives values, not keys
    return Pool(**(values | {"active": bool(values["active"])}))


def pool(db: Reads, offer: str) -> Pool | None:
    """An offer's pool."""
    row = db.one(_POOL + "WHERE offer = ?", (offer,))
    return _pool(row) if row else None


def pools(db: Reads, region: str | None = None) -> list[Pool]:
    """All pools (of a region)."""
    if region is None:
        return [_pool(row) for row in db.query(_POOL + "ORDER BY offer")]
    return [_pool(row) for row in db.query(_POOL + "WHERE region = ? ORDER BY offer", (region,))]


def lock_pool(tx: Tx, offer: str) -> Pool | None:
    """An offer's pool, held for this transaction: who grants, sells or changes the total waits. None: no such offer."""
    row = tx.one(
        f"UPDATE offer_pools SET held = held WHERE offer = ? RETURNING {_POOL_COLUMNS}",  # noqa: S608 - no input
        (offer,),
    )
    return _pool(row) if row else None


def put_pool(tx: Tx, pool: Pool) -> None:
    """Write a pool."""
    tx.execute(
        f"INSERT INTO offer_pools ({_POOL_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "  # noqa: S608 - no input
        "ON CONFLICT (offer) DO UPDATE SET total = excluded.total, held = excluded.held, opens_at = excluded.opens_at, "
        "cutoff_at = excluded.cutoff_at, active = excluded.active, generation = excluded.generation, "
        "serial = excluded.serial, sharers = excluded.sharers, waits_for = excluded.waits_for, "
        "recalled_at = excluded.recalled_at",
        [int(value) if isinstance(value, bool) else value for value in astuple(pool)],
    )


# --- who holds what (centre) --------------------------------------------------------------------------------------


def _share(row: Row) -> Share:
    return Share(
        row["offer"],
        row["device"],
        row["lot"],
        row["point"],
        Counters(row["granted"], row["sold"], row["returned"], row["undone"]),
        HolderState(row["state"]),
        bool(row["by_hand"]),
        row["signed_gone"],
        row["first_at"],
        row["heard_at"],
    )


def share(db: Reads, offer: str, device: str, lot: str) -> Share | None:
    """What one lot holds of an offer."""
    row = db.one(_SHARE + "WHERE offer = ? AND device = ? AND lot = ?", (offer, device, lot))
    return _share(row) if row else None


def shares(db: Reads, offer: str) -> list[Share]:
    """Everybody who holds or held units of an offer."""
    return [_share(row) for row in db.query(_SHARE + "WHERE offer = ? ORDER BY point, device, first_at, lot", (offer,))]


def shares_of_device(db: Reads, device: str) -> list[Share]:
    """All that one device holds or held."""
    return [_share(row) for row in db.query(_SHARE + "WHERE device = ? ORDER BY offer, first_at, lot", (device,))]


def shares_in_state(db: Reads, region: str, states: Sequence[HolderState]) -> list[Share]:
    """The shares of a region in some states, e.g. those at risk."""
    marks = ", ".join("?" * len(states))
    found = db.query(
        _SHARE + f"WHERE state IN ({marks}) ORDER BY offer, device, lot", [state.value for state in states]
    )
    here = {pool.offer for pool in pools(db, region)}
    return [share for row in found if (share := _share(row)).offer in here]


def put_share(tx: Tx, share: Share) -> None:
    """Write a share."""
    tx.execute(
        "INSERT INTO allotments (offer, device, lot, point, granted, sold, returned, undone, state, by_hand, "
        "signed_gone, first_at, heard_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (offer, device, lot) DO UPDATE SET point = excluded.point, granted = excluded.granted, "
        "sold = excluded.sold, returned = excluded.returned, undone = excluded.undone, state = excluded.state, "
        "by_hand = excluded.by_hand, signed_gone = excluded.signed_gone, heard_at = excluded.heard_at",
        (
            share.offer,
            share.device,
            share.lot,
            share.point,
            *share.counters,
            share.state.value,
            int(share.by_hand),
            share.signed_gone,
            share.first_at,
            share.heard_at,
        ),
    )


def add_sold(tx: Tx, offer: str, device: str, day: str, units: int) -> None:
    """Count units sold on a day, for the forecast; undone ones count against it."""
    tx.execute(
        "INSERT INTO allotment_days (offer, device, day, sold) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (offer, device, day) DO UPDATE SET sold = allotment_days.sold + excluded.sold",
        (offer, device, day, units),
    )


def sold_by_day(db: Reads, offer: str, device: str, since: str) -> dict[str, int]:
    """Units a device sold on each day from ``since`` on."""
    found = db.query(
        "SELECT day, sold FROM allotment_days WHERE offer = ? AND device = ? AND day >= ?", (offer, device, since)
    )
    return {row["day"]: int(row["sold"]) for row in found}


# --- holders: who has reported in this generation (centre) --------------------------------------------------------


def _holder(row: Row) -> Holder:
    values = {key: row[key] for key in Holder._fields}
    return Holder(**(values | {"state": HolderState(values["state"])}))


def holders(db: Reads, region: str, device: str) -> list[Holder]:
    """Every lot a device had in a region, by name."""
    return [
        _holder(row) for row in db.query(_HOLDER + "WHERE region = ? AND device = ? ORDER BY lot", (region, device))
    ]


def put_holder(tx: Tx, holder: Holder) -> None:
    """Write a holder."""
    tx.execute(
        "INSERT INTO holders (region, device, lot, point, hardware, generation, state, heard_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (region, device, lot) DO UPDATE SET point = excluded.point, "
        "hardware = excluded.hardware, generation = excluded.generation, state = excluded.state, "
        "heard_at = excluded.heard_at",
        holder._replace(state=holder.state.value),  # type: ignore[arg-type]  # the tuple goes into the row as text
    )


def nudge(tx: Tx, region: str, device: str, lot: str, wanted: bool) -> None:
    """Ask a holder to tell everything with its next round, or note that it did."""
    tx.execute(
        "UPDATE holders SET nudged = ? WHERE region = ? AND device = ? AND lot = ?",
        (int(wanted), region, device, lot),
    )


def nudged_lot(db: Reads, region: str, device: str) -> str | None:
    """The lot of a device that is to tell everything; None for almost every device at almost any time."""
    row = db.one(
        "SELECT lot FROM holders WHERE region = ? AND device = ? AND nudged = 1 AND state = 'live'", (region, device)
    )
    return row["lot"] if row else None


def idle_shares(db: Reads, offer: str, above: int, limit: int) -> list[Share]:
    """Shares in use with a right above a number, the largest first; not those given by hand."""
    found = db.query(
        _SHARE + "WHERE offer = ? AND state = 'live' AND by_hand = 0 AND point <> '' "
        "AND granted - sold - returned + undone > ? ORDER BY granted - sold - returned + undone DESC, device LIMIT ?",
        (offer, above, limit),
    )
    return [_share(row) for row in found]


def count_devices(db: Reads, region: str) -> int:
    """How many devices share the offers of a region."""
    row = db.one(
        "SELECT count(*) AS n FROM devices WHERE revoked_at IS NULL "
        "AND point IN (SELECT point FROM pickup_points WHERE region = ? AND deleted = 0)",
        (region,),
    )
    return int(row["n"]) if row else 0


def unheard_devices(db: Reads, region: str, generation: int, limit: int) -> list[tuple[str, str]]:
    """(device, point) of those whose word is missing in this generation.

    A device that is trusted must have told all it has, or be written off in this generation; one that was revoked
    is heard when it was declared dead or written off at any time, for it can have got nothing since.
    """
    found = db.query(
        "SELECT d.id AS device, d.point AS point FROM devices AS d JOIN pickup_points AS p ON p.point = d.point "
        "WHERE p.region = ? AND p.deleted = 0 AND NOT EXISTS (SELECT 1 FROM holders AS h WHERE h.region = ? "
        "AND h.device = d.id AND (h.generation >= ? OR (d.revoked_at IS NOT NULL AND h.state IN ('dead', 'closed')))) "
        "ORDER BY d.point, d.id LIMIT ?",
        (region, region, generation, limit),
    )
    return [(row["device"], row["point"]) for row in found]


def still_unheard(db: Reads, region: str, generation: int, device: str) -> bool:
    """Whether one device or installation, once found missing, still is; looks at nobody else."""
    revoked = db.one("SELECT 1 AS revoked FROM devices WHERE id = ? AND revoked_at IS NOT NULL", (device,))
    mine = holders(db, region, device)
    if any(one.state is HolderState.LIVE and one.generation < generation for one in mine):
        return True
    if revoked and any(one.state in (HolderState.DEAD, HolderState.CLOSED) for one in mine):
        return False
    return not any(one.generation >= generation for one in mine)


def unheard_lots(db: Reads, region: str, generation: int, limit: int) -> list[Holder]:
    """Lots in use that have not been told in this generation; installations of the server among them."""
    found = db.query(
        _HOLDER + "WHERE region = ? AND state = 'live' AND generation < ? ORDER BY point, device, lot LIMIT ?",
        (region, generation, limit),
    )
    return [_holder(row) for row in found]
