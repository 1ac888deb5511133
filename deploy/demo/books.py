"""What the books say: rows of the centre and of the kiosks, labels as printed; only read, never written."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import zxingcpp
from PIL import Image

from deploy.demo.neighbourhood import Neighbourhood
from deploy.demo.seed import REGION
from deploy.demo.town import DemoKiosk, Town
from hardware.virtual.remote import labels as printed_labels
from kiosk.labels import store as label_store
from kiosk.labels.rules import JobKind, JobState, LabelMark, read_label_text
from shared.allotments import operations as allotments
from shared.allotments import reports
from shared.allotments.reports import OfferReport
from shared.catalogue import store as catalogue
from shared.kernel.passes import issue
from shared.orders import store as orders
from shared.orders.rules import COUNTER, Sale
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel, ParcelState
from shared.pickup_points import store as pickup_points
from shared.residents import store as residents
from shared.stock import store as stock
from shared.sync import rows
from shared.sync import store as sync_store
from shared.sync.accept import feeds_of
from sync_server.host import Centre

PASS_VALID = timedelta(days=1)
PASS_OLD = timedelta(days=-3)
MOST_ROWS = 100_000


def counts_wanted(neighbourhood: Neighbourhood) -> dict[str, int]:
    """How much the centre must hold after import."""
    return {
        "goods": len(neighbourhood.goods),
        "residents": len(neighbourhood.residents),
        "orders": len(neighbourhood.paid_orders),
        "boxes": sum(len(order.waybills) for order in neighbourhood.paid_orders),
    }


def counts_at_centre(town: Town) -> dict[str, int]:
    """How much the centre holds."""
    db, points = town.books.db, [point.code for point in town.neighbourhood.points]
    return {
        "goods": catalogue.count_products(db, REGION),
        "residents": sum(residents.count_residents(db, point) for point in points),
        "orders": orders.count_orders(db),
        "boxes": sum(sum(parcels.counts(db, point).values()) for point in points),
    }


def pass_for(centre: Centre, point: str, phone: str, valid: timedelta = PASS_VALID) -> str:
    """The pass that the centre gives a resident for one point."""
    where = pickup_points.point(centre.db, point)
    who = residents.by_phone(centre.db, phone)
    if where is None or who is None:
        raise LookupError(f"the centre knows no resident with the phone number {phone}, or no point {point}")
    return issue(centre.point_key(where.number), where.number, who.number, centre.clock.now() + valid)


def forged(text: str) -> str:
    """The same pass with one bit of its tag changed: what a clever hand with a picture editor makes."""
    return f"{int(text) ^ 1:0{len(text)}d}"


def read_label(path: Path) -> LabelMark | None:
    """What the code on a printed label says; None when it cannot be read or is none of ours."""
    with Image.open(path) as picture:
        found = zxingcpp.read_barcodes(picture.convert("L"), formats=zxingcpp.barcode_formats_from_str("QRCode"))
    return next((mark for one in found if (mark := read_label_text(one.text))), None)


@dataclass(frozen=True)
class LabelCheck:
    """Labels of one kiosk: how many came out for parcels (receipts apart), and what is wrong with which."""

    printed: int
    wrong: tuple[str, ...]


def check_labels(kiosk: DemoKiosk, codes: dict[str, str]) -> LabelCheck:
    """Read every printed label back. ``codes``: pickup codes by waybill, as the counter's screen showed them.

    Each label's code must name a job, that job's parcel must be the one on the label, job, parcel and screen must
    agree about the pickup code, and every parcel received must have exactly one label.
    """
    db, point = kiosk.books.db, kiosk.point.code
    labelled: list[str] = []
    receipts = 0
    wrong = []
    for path in printed_labels(kiosk.printer):
        mark = read_label(path)
        job = label_store.job(db, mark.job) if mark else None
        if mark is not None and job is not None and job.kind is JobKind.RECEIPT and job.parcel == mark.parcel:
            receipts += 1
            continue
        parcel = parcels.parcel(db, point, mark.parcel) if mark else None
        if mark is None or job is None or parcel is None or job.parcel != parcel.id:
            wrong.append(f"{path.name}: {mark}")
        elif not job.code == parcel.pickup_code == codes.get(parcel.waybill):
            wrong.append(
                f"{path.name}: job {job.code}, parcel {parcel.pickup_code}, screen {codes.get(parcel.waybill)}"
            )
        else:
            labelled.append(parcel.waybill)
    missing = set(codes) - set(labelled)
    wrong += [f"{waybill}: no label" for waybill in sorted(missing)]
    wrong += [
        f"{waybill}: {labelled.count(waybill)} labels" for waybill in set(labelled) if labelled.count(waybill) > 1
    ]
    return LabelCheck(len(printed_labels(kiosk.printer)) - receipts, tuple(wrong))


def receipts(kiosk: DemoKiosk) -> set[str]:
    """The sales whose receipts came out of a printer and can be read."""
    found = set()
    for path in printed_labels(kiosk.printer):
        mark = read_label(path)
        job = label_store.job(kiosk.books.db, mark.job) if mark else None
        if mark is not None and job is not None and job.kind is JobKind.RECEIPT:
            found.add(mark.parcel)
    return found


def labels_open(kiosk: DemoKiosk) -> int:
    """Labels that wait, are on their way, stuck or in doubt."""
    counts = label_store.counts(kiosk.books.db)
    return sum(
        counts.get(state, 0) for state in (JobState.QUEUED, JobState.SENDING, JobState.BLOCKED, JobState.UNKNOWN)
    )


def states_at_centre(town: Town, point: str, waybills: Iterable[str]) -> dict[str, ParcelState | None]:
    """The state of each parcel as the centre knows it; None where it has never heard of it."""
    found = {waybill: parcels.by_waybill(town.books.db, point, waybill) for waybill in waybills}
    return {waybill: parcel.state if parcel else None for waybill, parcel in found.items()}


def orders_not_collected(town: Town, point: str, numbers: Iterable[str]) -> list[str]:
    """Those of the orders that the centre does not hold for collected."""
    found = {number: orders.by_number(town.books.db, point, number) for number in numbers}
    return [number for number, order in found.items() if order is None or order.state.value != "collected"]


@dataclass(frozen=True)
class StockCheck:
    """Stock of one point at the centre: units on hand by levels and by ledger, lying in boxes, sold at the counter.

    What the demo sells over the counter came in no box, so that the levels fall below what lies in boxes by just that.
    """

    levels: int
    ledger: int
    in_boxes: int
    sold: int
    wrong: tuple[str, ...]


def check_stock(town: Town, point: str) -> StockCheck:
    """Levels against the sum of their movements, both against what lies in parcels less what was sold."""
    db = town.books.db
    levels = {level.sku: level.on_hand for level in stock.levels(db, point)}
    ledger = {sku: stock.ledger_sum(db, point, sku) for sku in levels}
    lying: dict[str, int] = {}
    sold: dict[str, int] = {}
    for state in (ParcelState.ARRIVED, ParcelState.READY, ParcelState.OVERDUE, ParcelState.EXCEPTION):
        for parcel in parcels.in_state(db, point, state, MOST_ROWS):
            for sku, units in parcel.units.items():
                lying[sku] = lying.get(sku, 0) + units
    for sale in counter_sales(town, point):
        for line in orders.lines(db, point, sale.order.id):
            sold[line.sku] = sold.get(line.sku, 0) + line.quantity
    wrong = [
        f"{sku}: level {levels.get(sku)}, ledger {ledger.get(sku)}, boxes {lying.get(sku, 0)}, sold {sold.get(sku, 0)}"
        for sku in sorted(levels.keys() | lying.keys() | sold.keys())
        if not levels.get(sku) == ledger.get(sku) == lying.get(sku, 0) - sold.get(sku, 0)
    ]
    return StockCheck(sum(levels.values()), sum(ledger.values()), sum(lying.values()), sum(sold.values()), tuple(wrong))


def counter_sales(town: Town, point: str) -> list[Sale]:
    """What the centre knows to be sold over the counter of a point and not taken back."""
    found = orders.recent_sales(town.books.db, point, COUNTER, MOST_ROWS)
    return [sale for sale in found if sale.released_at is None]


def right(kiosk: DemoKiosk, offer: str) -> int:
    """Units of an offer that a kiosk may sell by itself."""
    return allotments.may_sell_now(kiosk.books.journal(), kiosk.books.guard, offer)


def offer_report(town: Town, offer: str) -> OfferReport:
    """Where every unit of an offer is, at the centre. Raises ``LookupError``."""
    found = reports.offer_report(town.books.db, offer)
    if found is None:
        raise LookupError(f"the centre knows no offer {offer}")
    return found


def feeds_that_differ(town: Town, kiosk: DemoKiosk) -> tuple[int, list[str]]:
    """How many feeds the kiosk reads, and those whose rows are not the centre's."""
    state = kiosk.books.enrolled_state()
    feeds = list(feeds_of(state))
    wrong = [
        feed
        for feed in feeds
        if rows.digest(kiosk.books.db, kiosk.books.house, feed) != rows.digest(town.books.db, town.books.house, feed)
    ]
    return len(feeds), wrong


