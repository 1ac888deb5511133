"""Carry sync out on a stick, and the answer in."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import msgspec

from kiosk.carry import store
from kiosk.carry.rules import ANSWER, OUT_NAME, Outcome
from kiosk.devices.health import read_health
from kiosk.host import Kiosk
from kiosk.sync.rounds import REJOIN_CODES, REJOIN_PATH, SNAPSHOT_PATH, SYNC_PATH
from kiosk.sync.transport import new_nonce
from kiosk.sync.upkeep import Upkeep
from shared.db.copies import write_file
from shared.kernel.clock import parse_utc, utc_text
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import CARRY_BYTES, CARRY_MEMORY_DAYS
from shared.sync import accept, carry, signing, snapshot
from shared.sync import store as sync_store
from shared.sync.sealing import BoxForeign, load_or_make_seal_key, seal_public
from shared.sync.wire import (
    PROTOCOL,
    Problem,
    RejoinAnswer,
    RejoinRequest,
    SnapshotRequest,
    SyncAnswer,
    SyncRequest,
    pack,
    unpack,
)

SEAL_KEY = "seal.key"


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """One exchange of a file, as far as it is needed to judge the reply.

    ``newest`` is the newest fact of a ``rejoin``, whose hashes are not kept here.
    """

    place: str
    nonce: str
    feed: str = ""
    first_seq: int = 0
    n: int = 0
    rejoin: RejoinRequest | None = None
    newest: int = 0


class NoSealKey(Refused):
    """The enrolment brought no key to seal with."""

    def __init__(self) -> None:
        super().__init__(
            "NO_SEAL_KEY", N_("本机登记时没有拿到中心的加密钥匙。"), N_("请更新中心和本机，再重新登记本机。")
        )


@dataclass(frozen=True)
class CarriedOut:
    """A file on the stick: its name, and how many facts it holds."""

    file: Path
    number: int
    facts: int


def carry_out(kiosk: Kiosk, folder: Path) -> CarriedOut:
    """Write everything that waits for the centre into one sealed file in ``folder``.

    Changes nothing here: until the answer comes back, all of it stays in the outbox. Raises ``OSError``,
    :class:`NoSealKey`, ``NotEnrolled``.
    """
    centre = store.centre_key(kiosk.db)
    state = kiosk.enrolled_state()
    if centre is None:
        raise NoSealKey
    nonce, now = new_nonce(), kiosk.clock.now()
    with kiosk.db.writing() as tx:
        store.forget(tx, utc_text(now - timedelta(days=CARRY_MEMORY_DAYS)))
        number = store.begin(tx, nonce, utc_text(now), state.epoch, state.generation)
    exchanges, asked, facts = _exchanges(kiosk)
    question = carry.Question(
        protocol=PROTOCOL,
        nonce=nonce,
        device=state.device,
        number=number,
        made_at=utc_text(now),
        seal_key=seal_public(load_or_make_seal_key(kiosk.config.data / SEAL_KEY)),
        exchanges=exchanges,
    )
    file = folder / OUT_NAME.format(device=state.device, number=number)
    write_file(file, carry.close_question(question, kiosk.device_key, centre))
    with kiosk.db.writing() as tx:
        store.finish(tx, number, pack(_Memory(asked)), facts)
    for older in folder.glob(OUT_NAME.format(device=state.device, number="*")):
        if older != file:
            older.unlink()
    return CarriedOut(file, number, facts)


class _Memory(msgspec.Struct, frozen=True, array_like=True):
    asked: list[Asked]


def _exchanges(kiosk: Kiosk) -> tuple[list[carry.Exchange], list[Asked], int]:
    state = replace(kiosk.enrolled_state(), hardware=kiosk.hardware)
    exchanges: list[carry.Exchange] = []
    asked: list[Asked] = []

    def add(place: str, nonce: str, body: bytes, what: Asked, *, fallback: bool = False) -> None:
        signature = signing.sign_request(kiosk.device_key, place, nonce, body)
        exchanges.append(carry.Exchange(place, nonce, body, signature, fallback))
        asked.append(what)

    facts = 0
    for request in _pushes(kiosk, state):
        place = f"POST {SYNC_PATH}"
        what = Asked(place, request.nonce, first_seq=request.first_seq, n=request.n)
        add(place, request.nonce, pack(request), what)
        facts += request.n
    for feed in accept.feeds_of(state):
        nonce, place = new_nonce(), f"POST {SNAPSHOT_PATH}"
        wanted = SnapshotRequest(
            nonce=nonce, device=state.device, epoch=state.epoch, generation=state.generation, feed=feed
        )
        add(place, nonce, pack(wanted), Asked(place, nonce, feed))
    place = f"POST {REJOIN_PATH}"
    rejoin = accept.rejoin_request(kiosk.db, state, new_nonce())
    short = msgspec.structs.replace(rejoin, hashes=b"")
    memory = Asked(place, rejoin.nonce, rejoin=short, newest=accept.newest_told(rejoin))
    add(place, rejoin.nonce, pack(rejoin), memory, fallback=True)
    return exchanges, asked, facts


def _pushes(kiosk: Kiosk, state: sync_store.SyncState) -> list[SyncRequest]:
    """Every fact that waits, in as many batches as it takes; one empty batch where none does. They ask for no rows."""
    until = sync_store.kiosk_head(kiosk.db).seq
    health = read_health(kiosk).as_list()
    made: list[SyncRequest] = []
    while not made or state.acked_seq < until:
        request = accept.first_request(kiosk.db, kiosk.house, state, new_nonce(), health)
        made.append(msgspec.structs.replace(request, cursors={}))
        if not request.n:
            break
        state = replace(state, acked_seq=state.acked_seq + request.n)
    return made


# --- back ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CarriedIn:
    """What became of one answer file; ``detail`` is the centre's own words, if any."""

    file: str
    outcome: Outcome
    detail: str = ""


