"""A snapshot is believed whole or not at all, whichever of its bits was changed on the way."""

import random
from collections.abc import Iterator

import pytest

from kiosk.sync.rounds import SNAPSHOT_PATH, open_link
from shared.kernel.errors import BadInput
from shared.sync import rows, snapshot
from shared.sync.accept import feeds_of
from shared.sync.wire import SnapshotRequest, pack
from tests.sim.profiles import CALM
from tests.sim.run import Runner, ram_folder
from tests.sim.world import World

FLIPS = 400
NONCE = "once"


@pytest.fixture
def world() -> Iterator[World]:
    with ram_folder() as folder:
        world = Runner(folder).world(1, CALM)
        with world.inside():
            yield world
        world.close()


def test_a_changed_bit_changes_nothing(world: World) -> None:
    rng, machine = random.Random(1), world.kiosks[0]
    with machine.being() as kiosk:
        state = kiosk.enrolled_state()
        for feed in feeds_of(state):
            asked = SnapshotRequest(
                nonce=NONCE, device=state.device, epoch=state.epoch, generation=state.generation, feed=feed
            )
            link = open_link(kiosk)
            good = b"".join(link.stream(SNAPSHOT_PATH, NONCE, pack(asked)))
            before = rows.digest(kiosk.db, kiosk.house, feed)

            def load(stream: bytes, feed: str = feed, key: bytes = link.server_key) -> int:
                return snapshot.load(
                    kiosk.db, kiosk.house, kiosk.clock, [stream], feed=feed, nonce=NONCE, server_key=key
                )

            refused = 0
            for _ in range(FLIPS):
                at = rng.randrange(len(good))
                try:
                    load(good[:at] + bytes((good[at] ^ (1 << rng.randrange(8)),)) + good[at + 1 :])
                except BadInput:
                    refused += 1
                assert rows.digest(kiosk.db, kiosk.house, feed) == before
            # the rest are bits of the compression that say nothing about what is inside
            assert refused > FLIPS * 0.95
            assert load(good) > 0