def open_questions(town: Town) -> tuple[int, int]:
    """Facts in quarantine anywhere, and open cases at the centre."""
    parked = sync_store.count_quarantine(town.books.db)
    parked += sum(sync_store.count_quarantine(kiosk.books.db) for kiosk in town.kiosks)
    return parked, len(parcels.cases(town.books.db))


def to_collect(kiosk: DemoKiosk) -> dict[str, list[Parcel]]:
    """What can be collected now at a kiosk, by resident's id; parcels of nobody known are left out."""
    found: dict[str, list[Parcel]] = {}
    for state in (ParcelState.READY, ParcelState.OVERDUE):
        for parcel in parcels.in_state(kiosk.books.db, kiosk.point.code, state, MOST_ROWS):
            if parcel.resident:
                found.setdefault(parcel.resident, []).append(parcel)
    return found


def expected(kiosk: DemoKiosk, limit: int) -> list[Parcel]:
    """Announced parcels that have not come yet."""
    return parcels.in_state(kiosk.books.db, kiosk.point.code, ParcelState.EXPECTED, limit)


def known_waybills(kiosk: DemoKiosk) -> set[str]:
    """The waybills of all parcels a kiosk has ever heard of."""
    point = kiosk.point.code
    return {
        parcel.waybill for state in ParcelState for parcel in parcels.in_state(kiosk.books.db, point, state, MOST_ROWS)
    }
