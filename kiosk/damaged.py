"""What stands on the kiosk's screen while its database can't be opened: the reason, and the way back."""

import secrets

from flask import Flask, request

from kiosk.app import distance
from kiosk.config import Config
from shared.kernel.clock import Clock
from shared.kernel.errors import N_, Refused
from shared.web.app import WebSettings, make_web_app
from shared.web.frame import Frame, Link, LinkState

OPEN_PATHS = ("/static/", "/language")


class DatabaseDamaged(Refused):
    """The database of this kiosk does not open; the centre and the copies have what it held."""

    status = 503

    def __init__(self) -> None:
        super().__init__(
            "DATABASE_DAMAGED",
            N_("本机的数据库损坏，暂时不能取件。"),
            N_("请找店员：停止程序后运行 python -m kiosk restore 恢复备份，或 python -m kiosk rebuild 从中心重建。"),
        )


def make_damaged_app(config: Config, clock: Clock) -> Flask:
    """An app that answers every address with :class:`DatabaseDamaged`."""
    settings = WebSettings(
        secret_key=secrets.token_hex(32),
        cookie_name="linqu_kiosk",
        language=config.language,
        timezone=config.timezone,
    )
    nobody = Frame("", Link(LinkState.OFFLINE))
    app = make_web_app(__name__, settings, clock=clock, frame=lambda: nobody, distance=distance)

    @app.before_request
    def _say_so() -> None:
        if not request.path.startswith(OPEN_PATHS):
            raise DatabaseDamaged

    return app
