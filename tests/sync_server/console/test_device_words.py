"""What a kiosk's printer or camera says of itself, as operators read it."""

import pytest

from shared.devices.rules import Health, Part
from tests.sync_server.happenings import centre_of, enrol
from tests.sync_server.opening import Desk


@pytest.mark.parametrize("path", ["/console/overview", "/console/kiosks/K7"])
def test_machine_words_never_reach_an_operator(signed_in: Desk, path: str) -> None:
    health = Health(camera=Part.TROUBLE, camera_detail="covered", printer=Part.TROUBLE, printer_detail="paper_out")
    enrol(centre_of(signed_in), "K7", health=health)
    page = signed_in.get(path).text
    assert "打印机缺纸" in page
    assert "paper_out" not in page
    assert "covered" not in page


def test_a_word_that_is_not_known_is_shown_as_it_was_said(signed_in: Desk) -> None:
    enrol(centre_of(signed_in), "K7", health=Health(printer=Part.TROUBLE, printer_detail="卡在第三格"))
    assert "卡在第三格" in signed_in.get("/console/kiosks/K7").text
