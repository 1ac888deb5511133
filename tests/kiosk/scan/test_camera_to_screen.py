"""From a phone held up to the camera to the code on the screen: all processes' parts, real frames, Chromium."""

import threading
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from hardware.virtual.remote import hold_up
from kiosk import workers
from kiosk.host import open_kiosk
from kiosk.scan.worker import work
from shared.kernel.clock import SystemClock
from tests.kiosk.pickup.scene import Scene, settings
from tests.kiosk.serving import served

pytestmark = pytest.mark.browser


def test_a_resident_collects_by_camera(tmp_path: Path, unused_port: int, browser: Browser) -> None:
    camera = tmp_path / "camera"
    config = settings(tmp_path / "kiosk", port=unused_port, camera=f"virtual:{camera}")
    scene, stop = Scene.open(config, SystemClock()), threading.Event()
    resident = scene.resident()
    parcel = scene.parcel(resident)
    eyes = open_kiosk(config, SystemClock())
    worker = threading.Thread(target=work, args=(eyes, stop), daemon=True)
    with served(scene.app(), unused_port) as address:
        worker.start()
        page = browser.new_page(viewport={"width": 1080, "height": 1920})
        page.goto(address)
        while "scan" not in workers.states(scene.kiosk.db, scene.kiosk.clock):
            time.sleep(0.05)
        hold_up(camera, scene.pass_of(resident), seconds=2.5, hardness=0.4)
        expect(page.get_by_text(parcel.code, exact=True)).to_be_visible(timeout=10_000)
        expect(page.get_by_role("heading", level=1)).to_have_text("请取 1 件")
        time.sleep(2.0)
        # The phone is still there, or comes down late: it stays one visit.
        expect(page.get_by_role("heading", level=1)).to_have_text("请取 1 件")
        page.close()
        stop.set()
        worker.join(5)
    eyes.db.close()
    scene.kiosk.db.close()
