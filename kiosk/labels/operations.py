"""What people ask of the label queue. Printing itself is the work of ``worker.py``, in a process of its own."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from hardware.labels.parcel import ParcelLabel
from hardware.labels.receipt import LINES_A_PAGE, Receipt
from kiosk.host import Kiosk
from kiosk.labels import store
from kiosk.labels.rules import (
    JobEvent,
    JobKind,
    JobState,
    LabelMark,
    PrintJob,
    Proof,
    ReprintReason,
    label_text,
    next_copy,
    read_label_text,
)
from shared.db import Tx
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, Refused
from shared.parcels import store as parcels
from shared.parcels.rules import CARRIER_NAMES, Parcel
from shared.pickup_points.rules import Staff

COLD_MARK = "冷藏"
"""Printed, so always Chinese (see ``hardware.labels.parcel``)."""


def label_queued(kiosk: Kiosk, staff: Staff) -> Callable[[Tx, Parcel], None]:
    """For the ``also`` of an operation on a parcel: its label is queued in the same transaction, or neither happens."""
    point = kiosk.point()
    name, now, zone = point.name if point else "", kiosk.clock.now(), kiosk.config.timezone
    code, job_id = kiosk.point_code, kiosk.journal().ids.new

    def queue(tx: Tx, parcel: Parcel) -> None:
        queue_label(tx, code, parcel, job_id=job_id(), point_name=name, now=now, zone=zone, staff=staff.id)

    return queue


def queue_label(
    tx: Tx,
    point: str,
    parcel: Parcel,
    *,
    job_id: str,
    point_name: str,
    now: datetime,
    zone: str,
    staff: str,
    reason: str = "",
) -> PrintJob | None:
    """Put a label for ``parcel`` as it stands at the end of the queue; None while the parcel has no pickup code.

    A waiting label with an older code of the same parcel is cancelled: nobody wants it any more.
    """
    if not parcel.pickup_code:
        return None
    at = utc_text(now)
    for old in store.of_parcel(tx, point, parcel.id):
        if old.state is JobState.QUEUED and old.code != parcel.pickup_code:
            store.happened(tx, old.id, JobEvent.CANCELLED, at)
    copy = next_copy(store.copies(tx, point, parcel.id, parcel.pickup_code))
    label = ParcelLabel(
        pickup_code=parcel.pickup_code,
        masked_name=parcel.name_masked,
        phone_tail=parcel.phone_tail,
        point_name=point_name,
        goods=goods_words(parcel),
        date=now.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d"),
        qr_text=label_text(LabelMark(job_id, copy, parcel.id)),
        cold=COLD_MARK if parcel.cold else "",
        copy=copy,
    )
    content = msgspec.json.encode(label).decode()
    job = PrintJob(
        number=0,
        id=job_id,
        point=point,
        parcel=parcel.id,
        code=parcel.pickup_code,
        copy=copy,
        state=JobState.QUEUED,
        content=content,
        reason=reason,
        asked_by=staff,
        asked_at=at,
        sent_at=None,
        ended_at=None,
        proof=Proof.NONE,
        trouble="",
        detail="",
    )
    store.add_job(tx, job)
    return job


def queue_receipt(
    tx: Tx, point: str, sale: str, content: Receipt, *, now: datetime, staff: str, job_ids: Sequence[str]
) -> None:
    """Put the pages of a sale's receipt at the end of the queue, in the transaction that sells.

    ``content`` holds all lines of the sale; ``job_ids`` has one id a page (see :func:`receipt_pages`).
    """
    copy = next_copy(store.copies(tx, point, sale, content.number))
    for page, job_id in enumerate(job_ids, start=1):
        first = (page - 1) * LINES_A_PAGE
        printed = replace(
            content,
            lines=content.lines[first : first + LINES_A_PAGE],
            page=page,
            pages=len(job_ids),
            copy=copy,
            qr_text=label_text(LabelMark(job_id, copy, sale)),
        )
        store.add_job(
            tx,
            PrintJob(
                number=0,
                id=job_id,
                point=point,
                parcel=sale,
                code=content.number,
                copy=copy,
                state=JobState.QUEUED,
                content=msgspec.json.encode(printed).decode(),
                reason="",
                asked_by=staff,
                asked_at=utc_text(now),
                sent_at=None,
                ended_at=None,
                proof=Proof.NONE,
                trouble="",
                detail="",
                kind=JobKind.RECEIPT,
            ),
        )


def receipt_pages(lines: int) -> int:
    """How many labels a receipt of so many lines takes."""
    return max(1, -(-lines // LINES_A_PAGE))


def goods_words(parcel: Parcel) -> str:
    """What is inside, for the label: names and quantities, or carrier and the end of the waybill."""
    if parcel.contents:
        return "、".join(f"{name}×{quantity}" for _sku, name, quantity in parcel.contents)
    return f"{CARRIER_NAMES[parcel.carrier]} …{parcel.waybill[-6:]}"


def reprint(kiosk: Kiosk, parcel_id: str, reason: ReprintReason, staff: Staff) -> PrintJob:
    """A further copy, numbered and marked 补打; open questions about earlier copies are settled by it.

    The page has asked for the PIN again. Raises ``Refused`` LABEL_WAITING while a copy is still waiting or on its
    way, LABEL_NO_CODE for a parcel that lies on no shelf, TOO_MANY_COPIES.
    """
    kiosk.ballast.must_not_be_touched()
    point, here, now = kiosk.point_code, kiosk.point(), kiosk.clock.now()
    with kiosk.db.writing() as tx:
        parcel = parcels.parcel(tx, point, parcel_id)
        if parcel is None or not parcel.pickup_code:
            raise Refused("LABEL_NO_CODE", N_("这件包裹没有取件码，不能打标签。"), N_("请先入库上架。"))
        for earlier in store.of_parcel(tx, point, parcel.id):
            if earlier.state in {JobState.QUEUED, JobState.SENDING} and earlier.code == parcel.pickup_code:
                raise Refused(
                    "LABEL_WAITING", N_("这件包裹的标签还在等待打印。"), N_("请先处理打印机，或取消等待的标签。")
                )
            store.happened(tx, earlier.id, JobEvent.REPLACED, utc_text(now))
        job = queue_label(
            tx,
            point,
            parcel,
            job_id=kiosk.journal().ids.new(),
            point_name=here.name if here else "",
            now=now,
            zone=kiosk.config.timezone,
            staff=staff.id,
            reason=reason,
        )
    if job is None:
        raise Refused("LABEL_NO_CODE", N_("这件包裹没有取件码，不能打标签。"), N_("请先入库上架。"))
    return job


def cancel(kiosk: Kiosk, job_id: str) -> None:
    """Nobody needs this label: out of the queue, or no longer a question. Raises ``Refused`` LABEL_GONE while it is
    being sent and when it has ended."""
    with kiosk.db.writing() as tx:
        if not store.happened(tx, job_id, JobEvent.CANCELLED, utc_text(kiosk.clock.now())):
            raise Refused("LABEL_GONE", N_("这张标签已经不在等待中。"), N_("请刷新后再看。"))


def seen(kiosk: Kiosk, job_id: str) -> None:
    """Staff hold the label in their hand. Raises ``Refused`` LABEL_GONE where that was no question."""
    with kiosk.db.writing() as tx:
        at = utc_text(kiosk.clock.now())
        if not store.happened(tx, job_id, JobEvent.PRINTED, at, proof=Proof.PERSON):
            raise Refused("LABEL_GONE", N_("这张标签已经不在等待中。"), N_("请刷新后再看。"))


def confirm_by_scan(kiosk: Kiosk, text: str) -> LabelMark | None:
    """What a scanned label says; reading it proves that it was printed. None for anything that is no label."""
    mark = read_label_text(text)
    if mark is None:
        return None
    known = store.job(kiosk.db, mark.job)
    if known is not None and known.parcel == mark.parcel and known.state is not JobState.CONFIRMED:
        with kiosk.db.writing() as tx:
            at = utc_text(kiosk.clock.now())
            store.happened(tx, mark.job, JobEvent.PRINTED, at, proof=Proof.SCAN)
    return mark


def cancel_waiting(tx: Tx, point: str, parcel_id: str, at: str) -> None:
    """Nobody needs the labels of a parcel whose inbound is undone in this transaction, waiting or in question."""
    for job in store.of_parcel(tx, point, parcel_id):
        store.happened(tx, job.id, JobEvent.CANCELLED, at)
