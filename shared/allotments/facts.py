"""What happens to offers and their rights at the centre. Counters are no facts; what people must know of them is."""

from dataclasses import replace

import msgspec

from shared.allotments import store
from shared.allotments.rules import Offer
from shared.cases import store as cases
from shared.cases.rules import Case, CaseKind
from shared.db import Tx
from shared.sync import Fact, FactKind


class OfferSet(msgspec.Struct, frozen=True, array_like=True):
    """An offer was made or changed in a region (the fact's scope)."""

    offer: str
    sku: str
    price_fen: int
    total: int
    opens_at: str
    cutoff_at: str | None
    active: bool


class AtRisk(msgspec.Struct, frozen=True, array_like=True):
    """Rights that a device may have used without having told: it is dead, or has lost its guard."""

    offer: str
    sku: str
    device: str
    lot: str
    granted: int
    sold: int
    returned: int
    undone: int


class Settled(msgspec.Struct, frozen=True, array_like=True):
    """Rights are at risk no more. ``gone``: units that a person found sold; -1 where the device itself came back."""

    offer: str
    device: str
    lot: str
    gone: int


class Oversold(msgspec.Struct, frozen=True, array_like=True):
    """A device whose rights were written off told of more sales than the person had counted."""

    offer: str
    sku: str
    device: str
    lot: str
    signed_gone: int
    gone: int


def _at_risk_id(it: AtRisk | Settled) -> str:
    return f"R.{it.offer}.{it.device}.{it.lot}"


def _offer_set(tx: Tx, fact: Fact, it: OfferSet) -> None:
    offer = Offer(it.offer, it.sku, it.price_fen, it.total, it.opens_at, it.cutoff_at, it.active)
    store.put_offer(tx, fact.point, offer)


def _at_risk(tx: Tx, fact: Fact, it: AtRisk) -> None:
    detail: dict[str, str | int] = {
        "offer": it.offer,
        "sku": it.sku,
        "device": it.device,
        "lot": it.lot,
        "granted": it.granted,
        "sold": it.sold,
        "returned": it.returned,
        "undone": it.undone,
        "exposure": max(0, it.granted - it.sold - it.returned + it.undone),
    }
    case = Case(_at_risk_id(it), CaseKind.RIGHTS_AT_RISK, "", fact.id, "", fact.at, None, detail)
    cases.put_case(tx, fact.point, case)


def _settled(tx: Tx, fact: Fact, it: Settled) -> None:
    case = cases.case(tx, fact.point, _at_risk_id(it))
    if case is not None and case.closed_at is None:
        cases.put_case(tx, fact.point, replace(case, second_fact=fact.id, closed_at=fact.at))


def _oversold(tx: Tx, fact: Fact, it: Oversold) -> None:
    detail: dict[str, str | int] = {
        "offer": it.offer,
        "sku": it.sku,
        "device": it.device,
        "lot": it.lot,
        "signed_gone": it.signed_gone,
        "gone": it.gone,
        "more": it.gone - it.signed_gone,
    }
    known = f"O.{it.offer}.{it.device}.{it.lot}.{it.gone}"
    cases.put_case(tx, fact.point, Case(known, CaseKind.OVERSOLD_RISK, "", fact.id, "", fact.at, None, detail))


KINDS = (
    FactKind("allotments.offer_set.v1", OfferSet, _offer_set, centre_only=True),
    FactKind("allotments.at_risk.v1", AtRisk, _at_risk, centre_only=True),
    FactKind("allotments.settled.v1", Settled, _settled, centre_only=True),
    FactKind("allotments.oversold.v1", Oversold, _oversold, centre_only=True),
)
