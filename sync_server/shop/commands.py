"""``python -m sync_server channel``: let a channel in, see them, take a key back."""

import sys

import click

from shared.kernel.clock import SystemClock
from shared.kernel.errors import Refused
from sync_server.config import read_config
from sync_server.host import Centre, open_centre
from sync_server.shop import channels, store


def _open() -> Centre:
    return open_centre(read_config(), SystemClock())


def _say(text: str) -> None:
    click.echo(text)


@click.group()
def channel() -> None:
    """Channels that sell by telephone or app: each has a key of its own."""


@channel.command()
@click.argument("name")
def add(name: str) -> None:
    """Let a channel called NAME in; prints its key once."""
    try:
        centre = _open()
        made, key = channels.add_channel(centre.db, centre.clock, name, "cli")
    except Refused as refused:
        click.echo(str(refused), err=True)
        sys.exit(2)
    _say(f"渠道 {made.name}（{made.id}）\n密钥 {key}\n只显示这一次，请妥善保存。")


@channel.command(name="list")
def show() -> None:
    """List the channels; keys are not kept and cannot be shown."""
    try:
        found = store.channels(_open().db)
    except Refused as refused:
        click.echo(str(refused), err=True)
        sys.exit(2)
    for one in found:
        _say(f"{one.id}  {one.name}  {'已停用 ' + one.revoked_at if one.revoked_at else '使用中'}")
    if not found:
        _say("还没有渠道。")


@channel.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Take the key of the channel called NAME back; its orders stay."""
    try:
        centre = _open()
        done = channels.revoke_by_name(centre.db, centre.clock, name)
    except Refused as refused:
        click.echo(str(refused), err=True)
        sys.exit(2)
    _say(f"渠道 {done.name} 已停用。")
