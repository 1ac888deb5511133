"""The way between kiosks and the centre: a transport for ``requests`` that loses, doubles, delays, cuts and lies.

The kiosk's own ``CentreLink`` and the centre's own WSGI app stand at its two ends, so that signatures, status codes,
headers and bytes are the real ones.
"""

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from werkzeug.test import EnvironBuilder, run_wsgi_app

if TYPE_CHECKING:
    from tests.sim.machines import KioskMachine
    from tests.sim.world import World

REMEMBERED = 40


class Fate(StrEnum):
    """What becomes of one exchange."""

    FINE = "fine"
    REQUEST_LOST = "request lost"
    ANSWER_LOST = "answer lost"
    LATE = "request late"
    TWICE = "request twice"
    CUT = "answer cut"
    GARBLED = "answer garbled"
    PORTAL = "portal"
    OLD_ANSWER = "an old answer"


@dataclass(frozen=True)
class Letter:
    """A request as it lies on the wire; it can be delivered any number of times."""

    sender: str
    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """An answer as it lies on the wire."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Network:
    """All lines, what is still under way, and what has been answered before."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.late: list[Letter] = []
        self.told: list[tuple[str, Reply]] = []

    def deliver(self, letter: Letter) -> Reply | None:
        """Let the centre answer; None when it is down or dies over it."""
        world = self._world
        app = world.centre.wsgi()
        if app is None:
            return None
        builder = EnvironBuilder(
            path=letter.path,
            query_string=letter.query,
            method=letter.method,
            headers=list(letter.headers),
            data=letter.body,
            base_url="http://127.0.0.1",
        )
        return world.centre.run(lambda: self._answer(app, builder, letter.path))

    def _answer(self, app: Any, builder: EnvironBuilder, path: str) -> Reply:
        chunks, status, headers = run_wsgi_app(app, builder.get_environ(), buffered=True)
        reply = Reply(int(status.split()[0]), tuple(headers.items()), b"".join(chunks))
        self.told = [*self.told[-REMEMBERED:], (path, reply)]
        return reply

    def deliver_late(self) -> str:
        """One request that everybody had given up arrives after all; what it was."""
        letter = self.late.pop(self._world.rng.randrange(len(self.late)))
        reply = self.deliver(letter)
        return f"late {letter.path} of {letter.sender}: {reply.status if reply else 'nobody there'}"

    def fate(self) -> Fate:
        """What becomes of the next exchange."""
        weights = self._world.profile.fates if not self._world.healing else {}
        lucky = self._world.profile.fine
        if not weights or self._world.rng.random() < lucky:
            return Fate.FINE
        return self._world.rng.choices(list(weights), list(weights.values()))[0]


class Session(requests.Session):
    """A session over a simulated line: no real time passes in it, so nothing has to be ended."""

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """As :meth:`kiosk.sync.timed.TimedSession.within`; what takes too long is a fate of its own."""
        yield

    def grant(self, seconds: float) -> None:
        """As :meth:`kiosk.sync.timed.TimedSession.grant`."""


class Line(HTTPAdapter):
    """One kiosk's way to the centre, mounted in its ``requests`` session."""

    def __init__(self, world: "World", machine: "KioskMachine") -> None:
        super().__init__()
        self._world = world
        self._machine = machine

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """One exchange with its fate."""
        world, network = self._world, self._world.network
        letter = _letter(self._machine.name, request)
        fate = network.fate()
        if not self._machine.online:
            raise requests.exceptions.ConnectionError("no network")
        if fate is not Fate.FINE:
            world.note(f"network: {fate} ({letter.path} of {letter.sender})")
            world.count(f"network: {fate}")
        if fate is Fate.REQUEST_LOST:
            raise requests.exceptions.ConnectionError("request lost")
        if fate is Fate.LATE:
            network.late.append(letter)
            raise requests.exceptions.ReadTimeout("no answer")
        if fate is Fate.PORTAL:
            return self._response(request, Reply(200, (("Content-Type", "text/html"),), b"<html>Please log in</html>"))
        reply = network.deliver(letter)
        if fate is Fate.TWICE:
            network.late.append(letter)
        if reply is None:
            raise requests.exceptions.ConnectionError("the centre went away")
        if fate is Fate.ANSWER_LOST:
            raise requests.exceptions.ReadTimeout("answer lost")
        world.meanwhile(self._machine)
        return self._response(request, self._as_it_arrives(letter, reply, fate))

    def _as_it_arrives(self, letter: Letter, reply: Reply, fate: Fate) -> Reply:
        rng = self._world.rng
        if fate is Fate.CUT and reply.body:
            return Reply(reply.status, reply.headers, reply.body[: rng.randrange(len(reply.body))])
        if fate is Fate.GARBLED and reply.body:
            at = rng.randrange(len(reply.body))
            flipped = bytes((reply.body[at] ^ (1 << rng.randrange(8)),))
            return Reply(reply.status, reply.headers, reply.body[:at] + flipped + reply.body[at + 1 :])
        if fate is Fate.OLD_ANSWER:
            told = [one for path, one in self._world.network.told if path == letter.path]
            return rng.choice(told) if told else reply
        return reply

    def _response(self, request: requests.PreparedRequest, reply: Reply) -> requests.Response:
        raw = urllib3.HTTPResponse(
            body=io.BytesIO(reply.body),
            headers=dict(reply.headers),
            status=reply.status,
            preload_content=False,
            enforce_content_length=False,
        )
        return self.build_response(request, raw)


def _letter(sender: str, request: requests.PreparedRequest) -> Letter:
    parts = urlsplit(request.url or "")
    headers: Mapping[str, str] = request.headers
    body = request.body or b""
    return Letter(
        sender,
        request.method or "GET",
        parts.path,
        parts.query,
        tuple((name, value) for name, value in headers.items() if name.lower() != "content-length"),
        body if isinstance(body, bytes) else body.encode(),
    )
