"""``/v1/shop``: orders by phone, for channels with a key. JSON in and out, every refusal with words and a next step."""

import msgspec
from flask import Blueprint, Response, g, request
from flask_limiter.util import get_remote_address
from limits import parse
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from shared.kernel.errors import Refused
from shared.kernel.limits import SHOP_BODY_BYTES, SHOP_REQUESTS_PER_MINUTE, SHOP_STRANGER_REQUESTS_PER_MINUTE
from shared.web.i18n import words
from sync_server.console.access import limiter
from sync_server.host import current_centre
from sync_server.shop import channels, operations
from sync_server.shop.requests import read_order
from sync_server.shop.rules import (
    HTTP_WORDS,
    STATUS,
    Channel,
    KeyUnknown,
    TooManyRequests,
    read_idempotency_key,
)

RETRY_SECONDS = 30
OF_CHANNEL = parse(f"{SHOP_REQUESTS_PER_MINUTE} per minute")
OF_STRANGERS = parse(f"{SHOP_STRANGER_REQUESTS_PER_MINUTE} per minute")

blueprint = Blueprint("shop_api", __name__, url_prefix="/v1/shop")


def _json(message: object, status: int = 200) -> Response:
    return Response(msgspec.json.encode(message), status, content_type="application/json")


@blueprint.before_request
def _let_in() -> None:
    """Only channels, each within its measure; who guesses keys is counted by address."""
    request.max_content_length = SHOP_BODY_BYTES
    centre = current_centre()
    try:
        g.linqu_channel = channels.who_asks(centre.db, centre.clock, request.headers.get("Authorization", ""))
    except KeyUnknown:
        if not limiter.limiter.hit(OF_STRANGERS, "shop", get_remote_address()):
            raise TooManyRequests from None
        raise
    if not limiter.limiter.hit(OF_CHANNEL, "shop", g.linqu_channel.id):
        raise TooManyRequests


def _channel() -> Channel:
    channel: Channel = g.linqu_channel
    return channel


def _error(code: str, message: str, next_step: str, status: int) -> Response:
    answer = _json({"code": code, "message": message, "next_step": next_step}, status)
    if status in (429, 503):
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    if status == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@blueprint.errorhandler(Refused)
def _refused(refused: Refused) -> Response:
    message, next_step = words(refused.message, refused.params), words(refused.next_step, refused.params)
    return _error(refused.code, message, next_step, STATUS.get(refused.code, refused.status))


@blueprint.errorhandler(HTTPException)
def _http(error: HTTPException) -> Response:
    status = error.code or 500
    code, message, next_step = HTTP_WORDS.get(status, HTTP_WORDS[400 if status < 500 else 500])
    return _error(code, words(message, {}), words(next_step, {}), status)


@blueprint.get("/offers")
def offers() -> Response:
    """What can be ordered for a point, with what the pool holds now."""
    return _json(operations.offers(current_centre(), request.args.get("point", "")[:60]))


@blueprint.post("/orders")
def place() -> Response:
    """Order. The same Idempotency-Key gives the same order."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    key = read_idempotency_key(request.headers.get("Idempotency-Key", ""))
    answer, new = operations.place(current_centre(), _channel(), key, read_order(request.get_data()))
    made = _json(answer, 201 if new else 200)
    made.headers["Location"] = f"/v1/shop/orders/{answer.id}"
    if not new:
        made.headers["Idempotent-Replayed"] = "true"
    return made


@blueprint.get("/orders/<order_id>")
def show(order_id: str) -> Response:
    """One order as it is now."""
    return _json(operations.order(current_centre(), _channel(), order_id))


@blueprint.delete("/orders/<order_id>")
def cancel(order_id: str) -> Response:
    """Cancel an order that has not been collected."""
    return _json(operations.cancel(current_centre(), _channel(), order_id))
