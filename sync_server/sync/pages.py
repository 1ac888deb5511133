"""``/v1/enrol``, ``/v1/sync``, ``/v1/snapshot``: signed requests in, signed answers out."""

from typing import TypeVar

import msgspec
from flask import Blueprint, Response, g, request
from flask.typing import ResponseReturnValue

from shared.devices import operations as devices
from shared.devices.rules import Device
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import ENROL_BYTES, SYNC_BODY_BYTES, SYNC_REQUEST_BYTES
from shared.pickup_points import store as pickup_points
from shared.sync import signing, snapshot, store
from shared.sync.receive import SyncProblem
from shared.sync.sealing import seal_public
from shared.sync.wire import (
    EnrolAnswer,
    EnrolRequest,
    Problem,
    RejoinRequest,
    SnapshotRequest,
    SyncRequest,
    WaitRequest,
    pack,
    unpack,
)
from sync_server.host import current_centre
from sync_server.sync.operations import feeds_of, known_device, take_rejoin, take_round
from sync_server.sync.rules import SHORTEST_SECONDS
from sync_server.sync.waiting import wait_for_news

CONTENT_TYPE = "application/vnd.linqu.sync"

T = TypeVar("T", SyncRequest, RejoinRequest, SnapshotRequest, WaitRequest)

blueprint = Blueprint("sync_api", __name__, url_prefix="/v1")


def _place() -> str:
    return f"{request.method} {request.path}"


def _answer(message: msgspec.Struct, nonce: str, status: int = 200) -> Response:
    response = Response(signing.signed_answer(current_centre().server_key, _place(), nonce, pack(message)), status)
    # the signature says what it is
    del response.headers["Content-Type"]
    return response


def _signed(body: bytes) -> signing.SignedRequest:
    signed = signing.read_request(body)
    g.sync_nonce = signed.nonce
    return signed


def _wrong_signature() -> BadInput:
    return BadInput("SIGNATURE", N_("请求的签名不对。"), N_("请重新登记。"))


def _asked(kind: type[T]) -> tuple[Device, T]:
    """Who asks, proven, and what."""
    signed = _signed(request.get_data())
    device = known_device(current_centre(), signed.device)
    if not signed.is_from(device.public_key, _place()):
        raise _wrong_signature()
    asked = unpack(signed.message, kind, SYNC_REQUEST_BYTES)
    if (asked.nonce, asked.device) != (signed.nonce, device.id):
        raise _wrong_signature()
    return device, asked


@blueprint.errorhandler(Refused)
def _refused(refused: Refused) -> Response:
    acked_seq = refused.acked_seq if isinstance(refused, SyncProblem) else -1
    problem = Problem(code=refused.code, message=refused.message, next_step=refused.next_step, acked_seq=acked_seq)
    answer = _answer(problem, g.get("sync_nonce", ""), refused.status)
    if refused.status in (429, 503):
        answer.headers["Retry-After"] = str(SHORTEST_SECONDS)
    return answer


@blueprint.before_request
def _limit_bodies() -> None:
    """Large batches from devices; little from whoever asks to become one, because nobody knows them yet."""
    request.max_content_length = ENROL_BYTES if request.endpoint == "sync_api.enrol" else SYNC_BODY_BYTES


@blueprint.post("/enrol")
def enrol() -> ResponseReturnValue:
    centre = current_centre()
    signed = _signed(request.get_data())
    asked = unpack(signed.message, EnrolRequest, ENROL_BYTES)
    if asked.nonce != signed.nonce or not signed.is_from(asked.public_key, _place()):
        raise _wrong_signature()
    device = devices.claim(centre.db, centre.clock, asked.code, asked.public_key, asked.hardware)
    centre.ledger.enrolled(device)
    point = pickup_points.point(centre.db, device.point)
    life = store.server_life(centre.db)
    if point is None or life is None:
        raise Refused("POINT_UNKNOWN", N_("这个自提点不存在。"), N_("请联系运营。"))
    return _answer(
        EnrolAnswer(
            nonce=asked.nonce,
            device=device.id,
            epoch=device.epoch,
            point=device.point,
            region=point.region,
            generation=life.generation,
            server_key=signing.public_bytes(centre.server_key),
            point_number=point.number,
            point_key=centre.point_key(point.number),
            seal_key=seal_public(centre.seal_key),
        ),
        asked.nonce,
    )


@blueprint.post("/sync")
def sync() -> ResponseReturnValue:
    device, asked = _asked(SyncRequest)
    return _answer(take_round(current_centre(), device, asked), asked.nonce)


@blueprint.post("/rejoin")
def compare_histories() -> ResponseReturnValue:
    device, asked = _asked(RejoinRequest)
    return _answer(take_rejoin(current_centre(), device, asked), asked.nonce)


@blueprint.post("/wait")
def wait() -> ResponseReturnValue:
    device, asked = _asked(WaitRequest)
    return _answer(wait_for_news(current_centre(), device, asked), asked.nonce)


@blueprint.post("/snapshot")
def send_snapshot() -> ResponseReturnValue:
    centre = current_centre()
    device, asked = _asked(SnapshotRequest)
    if asked.feed not in feeds_of(centre, device):
        raise Refused("FEED_FOREIGN", N_("本机无权读取这个数据流。"))
    life = store.server_life(centre.db)
    if life is None or asked.generation != life.generation:
        raise SyncProblem("GENERATION", N_("中心从备份恢复过，正在与本机对账。"), -1)
    if asked.epoch != device.epoch:
        raise SyncProblem("EPOCH", N_("本机的记录要先与中心核对。"), -1)

    # every part shows the same moment, and no round waits for it; packed first, so that a slow line holds nothing
    with centre.db.reading() as moment:
        parts = list(
            snapshot.send(
                moment,
                centre.house,
                centre.server_key,
                feed=asked.feed,
                nonce=asked.nonce,
                point=device.point,
                device=device.id,
                epoch=device.epoch,
            )
        )
    return Response(parts, content_type=CONTENT_TYPE)