def carry_in(kiosk: Kiosk, folder: Path) -> list[CarriedIn]:
    """Take the answers that lie in ``folder``, oldest first; those that were taken are removed from it.

    Nothing else changes the folder, and nothing but a whole, signed, fitting answer changes this kiosk. Raises
    ``OSError``, ``NotEnrolled``.
    """
    found = sorted(
        (int(match["number"]), file, match["device"])
        for file in folder.iterdir()
        if (match := ANSWER.fullmatch(file.name)) is not None
    )
    done: list[CarriedIn] = []
    for _, file, device in found:
        if device != kiosk.enrolled_state().device:
            done.append(CarriedIn(file.name, Outcome.FOREIGN))
            continue
        took = _take_file(kiosk, file)
        if took.outcome in (Outcome.TAKEN, Outcome.ALREADY, Outcome.STALE, Outcome.COMPARED):
            file.unlink()
        done.append(took)
    return done or [CarriedIn("", Outcome.NONE)]


def _take_file(kiosk: Kiosk, file: Path) -> CarriedIn:
    with file.open("rb") as opened:
        box = opened.read(CARRY_BYTES * 2 + 1)
    try:
        key = load_or_make_seal_key(kiosk.config.data / SEAL_KEY)
        answer = carry.open_answer(key, box, kiosk.enrolment().server_key)
        outcome, detail = take_answer(kiosk, answer)
    except BoxForeign:
        return CarriedIn(file.name, Outcome.FOREIGN)
    except BadInput as error:
        return CarriedIn(file.name, Outcome.DAMAGED, error.message)
    return CarriedIn(file.name, outcome, detail)


def take_answer(kiosk: Kiosk, answer: carry.Answer) -> tuple[Outcome, str]:
    """Take an answer if it still fits; what became of it, and the centre's own words when it said no.

    Raises ``BadInput`` for replies that are not what was asked, with nothing changed.
    """
    known, state = store.by_nonce(kiosk.db, answer.nonce), kiosk.enrolled_state()
    if known is None or answer.device != state.device:
        return Outcome.UNKNOWN, ""
    if known.taken_at is not None:
        return Outcome.ALREADY, ""
    if (known.epoch, known.generation) != (state.epoch, state.generation):
        return _done(kiosk, known, Outcome.STALE)
    asked = unpack(known.asked, _Memory).asked
    if len(asked) != len(answer.replies):
        raise BadInput("SYNC_ANSWER", N_("中心的回答不完整，没有采用。"))
    pairs = list(zip(asked, answer.replies, strict=True))
    problem = _problem(kiosk, pairs)
    if problem is not None and problem.code in REJOIN_CODES:
        return _compare(kiosk, known, pairs, problem)
    if problem is not None:
        return Outcome.REFUSED, problem.message
    if not _take(kiosk, pairs):
        return _done(kiosk, known, Outcome.STALE)
    done = _done(kiosk, known, Outcome.TAKEN)
    Upkeep(kiosk).after_round()
    return done


def _done(kiosk: Kiosk, known: store.Carried, outcome: Outcome) -> tuple[Outcome, str]:
    with kiosk.db.writing() as tx:
        store.note_taken(tx, known.nonce, utc_text(kiosk.clock.now()), outcome.value)
    return outcome, ""


