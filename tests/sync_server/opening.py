"""A centre as ``init`` makes it, on either database, with two pickup points and an operator; and a browser."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared.kernel.clock import ManualClock
from shared.pickup_points.operations import open_point, set_shelf_layer
from shared.pickup_points.rules import ShelfLayer
from sync_server.app import make_app
from sync_server.config import read_config
from sync_server.console.operations import make_operator
from sync_server.host import Centre, init_centre, open_centre

OPERATOR, PASSWORD = "operator", "correct-horse-42"
POINTS = {"JN-HL01": "洪楼社区自提点", "JN-YZ01": "燕子山小区自提点"}
REGION = "jinan"
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')


def begin_centre(data: Path, clock: ManualClock, database_url: str = "") -> Centre:
    """A centre with two points of three layers each (one cold)."""
    config = read_config({"LINQU_DATA": str(data), "DATABASE_URL": database_url})
    init_centre(config)
    centre = open_centre(config, clock)
    for number, (code, name) in enumerate(POINTS.items(), start=1):
        with centre.journal.writing(code) as tx:
            open_point(centre.journal, tx, code, number=number, name=name, region=REGION, actor="test")
            for shelf, layer, cold in ((1, 1, False), (1, 2, False), (9, 1, True)):
                set_shelf_layer(centre.journal, tx, code, ShelfLayer(shelf, layer, "", 500, cold), "test")
    make_operator(centre.db, clock, OPERATOR, PASSWORD)
    return centre


@dataclass
class Desk:
    """An operator's browser, reduced to forms: it keeps cookies and sends the CSRF field it was given."""

    app: Flask
    client: FlaskClient

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers)

    def csrf(self) -> str:
        page = self.client.get("/console/session", follow_redirects=True)
        found = _CSRF.search(page.text)
        assert found, page.text[:200]
        return found[1]

    def post(
        self, path: str, data: Mapping[str, object] | None = None, content_type: str | None = None
    ) -> TestResponse:
        fields = {"csrf_token": self.csrf(), **(data or {})}
        return self.client.post(path, data=fields, content_type=content_type)

    def sign_in(self, name: str = OPERATOR, password: str = PASSWORD) -> TestResponse:
        return self.post("/console/session", {"name": name, "password": password})


def open_desk(centre: Centre) -> Desk:
    """A browser that has not signed in."""
    app = make_app(centre)
    return Desk(app, app.test_client())
