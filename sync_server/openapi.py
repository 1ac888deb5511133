"""The sync API as OpenAPI 3.1, made from the very structures that are packed and unpacked.

Messages are msgpack, compressed where they are long (``shared/sync/PROTOCOL.md`` says how, byte for byte); their fields
are described here by JSON Schema, in which ``bin`` values of msgpack appear as base64 text. The body of every request
is a ``SignedRequest`` around the message that is named; an answer is its 64-byte signature and then the message.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from shared import __version__
from shared.sync import signing, wire
from shared.sync.wire import PROTOCOL

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
            "title": "Linqu sync API",
            "version": f"{__version__}, protocol {PROTOCOL}",
            "description": "How kiosks and the centre talk. Precise rules and test vectors: shared/sync/PROTOCOL.md.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {
            "/v1/enrol": {"post": _call("enrol", "Make a machine a device of a point.", "Enrol")},
            "/v1/sync": {"post": _call("sync", "A whole round: push facts, pull rows, move stock rights.", "Sync")},
            "/v1/rejoin": {"post": _call("rejoin", "Compare histories after a restore or a clone.", "Rejoin")},
            "/v1/wait": {"post": _call("wait", "Be answered as soon as a feed has news.", "Wait")},
            "/v1/snapshot": {"post": _snapshot()},
        },
        "components": {"schemas": dict(sorted(schemas.items()))},
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
