"""Hands at the counter: a signed-in browser without a screen."""

import re
from itertools import count
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kiosk.host import Kiosk
from shared.parcels import store as parcels
from shared.parcels.rules import Parcel
from tests.kiosk.parcels.point import PINS, POINT, waybill

TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
_presses = count(1)


class Hands:
    """One member of staff at one browser."""

    def __init__(self, app: Flask, kiosk: Kiosk, staff: str = "S1") -> None:
        self.kiosk = kiosk
        self.client: FlaskClient = app.test_client()
        self._token = self._read_token(f"/staff/session?staff={staff}")
        assert self.post("/staff/session", staff=staff, pin=PINS[staff]).status_code == 303
        self._token = self._read_token("/counter")

    def _read_token(self, path: str) -> str:
        found = TOKEN.search(self.client.get(path).text)
        assert found is not None
        return found[1]

    def post(self, path: str, nonce: str = "", htmx: bool = False, **form: Any) -> TestResponse:
        """Press a button; each press has a nonce of its own unless one is given."""
        nonce = nonce or f"press-{next(_presses):06d}"
        headers = {"HX-Request": "true"} if htmx else {}
        return self.client.post(path, data={"csrf_token": self._token, "nonce": nonce, **form}, headers=headers)

    def scan(self, text: str, **form: Any) -> TestResponse:
        """Scan something at the inbound screen."""
        return self.post("/parcels", htmx=True, scan=text, **form)

    def receive(self, n: int) -> Parcel:
        """Receive the n-th announced parcel."""
        answer = self.scan(waybill(n))
        assert 'data-outcome="received"' in answer.text, answer.text
        return self.parcel(n)

    def parcel(self, n: int) -> Parcel:
        """The n-th announced parcel as it is now."""
        found = parcels.by_waybill(self.kiosk.db, POINT, waybill(n))
        assert found is not None
        return found

    def hand_out(self, parcel_id: str, nonce: str = "", **form: Any) -> str:
        """Hand a parcel out and read the page that follows."""
        answer = self.post(f"/parcels/{parcel_id}/hand-out", nonce, **form)
        assert answer.status_code == 303
        return self.client.get(answer.location).text
