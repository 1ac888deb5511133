"""The pages around carried files: one button for staff at the kiosk, an upload for operators at the centre."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from kiosk.carry import store
from kiosk.carry.operations import carry_out
from kiosk.host import Kiosk
from shared.kernel.clock import ManualClock
from shared.sync.sealing import UP, load_or_make_seal_key, seal_public
from sync_server.carry.operations import Outcome
from tests.carry.test_stick import receive, shelf
from tests.kiosk.pickup.scene import PIN, STAFF, START, Scene, settings
from tests.kiosk.sync.conftest import POINT, RunningCentre
from tests.kiosk.sync.test_rounds_over_http import round_of
from tests.sync_server.opening import OPERATOR, PASSWORD, Desk


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    config = replace(
        settings(tmp_path / "kiosk"), stick=tmp_path / "stick", copy_same_disk=True, copy=tmp_path / "copies"
    )
    made = Scene.open(config, ManualClock(START))
    with made.kiosk.db.writing() as tx:
        store.set_centre_key(tx, seal_public(load_or_make_seal_key(tmp_path / "centre seal.key")))
    yield made
    made.kiosk.db.close()


def test_staff_plug_in_a_stick_and_tap_once(scene: Scene, tmp_path: Path) -> None:
    screen = scene.app().test_client()
    assert screen.get("/carry").status_code in (302, 303)
    assert screen.post("/staff/session", data={"staff": STAFF, "pin": PIN}).status_code == 303
    assert "还没有插 U 盘" in screen.get("/carry").text
    without = screen.post("/carry/trips")
    assert without.status_code == 422
    assert "没有找到 U 盘" in without.text
    (tmp_path / "stick").mkdir()
    done = screen.post("/carry/trips")
    assert done.status_code == 200
    assert re.search(r"已带出 \d+ 条记录", done.text)
    (question,) = (tmp_path / "stick").iterdir()
    assert question.read_bytes()[:8] == UP
    (tmp_path / "stick" / question.name.replace("question", "answer")).write_bytes(b"cut")
    again = screen.post("/carry/trips")
    assert "回复文件不完整" in again.text
    assert "U 盘同步" in screen.get("/devices").text
    assert "备份用的 U 盘不在" in screen.get("/devices").text


def test_an_operator_uploads_a_file_and_fetches_the_answer(
    kiosk: Kiosk, running_centre: RunningCentre, tmp_path: Path
) -> None:
    from sync_server.app import make_app
    from sync_server.console.operations import make_operator

    centre = running_centre.centre
    make_operator(centre.db, centre.clock, OPERATOR, PASSWORD)
    app = make_app(centre)
    desk = Desk(app, app.test_client())
    assert desk.get("/console/carry").status_code == 303
    desk.sign_in()
    shelf(running_centre)
    round_of(kiosk)
    receive(kiosk, "SF0000000000001")
    (tmp_path / "stick").mkdir()
    box = carry_out(kiosk, tmp_path / "stick").file.read_bytes()

    def upload(content: bytes) -> TestResponse:
        return desk.post("/console/carry", {"file": (io.BytesIO(content), "a.linqu")}, "multipart/form-data")

    assert "还没有选择文件" in desk.post("/console/carry", {}, "multipart/form-data").text
    wrong = upload(b"nothing of ours")
    assert wrong.status_code == 400
    assert "文件不完整或已损坏" in wrong.text
    taken = upload(box)
    assert taken.status_code == 303
    page = desk.get(taken.location)
    assert "收下了 1 条记录" in page.text
    answer = desk.get(f"{taken.location}/answer.linqu")
    assert "linqu-K1-1-answer.linqu" in answer.headers["Content-Disposition"]
    (tmp_path / "stick" / "linqu-K1-1-answer.linqu").write_bytes(answer.data)
    assert POINT in desk.get("/console/carry").text
    assert desk.get("/console/carry/nothing/answer.linqu").status_code == 404
    assert Outcome.TAKEN.value == centre.db.query("SELECT outcome FROM carry_answers")[0]["outcome"]
