"""Sales channels: let one in (its key is shown once), see when each was last heard of, take a key back."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from shared.kernel.clock import utc_text
from shared.kernel.limits import CHANNEL_NAME_CHARS
from shared.web.forms import Form
from sync_server.console import operations
from sync_server.console.access import operator
from sync_server.host import current_centre
from sync_server.shop import store

channels = Blueprint("channels", __name__)

COUNTED_DAYS = 7


@channels.get("/channels")
def show_all() -> ResponseReturnValue:
    """Every channel."""
    centre = current_centre()
    since = utc_text(centre.clock.now() - timedelta(days=COUNTED_DAYS))
    return render_template(
        "console/channels.html", found=store.channels(centre.db), orders=store.orders_by_channel(centre.db, since),
        days=COUNTED_DAYS, name_chars=CHANNEL_NAME_CHARS,
    )  # fmt: skip


@channels.post("/channels")
def add() -> ResponseReturnValue:
    """Let a channel in; its key stands in this answer and nowhere else."""
    form = Form(request.form)
    name = form.text("name", limit=CHANNEL_NAME_CHARS)
    form.check()
    made, key = operations.add_channel(current_centre(), name, operator())
    return render_template("console/channel_key.html", channel=made, key=key)


@channels.post("/channels/<channel_id>/revocation")
def revoke(channel_id: str) -> ResponseReturnValue:
    """Its key opens nothing any more."""
    done = operations.revoke_channel(current_centre(), channel_id, operator())
    flash(_("渠道“%(name)s”已停用，它的订单保持不变。", name=done.name))
    return redirect(url_for("console.channels.show_all"), 303)
