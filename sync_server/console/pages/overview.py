"""Is everything all right?"""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from shared.kernel.clock import utc_text
from shared.kernel.limits import CONSOLE_REFRESH_SECONDS
from shared.web.render import local_time
from sync_server.console import board, wording
from sync_server.host import current_centre

overview = Blueprint("overview", __name__)

NEEDS_SHOWN = 8


@overview.get("/overview")
def show() -> ResponseReturnValue:
    """The whole page; its figures ask for themselves anew."""
    return render_template("console/overview.html", **_shown())


@overview.get("/overview/figures")
def figures() -> ResponseReturnValue:
    """The part that changes, for htmx."""
    return render_template("console/overview_figures.html", **_shown())


def _shown() -> dict[str, object]:
    centre = current_centre()
    return {
        "now": board.overview(centre),
        "shown": NEEDS_SHOWN,
        "device_words": wording.device_words,
        "every": CONSOLE_REFRESH_SECONDS,
        "at_text": local_time(utc_text(centre.clock.now()), "full")[-8:],
    }
