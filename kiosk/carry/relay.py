"""The relay process: passes sealed boxes of neighbours on to the centre, and the sealed answers back.

It can read neither, keeps nothing, and lends its line only within limits: few requests a minute for each neighbour, one
at a time, small ones.
"""

import logging
from collections import deque
from urllib.parse import urlsplit

import requests
import urllib3.exceptions
from flask import Flask, Response, request
from flask.typing import ResponseReturnValue

from kiosk.host import Kiosk
from kiosk.sync.transport import (
    CONNECT_SECONDS,
    CONTENT_TYPE,
    ExchangeFailed,
    new_session,
    read_within,
)
from shared.kernel.clock import Clock
from shared.kernel.errors import N_, BadInput
from shared.kernel.limits import RELAY_BYTES, RELAY_REQUESTS_PER_MINUTE, RELAY_SECONDS, SNAPSHOT_BYTES
from shared.sync.sealing import UP

THREADS = 4
NEIGHBOURS_REMEMBERED = 256
PATH = "/relay"

log = logging.getLogger(__name__)


class Turnstile:
    """So many requests a minute from one address, on the monotonic clock."""

    def __init__(self, clock: Clock, most: int = RELAY_REQUESTS_PER_MINUTE) -> None:
        self._clock = clock
        self._most = most
        self._seen: dict[str, deque[float]] = {}

    def lets_in(self, address: str) -> bool:
        """Whether one more may pass now."""
        now = self._clock.monotonic()
        if len(self._seen) > NEIGHBOURS_REMEMBERED:
            self._seen = {who: when for who, when in self._seen.items() if when and now - when[-1] < 60}
        times = self._seen.setdefault(address, deque())
        while times and now - times[0] >= 60:
            times.popleft()
        if len(times) >= self._most:
            return False
        times.append(now)
        return True


def make_relay(kiosk: Kiosk) -> Flask:
    """A small app with one address."""
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = RELAY_BYTES
    turnstile = Turnstile(kiosk.clock)

    @app.post(PATH)
    def pass_on() -> ResponseReturnValue:
        if not turnstile.lets_in(request.remote_addr or ""):
            return Response("", 429)
        box = request.get_data()
        if not box.startswith(UP):
            return Response("", 400)
        return _forward(kiosk, box)

    return app


def _forward(kiosk: Kiosk, box: bytes) -> Response:
    """The centre's answer as it came; 502 where none did."""
    headers = {"Content-Type": CONTENT_TYPE, "Accept-Encoding": "identity"}
    try:
        with new_session(kiosk.config.certificates) as line, line.within(RELAY_SECONDS), line.post(
            f"{kiosk.enrolment().server}/v1/carry", data=box, headers=headers,
            timeout=(CONNECT_SECONDS, RELAY_SECONDS), stream=True, allow_redirects=False,
        ) as answer:  # fmt: skip
            body = b"".join(read_within(answer, kiosk.clock, RELAY_SECONDS, SNAPSHOT_BYTES))
            if answer.headers.get("Content-Type") != CONTENT_TYPE:
                return Response("", 502)
            return Response(body, answer.status_code, content_type=CONTENT_TYPE)
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, ExchangeFailed) as error:
        log.warning("nothing came back for a neighbour: %s", error)
        return Response("", 502)


def listening_at(address: str) -> tuple[str, int]:
    """``host:port`` → both. Raises ``BadInput`` naming the setting."""
    parts = urlsplit(f"//{address}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port:
        raise BadInput("CONFIG", N_("设置 %(name)s 不对：%(value)s"), N_("请写成 地址:端口。"), name="LINQU_RELAY",
                       value=address)  # fmt: skip
    return host, port


def run(kiosk: Kiosk) -> None:
    """The process's whole life."""
    from waitress.server import create_server

    host, port = listening_at(kiosk.config.relay)
    server = create_server(
        make_relay(kiosk), host=host, port=port, threads=THREADS, max_request_body_size=RELAY_BYTES, ident=None
    )
    log.info("relay for neighbours at %s:%d", host, port)
    server.run()