Pairs = list[tuple[Asked, carry.Reply]]


def _signed(kiosk: Kiosk, what: Asked, reply: carry.Reply) -> bool:
    key = kiosk.enrolment().server_key
    return signing.answer_is_from(key, what.place, what.nonce, reply.body, reply.signature)


def _problem(kiosk: Kiosk, pairs: Pairs) -> Problem | None:
    """The centre's first refusal, if any."""
    for what, reply in pairs:
        if reply.status not in (0, 200):
            return unpack(reply.body, Problem) if _signed(kiosk, what, reply) else Problem(code="", message="")
    return None


def _compare(kiosk: Kiosk, known: store.Carried, pairs: Pairs, problem: Problem) -> tuple[Outcome, str]:
    what, reply = pairs[-1]
    if what.rejoin is None or reply.status != 200 or not _signed(kiosk, what, reply):
        return Outcome.REFUSED, problem.message
    accept.take_rejoin(kiosk.db, what.rejoin, unpack(reply.body, RejoinAnswer), what.newest)
    return _done(kiosk, known, Outcome.COMPARED)


def _take(kiosk: Kiosk, pairs: Pairs) -> bool:
    """Load the snapshots, then what the last round said. False when all of it is older than what is here."""
    fresh = False
    for what, reply in pairs:
        if what.feed and reply.status == 200:
            try:
                snapshot.load(
                    kiosk.db, kiosk.house, kiosk.clock, [reply.body], feed=what.feed, nonce=what.nonce,
                    server_key=kiosk.enrolment().server_key,
                )  # fmt: skip
                fresh = True
            except snapshot.SnapshotOld:
                continue
    last: SyncAnswer | None = None
    for what, reply in pairs:
        if what.place == f"POST {SYNC_PATH}" and reply.status == 200 and _signed(kiosk, what, reply):
            last = unpack(reply.body, SyncAnswer)
            _check(what, last)
    if last is not None and fresh:
        _note(kiosk, last)
    return fresh


def _check(what: Asked, answer: SyncAnswer) -> None:
    if answer.nonce != what.nonce or answer.acked_seq != what.first_seq + what.n - 1 or answer.rows:
        raise BadInput("SYNC_ANSWER", N_("中心的回答不完整，没有采用。"))


def _note(kiosk: Kiosk, last: SyncAnswer) -> None:
    """Stock rights, what is safe, and when the centre was heard."""
    with kiosk.db.writing() as tx:
        state = sync_store.sync_state(tx)
        assert state is not None  # noqa: S101 - an enrolled kiosk takes answers
        if kiosk.house.rider:
            kiosk.house.rider.take(tx, last.grants, generation=last.generation, epoch=state.epoch)
        durable = max(state.durable_seq, last.durable_seq)
        if durable > state.durable_seq:
            day_before = utc_text(parse_utc(last.server_time) - timedelta(days=1))
            sync_store.note_durable(tx, durable, last.server_time, day_before)
        heard = max(state.last_contact or "", last.server_time)
        sync_store.set_progress(
            tx, generation=state.generation, acked_seq=state.acked_seq, durable_seq=durable, next_s=state.next_s,
            contact=heard, tried=utc_text(kiosk.clock.now()),
        )  # fmt: skip


# --- the stick ----------------------------------------------------------------------------------------------------


class NoStick(Refused):
    """No stick is plugged in."""

    def __init__(self) -> None:
        super().__init__("NO_STICK", N_("没有找到 U 盘。"), N_("请插上 U 盘，等几秒再试。"))


def stick(kiosk: Kiosk) -> Path | None:
    """The folder of the stick; None where none is plugged in. An empty mount point lies on the card itself."""
    folder = kiosk.config.stick
    try:
        same = folder.stat().st_dev == kiosk.config.data.stat().st_dev
    except OSError:
        return None
    return folder if folder.is_dir() and (kiosk.config.copy_same_disk or not same) else None


def exchange_with_stick(kiosk: Kiosk) -> tuple[list[CarriedIn], CarriedOut]:
    """Take in the answers on the stick, then carry out what waits. Raises :class:`NoStick`, ``OSError``."""
    folder = stick(kiosk)
    if folder is None:
        raise NoStick
    brought = [one for one in carry_in(kiosk, folder) if one.outcome is not Outcome.NONE]
    return brought, carry_out(kiosk, folder)


def waiting_answer(kiosk: Kiosk) -> store.Carried | None:
    """The file carried out last, while its answer has not come back."""
    last = store.newest(kiosk.db)
    return last if last is not None and last.taken_at is None and last.asked else None
