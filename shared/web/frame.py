"""What stands around every page: place, link to the centre, who is signed in, where one can go."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import cast

from flask import current_app, g, request


class LinkState(StrEnum):
    """What the badge says about the way to the centre."""

    ONLINE = "online"
    OFFLINE = "offline"
    SYNCING = "syncing"
    PORTAL = "portal"
    NEIGHBOUR = "neighbour"


@dataclass(frozen=True)
class Link:
    """State of the way to the centre; ``data_as_of`` is UTC text or empty, ``waiting`` counts facts not yet sent."""

    state: LinkState = LinkState.ONLINE
    data_as_of: str = ""
    waiting: int = 0


@dataclass(frozen=True)
class NavItem:
    """One way to go: translated words, an icon of static/icons.svg, an address, and how much waits there."""

    text: str
    icon: str
    href: str
    count: int = 0

    @property
    def current(self) -> bool:
        """True on the page itself and below it."""
        return request.path == self.href or (self.href != "/" and request.path.startswith(self.href.rstrip("/") + "/"))


@dataclass(frozen=True)
class Frame:
    """Everything the layouts show that is not the page. ``leave`` is the address to POST to for lock or sign-out."""

    place: str = ""
    link: Link = field(default_factory=Link)
    person: str = ""
    leave: str = ""
    nav: tuple[NavItem, ...] = ()


FrameMaker = Callable[[], Frame]


def frame() -> Frame:
    """The frame of this request, made once by the roof's own function."""
    if "linqu_frame" not in g:
        g.linqu_frame = cast(FrameMaker, current_app.extensions["linqu_frame"])()
    return cast(Frame, g.linqu_frame)
