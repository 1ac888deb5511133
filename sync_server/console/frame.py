"""What stands around the console's pages: who is signed in and where one can go."""

from flask_babel import gettext as _
from flask_babel import pgettext

from shared.sync import store as sync_store
from shared.web.frame import Frame, NavItem
from sync_server.console import store
from sync_server.console.access import operator
from sync_server.host import Centre

LEAVE = "/console/session/end"


def make_frame(centre: Centre) -> Frame:
    """The frame of the running request."""
    place = _("邻取运营中心")
    person = operator()
    if not person:
        return Frame(place)
    return Frame(place, person=person, leave=LEAVE, nav=_nav(centre))


def _nav(centre: Centre) -> tuple[NavItem, ...]:
    # A menu names many of a thing, a column head one: Chinese has one word for both, English has not.
    return (
        NavItem(_("总览"), "gauge", "/console/overview"),
        NavItem(pgettext("menu", "终端"), "monitor", "/console/kiosks"),
        NavItem(pgettext("menu", "自提点"), "store", "/console/points"),
        NavItem(pgettext("menu", "订单"), "receipt-text", "/console/orders"),
        NavItem(_("包裹"), "package", "/console/parcels"),
        NavItem(pgettext("menu", "商品"), "shopping-basket", "/console/goods"),
        NavItem(pgettext("menu", "配额"), "boxes", "/console/offers"),
        NavItem(pgettext("menu", "居民"), "users", "/console/residents"),
        NavItem(_("导入"), "file-spreadsheet", "/console/imports"),
        NavItem(_("U 盘同步"), "usb", "/console/carry"),
        NavItem(_("待处理事项"), "clipboard-check", "/console/cases", store.count_open_cases(centre.db)),
        NavItem(_("隔离区"), "shield-check", "/console/quarantine", sync_store.count_quarantine(centre.db)),
        NavItem(pgettext("menu", "渠道"), "smartphone", "/console/channels"),
        NavItem(_("操作记录"), "history", "/console/log"),
    )
