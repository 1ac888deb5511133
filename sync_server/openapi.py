"""The sync API as OpenAPI 3.1, made from the very structures that are packed and unpacked.

Messages are msgpack, compressed where they are long (``shared/sync/PROTOCOL.md`` says how, byte for byte); their fields
are described here by JSON Schema, in which ``bin`` values of msgpack appear as base64 text. The body of every request
is a ``SignedRequest`` around the message that is named; an answer is its 64-byte signature and then the message.
"""

import json
from collections.abc import Sequence
from typing import Any

import click
import msgspec

from shared import __version__
from shared.sync import carry, signing, wire
from shared.sync.wire import PROTOCOL
from sync_server.shop import requests

MEDIA = "application/vnd.linqu.sync"
MESSAGES: Sequence[type[msgspec.Struct]] = (
    signing.SignedRequest,
    wire.EnrolRequest,
    wire.EnrolAnswer,
    wire.SyncRequest,
    wire.SyncAnswer,
    wire.RejoinRequest,
    wire.RejoinAnswer,
    wire.WaitRequest,
    wire.WaitAnswer,
    wire.SnapshotRequest,
    wire.SnapshotPart,
    wire.Problem,
    carry.Question,
    carry.Answer,
    requests.OrderRequest,
    requests.OffersAnswer,
    requests.OrderAnswer,
)
_REF = "#/components/schemas/{name}"
_REFUSALS = {
    "400": "The body is not what it says it is, or its signature is wrong.",
    "401": "DEVICE_UNKNOWN: no such device, or it was revoked.",
    "409": "GENERATION, GAP, FORK, EPOCH or CLONE: compare histories by /v1/rejoin.",
    "413": "The body is too large: send fewer facts.",
    "426": "PROTOCOL_TOO_OLD: the kiosk needs an update.",
    "503": "Busy, or the database is away: come again after Retry-After seconds.",
}


def document() -> dict[str, Any]:
    """The whole document, ready to be written as JSON."""
    _, schemas = msgspec.json.schema_components(MESSAGES, ref_template=_REF)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Linqu centre API",
            "version": f"{__version__}, protocol {PROTOCOL}",
            "description": "How kiosks, sales channels and the centre talk. Byte for byte: shared/sync/PROTOCOL.md.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            **_shop_paths(),
            "/v1/enrol": {"post": _call("enrol", "Make a machine a device of a point.", "Enrol")},
            "/v1/sync": {"post": _call("sync", "A whole round: push facts, pull rows, move stock rights.", "Sync")},
            "/v1/rejoin": {"post": _call("rejoin", "Compare histories after a restore or a clone.", "Rejoin")},
            "/v1/wait": {"post": _call("wait", "Be answered as soon as a feed has news.", "Wait")},
            "/v1/snapshot": {"post": _snapshot()},
            "/v1/carry": {"post": _carried()},
        },
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"channel": {"type": "http", "scheme": "bearer"}},
        },
    }


def _body(name: str) -> dict[str, Any]:
    return {MEDIA: {"schema": {"$ref": _REF.format(name=name)}}}


def _refused() -> dict[str, Any]:
    return {status: {"description": text, "content": _body("Problem")} for status, text in _REFUSALS.items()}


def _call(operation: str, summary: str, messages: str) -> dict[str, Any]:
    return {
        "operationId": operation,
        "summary": summary,
        "requestBody": {"required": True, "content": _body(f"{messages}Request")},
        "responses": {
            "200": {"description": "Signed by the centre.", "content": _body(f"{messages}Answer")},
            **_refused(),
        },
    }


def _snapshot() -> dict[str, Any]:
    return {
        "operationId": "snapshot",
        "summary": "All rows of one feed as a stream of framed parts, closed by a signed one.",
        "requestBody": {"required": True, "content": _body("SnapshotRequest")},
        "responses": {
            "200": {"description": "Parts, each after its length in four bytes.", "content": _body("SnapshotPart")},
            **_refused(),
        },
    }


def _carried() -> dict[str, Any]:
    box = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    return {
        "operationId": "carry",
        "summary": "A sealed Question (a whole carried file), passed on by a neighbouring kiosk; a sealed Answer back.",
        "requestBody": {"required": True, "content": box},
        "responses": {
            "200": {"description": "Sealed to the device.", "content": box},
            "400": {"description": "No box."},
        },
    }


_SHOP_ERROR = {
    "type": "object",
    "required": ["code", "message", "next_step"],
    "properties": {name: {"type": "string"} for name in ("code", "message", "next_step")},
}
_SHOP_REFUSALS = {
    "400": "Not understood.",
    "401": "No channel has this key.",
    "404": "No such point, offer or order.",
    "409": "Sold out, closed, or no longer possible.",
    "422": "A value is out of range.",
    "429": "Too many requests: come again after Retry-After seconds.",
    "503": "Frozen or busy: come again after Retry-After seconds.",
}


def _header(name: str, what: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": what, "schema": {"type": "string"}}


def _query(name: str, what: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": True, "description": what, "schema": {"type": "string"}}


def _shop(operation: str, summary: str, answer: str, **more: Any) -> dict[str, Any]:
    ok = {"application/json": {"schema": {"$ref": _REF.format(name=answer)}}}
    refused = {"application/json": {"schema": _SHOP_ERROR}}
    return {
        "operationId": operation,
        "summary": summary,
        "security": [{"channel": []}],
        **more,
        "responses": {
            "200": {"description": "As it is now.", "content": ok},
            **({"201": {"description": "Placed.", "content": ok}} if "requestBody" in more else {}),
            **{status: {"description": text, "content": refused} for status, text in _SHOP_REFUSALS.items()},
        },
    }


def _shop_paths() -> dict[str, Any]:
    order = {"name": "order_id", "in": "path", "required": True, "schema": {"type": "string"}}
    key = _header("Idempotency-Key", "Drawn by the channel for each order; the same key gives the same order.")
    body = {"required": True, "content": {"application/json": {"schema": {"$ref": _REF.format(name="OrderRequest")}}}}
    point = _query("point", "The pickup point's code.")
    return {
        "/v1/shop/offers": {"get": _shop("offers", "What can be ordered.", "OffersAnswer", parameters=[point])},
        "/v1/shop/orders": {
            "post": _shop("place", "Order from the pool.", "OrderAnswer", parameters=[key], requestBody=body)
        },
        "/v1/shop/orders/{order_id}": {
            "get": _shop("order", "One order.", "OrderAnswer", parameters=[order]),
            "delete": _shop("cancel", "Cancel it; its units return to the pool.", "OrderAnswer", parameters=[order]),
        },
    }


@click.command()
def openapi() -> None:
    """Print the description of the API for other programs, as OpenAPI 3.1 in JSON."""
    click.echo(json.dumps(document(), indent=1, ensure_ascii=False))
