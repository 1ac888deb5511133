"""One small town for a whole file: a centre, one kiosk with camera and printer, the cable between, and Chromium.

Every process is the one that runs at a point or at the centre; only camera and printer are the virtual ones of
``hardware.virtual``, and they do what real ones do: frames go through the decoder, bytes through a pty.
"""

import dataclasses
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from deploy.demo.counter import take_in_expected
from deploy.demo.neighbourhood import JINAN, Neighbourhood, generate
from deploy.demo.progress import Progress
from deploy.demo.town import DemoKiosk, Town
from hardware.virtual.remote import carried_out, tell_camera, tell_printer

SEED = 11
RESIDENTS = 40
FIRST_PARCELS = 16
DEVICE_SECONDS = 10.0


def small(whole: Neighbourhood) -> Neighbourhood:
    """The first point with its first residents, and what they ordered."""
    point = whole.points[0]
    residents = [one for one in whole.residents if one.point == point.code][:RESIDENTS]
    phones = {one.phone for one in residents}
    return dataclasses.replace(
        whole,
        points=(point,),
        residents=tuple(residents),
        orders=tuple(one for one in whole.orders if one.phone in phones),
        courier_parcels=tuple(one for one in whole.courier_parcels if one.phone in phones),
    )


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Everything runs; staff have taken in the first parcels."""
    neighbourhood = small(generate(SEED, datetime.now(JINAN).date()))
    folder: Path = tmp_path_factory.mktemp("town")
    said = io.StringIO()
    with Town(neighbourhood, folder, Progress(said), any_port=True) as running:
        take_in_expected(running.kiosks[0], FIRST_PARCELS)
        yield running
        running.check()


@pytest.fixture
def kiosk(town: Town) -> Iterator[DemoKiosk]:
    """The town's kiosk; afterwards its cable is whole, its camera sees and its printer has paper."""
    found = town.kiosks[0]
    yield found
    found.cable.mend()
    assert carried_out(tell_camera(found.camera, "normal"), DEVICE_SECONDS)
    assert carried_out(tell_printer(found.printer, "return"), DEVICE_SECONDS)
