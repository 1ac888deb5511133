"""Channels: a key is shown once and kept as a hash only; what is taken back opens nothing."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from shared.kernel.clock import ManualClock
from shared.kernel.errors import BadInput, Refused
from sync_server.__main__ import main
from sync_server.host import Centre
from sync_server.shop import channels, store
from sync_server.shop.rules import KEY_PATTERN, KeyUnknown, clean_channel_name, read_bearer, read_idempotency_key


def test_a_key_opens_until_it_is_taken_back(server: Centre, clock: ManualClock) -> None:
    made, key = channels.add_channel(server.db, clock, "  小程序  商城 ", "op")
    assert made.name == "小程序 商城"
    assert channels.who_asks(server.db, clock, f"Bearer {key}").id == made.id
    assert channels.who_asks(server.db, clock, f"bearer  {key}").id == made.id
    channels.revoke_channel(server.db, clock, made.id)
    with pytest.raises(KeyUnknown):
        channels.who_asks(server.db, clock, f"Bearer {key}")
    with pytest.raises(Refused, match="CHANNEL_UNKNOWN"):
        channels.revoke_channel(server.db, clock, made.id)


def test_neither_key_nor_anything_to_guess_it_from_is_kept(server: Centre, clock: ManualClock) -> None:
    _, key = channels.add_channel(server.db, clock, "电话订购", "op")
    [row] = server.db.query("SELECT * FROM channels")
    assert all(key[4:12] not in str(value) for value in dict(row).values())
    assert len(row["key_hash"]) == 64


def test_two_channels_in_use_have_different_names(server: Centre, clock: ManualClock) -> None:
    first, key = channels.add_channel(server.db, clock, "小程序", "op")
    with pytest.raises(Refused, match="CHANNEL_EXISTS"):
        channels.add_channel(server.db, clock, "小程序", "op")
    channels.revoke_channel(server.db, clock, first.id)
    _, other = channels.add_channel(server.db, clock, "小程序", "op")
    assert key != other
    assert [one.revoked_at is None for one in store.channels(server.db)] == [True, False]


def test_when_it_was_last_used_is_noted_at_most_once_a_minute(server: Centre, clock: ManualClock) -> None:
    made, key = channels.add_channel(server.db, clock, "小程序", "op")
    used = []
    for seconds in (0, 30, 61):
        clock.advance(seconds)
        channels.who_asks(server.db, clock, f"Bearer {key}")
        known = store.channel(server.db, made.id)
        assert known is not None
        used.append(known.used_at)
    assert used[0] == used[1] != used[2]


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer lqk_short", "Bearer " + "lqk_" + "é" * 43])
def test_what_is_no_key_is_refused_by_its_form(header: str) -> None:
    with pytest.raises(KeyUnknown):
        read_bearer(header)


@pytest.mark.parametrize("key", ["", "short", "with space 1", "x" * 65, "nul\x00nulnul", "订单订单订单订单"])
def test_idempotency_keys_have_a_form(key: str) -> None:
    with pytest.raises(BadInput, match="IDEMPOTENCY_KEY"):
        read_idempotency_key(key)


@pytest.mark.parametrize("name", ["", "  ", "长" * 31, "\u202etxt"])
def test_names_that_make_no_sense_are_refused(name: str) -> None:
    with pytest.raises(BadInput, match="CHANNEL_NAME"):
        clean_channel_name(name)


def test_the_command_line_lets_in_lists_and_takes_back(tmp_path: Path) -> None:
    run, env = CliRunner(), {"LINQU_DATA": str(tmp_path / "centre"), "DATABASE_URL": ""}
    assert run.invoke(main, ["channel", "add", "x"], env=env).exit_code == 2, "no centre yet"
    assert run.invoke(main, ["init"], env=env).exit_code == 0
    said = run.invoke(main, ["channel", "add", "小程序"], env=env)
    assert said.exit_code == 0
    assert KEY_PATTERN.search(said.output)
    assert run.invoke(main, ["channel", "add", "小程序"], env=env).exit_code == 2
    listed = run.invoke(main, ["channel", "list"], env=env).output
    assert "小程序" in listed
    assert "使用中" in listed
    assert KEY_PATTERN.search(listed) is None
    assert run.invoke(main, ["channel", "revoke", "小程序"], env=env).exit_code == 0
    assert "已停用" in run.invoke(main, ["channel", "list"], env=env).output
    assert run.invoke(main, ["channel", "revoke", "小程序"], env=env).exit_code == 2
