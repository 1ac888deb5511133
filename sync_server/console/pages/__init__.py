"""The console's pages, one module a subject; together one blueprint that only operators may enter."""

from typing import cast

from flask import Blueprint, Flask, redirect, url_for
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from sync_server.console.access import guard, limiter
from sync_server.console.pages.attention import attention
from sync_server.console.pages.channels import channels
from sync_server.console.pages.goods import goods
from sync_server.console.pages.kiosks import kiosks
from sync_server.console.pages.offers import offers
from sync_server.console.pages.orders import orders
from sync_server.console.pages.overview import overview
from sync_server.console.pages.parcels import parcels
from sync_server.console.pages.points import points
from sync_server.console.pages.quarantine import quarantine
from sync_server.console.pages.residents import residents
from sync_server.console.pages.rights import rights
from sync_server.console.pages.session import session


def first_page() -> ResponseReturnValue:
    """The console opens with the overview."""
    return redirect(url_for("console.overview.show"))


def _limit(state: BlueprintSetupState) -> None:
    """Count sign-ins by address, in this process."""
    limiter.init_app(cast(Flask, state.app))


def _make_blueprint() -> Blueprint:
    console = Blueprint("console", __name__, url_prefix="/console", template_folder="../templates")
    guard(console)
    console.record_once(_limit)
    console.add_url_rule("", "first_page", first_page)
    for part in (
        session,
        overview,
        kiosks,
        points,
        orders,
        parcels,
        goods,
        residents,
        attention,
        quarantine,
        offers,
        rights,
        channels,
    ):
        console.register_blueprint(part)
    return console


blueprint = _make_blueprint()
