"""Several people and several servers at the same moment: the last unit is sold once."""

import dataclasses
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.allotments.guard import GuardFile, Kept
from shared.allotments.messages import Granted, Told, ToldRow, granted_message, read_granted, read_told, told_message
from shared.allotments.rules import Counters, Frozen, Verdict
from shared.kernel.errors import Refused
from sync_server.host import Centre, init_centre, open_centre
from tests.allotments.stand import Town

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=5),
    max_leaves=20,
)


def at_once(doings: list[Callable[[], None]]) -> None:
    """Run all of them at the same moment; the first error is raised."""
    errors: list[Exception] = []
    start = threading.Barrier(len(doings))

    def run(doing: Callable[[], None]) -> None:
        start.wait()
        try:
            doing()
        except Exception as error:  # noqa: BLE001 - told to the thread that waits
            errors.append(error)

    threads = [threading.Thread(target=run, args=(doing,)) for doing in doings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_staff_at_one_counter_sell_the_last_unit_once(small_town: Town) -> None:
    post = small_town.post("P1")
    small_town.offer(20)
    post.settle()
    right = post.right("O1")
    sold: list[str] = []
    answers: list[str] = []

    def sell_until_refused() -> None:
        while True:
            try:
                sold.append(post.sell("O1").order.id)
            except Refused as refused:
                answers.append(refused.code)
                return

    at_once([sell_until_refused] * 4)
    assert answers == ["SALE_NONE_LEFT"] * 4
    assert len(sold) == len(set(sold)) == right
    kept = post.kiosk.guard.read(post.device)
    assert isinstance(kept, Kept)
    assert kept.of("O1").sold == right


@pytest.mark.postgres
def test_two_servers_and_their_phones_share_one_pool(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = request.getfixturevalue("postgres_server").fresh()
    town = Town(tmp_path / "one", url)
    post = town.post("P1")
    town.offer(24)
    post.settle()
    other = second_server(tmp_path / "two", town)
    sold: list[int] = []
    answers: list[str] = []

    def phone(centre: Centre, name: str) -> Callable[[], None]:
        def until_refused() -> None:
            for n in range(30):
                try:
                    town.phone(f"{name}-{n}", "O1", 1, centre=centre)
                except Refused as refused:
                    if refused.code != "DATABASE_BUSY":
                        answers.append(refused.code)
                        return
                else:
                    sold.append(1)

        return until_refused

    at_once([phone(town.centre, "a"), phone(town.centre, "b"), phone(other, "c"), phone(other, "d")])
    assert answers == ["SALE_NONE_LEFT"] * 4
    report = town.report()
    assert len(sold) + post.right("O1") == 24
    assert report.gone == len(sold)
    remembered = [centre.installation.sold("O1") for centre in (town.centre, other)]
    assert sum(remembered) == len(sold)
    assert all(remembered), "both have sold"
    other.db.close()
    town.close()


def second_server(folder: Path, town: Town) -> Centre:
    """Another installation on the same database."""
    config = dataclasses.replace(town.centre.config, data=folder)
    folder.mkdir(parents=True)
    for name in ("db.key", "session.key", "pass.key", "server.key", "seal.key"):
        (folder / name).write_bytes((town.centre.config.data / name).read_bytes())
    init_centre(config)
    return open_centre(config, town.clock)


def test_guards_written_by_many_processes_forget_nothing(tmp_path: Path) -> None:
    start = Kept("", "0.A", "", 1, "", 0, b"", {})

    def raise_one(offer: str) -> Callable[[], None]:
        guard = GuardFile(tmp_path / "guard", b"secret", "machine")

        def work() -> None:
            for sold in range(1, 21):
                guard.raise_to({offer: Counters(sold, sold)}, start)

        return work

    at_once([raise_one(f"O{n}") for n in range(4)])
    kept = GuardFile(tmp_path / "guard", b"secret", "machine").read("0.A")
    assert isinstance(kept, Kept)
    assert kept.counters == {f"O{n}": (20, 20, 0) for n in range(4)}
    assert kept.serial == 80
    assert GuardFile(tmp_path / "guard", b"another", "machine").read("0.A") is Frozen.NO_GUARD
    assert GuardFile(tmp_path / "guard", b"secret", "elsewhere").read("0.A") is Frozen.FOREIGN


@given(anything)
def test_nonsense_from_a_device_is_left_alone(said: object) -> None:
    message = said if isinstance(said, list) else [said]
    assert read_told(message) is None or isinstance(read_told(message), Told)
    assert read_granted(message) is None or isinstance(read_granted(message), Granted)


@pytest.mark.parametrize(
    "row",
    [
        ToldRow("O1", -1, 0, 0, 0),
        ToldRow("O1", 1 << 62, 0, 0, 0),
        ToldRow("O" * 41, 1, 0, 0, 0),
        ToldRow("O\x00", 1, 0, 0, 0),
        ToldRow("O1", 1, 0, 0, 0, "lot\n"),
    ],
)
def test_impossible_counters_are_not_believed(row: ToldRow) -> None:
    assert read_told(told_message(Told("LOT", True, [row], []))) is None


def test_messages_are_read_as_they_were_written() -> None:
    told = Told("LOT", True, [ToldRow("O1", 4, 3, 2, 1), ToldRow("O2", 0, 0, 0, 0, "OLD")], [("O3", 5)])
    granted = Granted("LOT", Verdict.RETIRED, 3, [])
    again = read_told(told_message(told))
    assert again is not None
    assert (again.lot, again.full, list(again.rows), list(again.wants)) == tuple(told)
    back = read_granted(granted_message(granted))
    assert back is not None
    assert (back.lot, back.verdict, back.generation, list(back.rows)) == tuple(granted)
    assert read_granted([]) is None
