"""R04: on a full disk pickups go on, inbound is refused with a reason, nothing breaks, and room heals it."""

from pathlib import Path

import pytest

from tests.faults.disk.full import can_mount, on_a_small_disk

PICKUPS = 520

pytestmark = pytest.mark.skipif(not can_mount(), reason="this user may not mount a small disk of its own (unshare)")


@pytest.mark.slow
def test_pickups_go_on_for_days_after_the_disk_is_full(tmp_path: Path) -> None:
    """R04: with no byte free, 520 more pickups are confirmed and kept, staff sign in, and inbound says why it waits."""
    found = on_a_small_disk(tmp_path / "disk", PICKUPS)
    assert found.laid_down
    assert found.pickups >= PICKUPS
    assert found.gone == 0
    assert found.wrong_pin
    assert found.signed_in
    assert (found.inbound, found.move) == ("DISK_FULL", "DISK_FULL")
    assert "暂停入库" in found.inbound_message
    assert found.damage == found.doctor == ""
    assert found.inbound_after == "received"
