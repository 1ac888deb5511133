"""Answer a sealed question: each request in it goes through the same door as over HTTP."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import msgspec
from flask import Flask
from werkzeug.test import EnvironBuilder, run_wsgi_app

from shared.devices.rules import Device
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import CARRY_EXCHANGES, CARRY_KEPT_DAYS
from shared.sync import carry
from shared.sync import store as sync_store
from shared.sync.rejoin import Told, newest_common
from shared.sync.signing import SIGNATURE_BYTES, SignedRequest
from shared.sync.wire import Problem, SyncRequest, unpack
from sync_server.carry import store
from sync_server.host import Centre
from sync_server.sync.operations import known_device

REJOIN_CODES = frozenset({"GENERATION", "EPOCH", "FORK", "GAP", "CLONE"})
CONTENT_TYPE = "application/vnd.linqu.sync"


class Outcome(StrEnum):
    """What a file turned out to be."""

    TAKEN = "taken"
    KNOWN = "known"
    COMPARED = "compared"
    REFUSED = "refused"


WORDS: dict[Outcome, tuple[str, str]] = {
    Outcome.TAKEN: (N_("收下了 %(facts)s 条记录。"), N_("请把回复文件带回终端，放入同一个 U 盘。")),
    Outcome.KNOWN: (N_("文件里的记录中心都已有，没有重复计算。"), N_("仍可把回复文件带回终端。")),
    Outcome.COMPARED: (
        N_("这台终端的记录要先与中心核对。"),
        N_("请把回复文件带回终端，再带一次文件来，就能接上。"),
    ),
    Outcome.REFUSED: (N_("中心没有收下：%(detail)s"), N_("请按提示处理后，在终端上重新导出。")),
}


@dataclass(frozen=True)
class Taken:
    """A file that was answered. ``facts`` counts what was new; ``box`` is the sealed answer."""

    device: Device
    number: int
    outcome: Outcome
    facts: int
    detail: str
    box: bytes

    @property
    def file_name(self) -> str:
        """What the answer's file is called."""
        return f"linqu-{self.device.id}-{self.number}-answer.linqu"


def answer_box(app: Flask, centre: Centre, box: bytes) -> Taken:
    """Open a box, do all that is asked in it, and seal the answer.

    Harmless when done twice, in any order, or with an old file. Raises ``BadInput`` for what is no question of one of
    our kiosks, ``DeviceUnknown``.
    """
    opened = carry.OpenQuestion(centre.seal_key, box)
    device = known_device(centre, opened.device)
    question = opened.believed(device.public_key)
    if len(question.exchanges) > CARRY_EXCHANGES:
        raise BadInput("SYNC_TOO_LARGE", N_("同步数据太大。"))
    before = _held(centre, device)
    talk = _Talk(app, centre, device)
    replies = [talk.ask(exchange) for exchange in question.exchanges]
    facts = max(0, _held(centre, device) - before)
    answer = carry.Answer(
        protocol=question.protocol,
        nonce=question.nonce,
        device=device.id,
        number=question.number,
        made_at=utc_text(centre.clock.now()),
        replies=replies,
    )
    sealed = carry.close_answer(answer, centre.server_key, question.seal_key)
    return Taken(device, question.number, talk.outcome(facts), facts, talk.detail, sealed)


def keep_answer(centre: Centre, taken: Taken, operator: str) -> str:
    """Keep an answer for a day, so that it can be fetched; its id."""
    now = centre.clock.now()
    kept = store.Kept(
        secrets.token_urlsafe(12),
        taken.device.id,
        taken.device.point,
        taken.number,
        taken.outcome.value,
        taken.facts,
        taken.detail,
        operator,
        utc_text(now),
        taken.file_name,
        True,
    )
    with centre.db.writing() as tx:
        store.forget_boxes(tx, utc_text(now - timedelta(days=CARRY_KEPT_DAYS)))
        store.add(tx, kept, taken.box)
    return kept.id


def _held(centre: Centre, device: Device) -> int:
    return max((lane.seq for lane in sync_store.lanes(centre.db, device.point, device.id).values()), default=0)


class _Talk:
    """The exchanges of one question, in their order."""

    def __init__(self, app: Flask, centre: Centre, device: Device) -> None:
        self._app = app
        self._centre = centre
        self._device = device
        self._compare = False
        self._compared = False
        self._known = False
        self.detail = ""

    def ask(self, exchange: carry.Exchange) -> carry.Reply:
        """One exchange. After a refusal only what compares histories is still asked."""
        wanted = exchange.fallback and not self._known if self._compare else not (exchange.fallback or self.detail)
        if exchange.place not in carry.PLACES or not wanted:
            return carry.Reply(0, b"", b"")
        if self._is_old(exchange):
            self._known = True
            return carry.Reply(0, b"", b"")
        reply = self._through_the_door(exchange)
        if reply.status == 200:
            self._compared = self._compared or exchange.fallback
        else:
            problem = _problem(reply)
            self._compare = problem.code in REJOIN_CODES and not exchange.fallback
            self.detail = problem.message
        return reply

    def _is_old(self, exchange: carry.Exchange) -> bool:
        """Whether a batch holds nothing new and is not the newest either: a file that came late.

        Through the door it would look like a kiosk put back from an older copy.
        """
        if exchange.place != "POST /v1/sync":
            return False
        asked = unpack(exchange.body, SyncRequest)
        end = asked.first_seq + asked.n - 1
        lane = sync_store.lanes(self._centre.db, self._device.point, self._device.id).get(asked.epoch)
        if end < 1 or (lane is not None and lane.seq <= end):
            return False
        met = newest_common(
            self._centre.db, self._device.point, self._device.id, Told(end, [asked.chain_after or asked.chain_before])
        )
        return met is not None and met.seq == end

    def _through_the_door(self, exchange: carry.Exchange) -> carry.Reply:
        method, _, path = exchange.place.partition(" ")
        signed = SignedRequest(self._device.id, exchange.nonce, exchange.signature, exchange.body)
        builder = EnvironBuilder(path, method=method, data=msgspec.msgpack.encode(signed))
        try:
            chunks, status, headers = run_wsgi_app(self._app.wsgi_app, builder.get_environ())
            body = b"".join(chunks)
        finally:
            builder.close()
        # a snapshot's stream is signed at its end, everything else before its beginning
        at = 0 if headers.get("Content-Type") == CONTENT_TYPE else SIGNATURE_BYTES
        return carry.Reply(int(status[:3]), body[at:], body[:at])

    def outcome(self, facts: int) -> Outcome:
        """What the whole file turned out to be."""
        if self._known and not facts:
            return Outcome.KNOWN
        if self._compared or self._compare:
            return Outcome.COMPARED
        return Outcome.REFUSED if self.detail else Outcome.TAKEN


def _problem(reply: carry.Reply) -> Problem:
    try:
        return unpack(reply.body, Problem)
    except BadInput:
        return Problem(code="HTTP", message=f"HTTP {reply.status}")
