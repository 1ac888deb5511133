"""A link between a kiosk and the centre that goes down and up: a real one where we may make it, else a relay's."""

import itertools
import os
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from tests.faults.network.proxy import BadLine

_numbers = itertools.count(os.getpid() % 60)


class FlappingLink(Protocol):
    """The way between one kiosk and the centre."""

    @property
    def kind(self) -> str:
        """What it is, for a table."""
        ...

    @property
    def host(self) -> str:
        """The centre's address on it."""
        ...

    @property
    def before(self) -> tuple[str, ...]:
        """Put in front of a command that runs at its other end."""
        ...

    def down(self) -> None:
        """Nothing passes."""
        ...

    def up(self) -> None:
        """Everything passes."""
        ...

    def front(self, centre_port: int, tls: ssl.SSLContext) -> BadLine:
        """The centre's TLS end on this link."""
        ...


@dataclass
class Veth:
    """A pair of network cards, one of them in a network namespace of its own."""

    name: str
    host: str
    far: str
    kind: str = "veth pair between network namespaces"

    @property
    def before(self) -> tuple[str, ...]:
        """Run a command in the namespace."""
        return ("ip", "netns", "exec", self.name)

    def down(self) -> None:
        """Take the card down, as a pulled cable does."""
        _ip("link", "set", self.name, "down")

    def up(self) -> None:
        """Put it up again."""
        _ip("link", "set", self.name, "up")

    def front(self, centre_port: int, tls: ssl.SSLContext) -> BadLine:
        """TLS on this side's address, as nginx stands before the centre."""
        return BadLine(centre_port, host=self.host, tls=tls)


@dataclass
class Relay:
    """For machines where nobody may make network cards: a relay in user space that drops every connection."""

    host: str = "127.0.0.1"
    before: tuple[str, ...] = ()
    kind: str = "relay in user space (no right to make network namespaces)"
    _line: BadLine | None = None

    def down(self) -> None:
        """Drop every connection and take no new one."""
        if self._line is not None:
            self._line.cut()

    def up(self) -> None:
        """Let everything pass."""
        if self._line is not None:
            self._line.mend()

    def front(self, centre_port: int, tls: ssl.SSLContext) -> BadLine:
        """The relay itself."""
        self._line = BadLine(centre_port, host=self.host, tls=tls)
        return self._line


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def may_make_namespaces() -> bool:
    """Whether this account and machine can have network namespaces."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = f"lqtry{os.getpid()}"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False).returncode:
        return False
    _ip("netns", "delete", name)
    return True


@contextmanager
def flapping_link() -> Iterator[FlappingLink]:
    """The most real link that can be had here, up."""
    if not may_make_namespaces():
        yield Relay()
        return
    number = next(_numbers)
    name, first = f"lq{os.getpid()}", number * 4
    link = Veth(name, f"10.213.77.{first + 1}", f"10.213.77.{first + 2}")
    _ip("netns", "add", name)
    try:
        _ip("link", "add", name, "type", "veth", "peer", "name", "far", "netns", name)
        _ip("address", "add", f"{link.host}/30", "dev", name)
        _ip("-n", name, "address", "add", f"{link.far}/30", "dev", "far")
        for device in ("far", "lo"):
            _ip("-n", name, "link", "set", device, "up")
        link.up()
        yield link
    finally:
        _ip("netns", "delete", name)


class Flaps(threading.Thread):
    """Takes a link down and up again, ``count`` times, in an uneven rhythm; the last time for ``last_down`` seconds."""

    def __init__(
        self, link: FlappingLink, count: int, downs: Sequence[float], ups: Sequence[float], last_down: float
    ) -> None:
        super().__init__(daemon=True)
        self._link = link
        rhythm = itertools.islice(itertools.cycle(itertools.product(downs, ups)), count - 1)
        self._rhythm = [*rhythm, (last_down, 0.0)]
        self.done = 0

    def run(self) -> None:
        """Leaves the link up."""
        for down, up in self._rhythm:
            self._link.down()
            time.sleep(down)
            self._link.up()
            self.done += 1
            time.sleep(up)
