"""What stands around the kiosk's pages: the point's name, the badge, and for staff where they can go."""

from flask import g, request
from flask_babel import gettext as _

from kiosk.host import Kiosk
from kiosk.staff.session import signed_in_name
from kiosk.sync.badge import link
from shared.web.frame import Frame, NavItem


def make_frame(kiosk: Kiosk) -> Frame:
    """The frame of the running request."""
    point = g.linqu_point if "linqu_point" in g else kiosk.point()
    place = point.name if point else ""
    person = signed_in_name()
    if not person:
        return Frame(place, link(kiosk))
    return Frame(place, link(kiosk), person, "/staff/session/end", _staff_nav() if request.path != "/" else ())


def _staff_nav() -> tuple[NavItem, ...]:
    return (
        NavItem(_("入库"), "scan-line", "/counter"),
        NavItem(_("出库"), "package-check", "/hand-out"),
        NavItem(_("售货"), "shopping-basket", "/sale"),
        NavItem(_("货架"), "layers", "/shelves"),
        NavItem(_("找包裹"), "search", "/parcels"),
        NavItem(_("标签"), "printer", "/labels"),
        NavItem(_("设备"), "hard-drive", "/devices"),
    )
