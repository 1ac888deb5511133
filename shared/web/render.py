"""What every template may call: icons, addresses of static files, money, times, masks."""

import hashlib
import json
import os
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, current_app, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup, escape

from shared.kernel.clock import Clock, parse_utc
from shared.kernel.money import yuan
from shared.kernel.privacy import mask_name, mask_phone, phone_tail
from shared.web import charts
from shared.web.frame import frame
from shared.web.i18n import all_languages, current_language

HTMX = {
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "selfRequestsOnly": True,
    # Pages hold personal data: nothing is kept in the browser's storage.
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "timeout": 15_000,
    "responseHandling": [
        {"code": "204", "swap": False},
        {"code": "[23]..", "swap": True},
        {"code": "[45]..", "swap": True, "error": True, "target": "#notices", "swapOverride": "innerHTML"},
    ],
}


_HTMX_TEXT = json.dumps(HTMX)


class Assets:
    """Addresses of static files that change with their content, so that browsers may keep them for a year."""

    def __init__(self, root: Path) -> None:
        self._root = str(root)
        self._marks: dict[str, tuple[int, str]] = {}
        self._addresses: dict[tuple[str, str, str], str] = {}
        self._icons: dict[tuple[str, str], Markup] = {}

    def mark(self, name: str) -> str:
        """Ten hex digits of the file's BLAKE2b. Raises ``FileNotFoundError`` for a file that is not there."""
        path = f"{self._root}/{name}"
        written = os.stat(path).st_mtime_ns  # noqa: PTH116 - a page asks twenty times, and a Path costs more than the stat
        known = self._marks.get(name)
        if known is None or known[0] != written:
            known = (written, hashlib.blake2b(Path(path).read_bytes(), digest_size=5).hexdigest())
            self._marks[name] = known
        return known[1]

    def address(self, name: str) -> str:
        """``css/base.css`` → ``/static/css/base.css?v=…``; built once for each content and place of the app."""
        key = (request.script_root, name, self.mark(name))
        known = self._addresses.get(key)
        if known is None:
            known = self._addresses[key] = url_for("static", filename=name, v=key[2])
        return known

    def icon(self, name: str, label: str = "") -> Markup:
        """An icon of the sprite. Words stand beside it; ``label`` is for the rare icon that stands alone."""
        address = self.address("icons.svg")
        if label:
            return _icon(name, Markup('role="img" aria-label="{}"').format(label), address)
        known = self._icons.get((name, address))
        if known is None:
            known = self._icons[name, address] = _icon(name, Markup('aria-hidden="true"'), address)
        return known


def _icon(name: str, said: Markup, address: str) -> Markup:
    return Markup('<svg class="icon icon-{0}" {1} focusable="false"><use href="{2}#{0}"></use></svg>').format(
        name, said, address
    )


STYLES = {"clock": "%H:%M", "short": "%m-%d %H:%M", "day": "%m-%d", "date": "%Y-%m-%d", "full": "%Y-%m-%d %H:%M:%S"}


def local_time(utc: str, style: str = "short") -> str:
    """UTC text → wall time of the app's time zone. Styles: clock, short, day, date, full. Empty stays empty.

    What is no time (quarantine shows what a device said) stays as it is, cut short: a page opens all the same.
    """
    if not utc:
        return ""
    try:
        return parse_utc(utc).astimezone(ZoneInfo(current_app.config["LINQU_TIMEZONE"])).strftime(STYLES[style])
    except (ValueError, OverflowError):
        return utc[:40]


def duration(seconds: float) -> str:
    """How long, in the one unit a person needs: seconds, minutes, hours or days."""
    whole = max(0, int(seconds))
    if whole < 60:
        return _("%(count)s 秒", count=whole)
    if whole < 3600:
        return _("%(count)s 分钟", count=whole // 60)
    if whole < 86_400:
        return _("%(count)s 小时", count=whole // 3600)
    return _("%(count)s 天", count=whole // 86_400)


def since(clock: Clock, utc: str) -> str:
    """How long ago, or “just now”. A time in the future (a wrong device clock) counts as just now."""
    if not utc:
        return ""
    try:
        gone = clock.now() - parse_utc(utc)
    except (ValueError, OverflowError):
        return utc[:40]
    if gone < timedelta(minutes=1):
        return _("刚刚")
    return _("%(time)s前", time=duration(gone.total_seconds()))


def page_distance() -> str:
    """kiosk, counter, console or phone: how far the eyes are from the page that was asked for."""
    choose = current_app.extensions["linqu_distance"]
    return str(choose(request.path))


def highlight(text: str, part: str) -> Markup:
    """``text`` with each occurrence of ``part`` marked, for search results."""
    if not part:
        return escape(text)
    pieces = text.split(part)
    return Markup("<mark>{}</mark>").format(part).join(escape(piece) for piece in pieces)


def init_templates(app: Flask, clock: Clock) -> None:
    """Give every template of ``app`` its words."""
    if app.static_folder is None:
        raise ValueError("an app without a static folder has no look")
    assets = Assets(Path(app.static_folder))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        all_languages=all_languages,
        asset=assets.address,
        bars=charts.bars,
        current_language=current_language,
        duration=duration,
        frame=frame,
        highlight=highlight,
        htmx_config=lambda: _HTMX_TEXT,
        icon=assets.icon,
        local_time=local_time,
        mask_name=mask_name,
        mask_phone=mask_phone,
        page_distance=page_distance,
        phone_tail=phone_tail,
        shelf_drawing=charts.shelf_drawing,
        since=lambda utc: since(clock, utc),
        sparkline=charts.sparkline,
        yuan=yuan,
    )
    # one module for all pages: an import in each of them costs a tenth of a page's time
    app.jinja_env.globals["ui"] = app.jinja_env.get_template("ui.html").module
