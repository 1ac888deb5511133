"""Hand-held scanners: lines over a pty, keys with their timing."""

import os
import time
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.scanners.scanner import ScannerHealth, ScanOutcome
from hardware.scanners.serial_scanner import SerialScanner
from hardware.scanners.wedge import WedgeAssembler
from tests.hardware.conftest import Digits


@pytest.fixture
def line(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """A pty: the scanner's own end, and the port."""
    master, slave = os.openpty()
    tty.setraw(slave)
    port = tmp_path / "scanner"
    port.symlink_to(os.ttyname(slave))
    yield master, port
    for descriptor in (master, slave):
        os.close(descriptor)


def test_lines_become_scans_whatever_ends_them(line: tuple[int, Path], digits: Digits) -> None:
    master, port = line
    scanner = SerialScanner(str(port))
    assert scanner.health() is ScannerHealth.OK
    os.write(master, f"{digits(1)}\r\n{digits(2)}\r{digits(3)}\n\r\n".encode())
    assert [(scanner.read(1) or pytest.fail("no scan")).text for _ in range(3)] == [digits(n) for n in (1, 2, 3)]
    os.write(master, "取件".encode())
    unended = scanner.read(2)
    assert unended is not None
    assert unended.text == "取件", "a scanner without an ending character ends with silence"
    assert scanner.read(0.05) is None
    scanner.close()


def test_what_is_too_long_or_unreadable_is_said(line: tuple[int, Path]) -> None:
    master, port = line
    scanner = SerialScanner(str(port))
    assert scanner.read(0.05) is None
    for start in range(0, 4096, 512):
        os.write(master, b"7" * 512)
        if start < 4000:
            scanner.read(0.06)
    os.write(master, b"\r")
    long = scanner.read(2)
    assert long is not None
    assert (long.outcome, long.text) == (ScanOutcome.TOO_LONG, "")
    os.write(master, b"\xff\xfe\xe5\r")
    unreadable = scanner.read(2)
    assert unreadable is not None
    assert unreadable.outcome is ScanOutcome.UNREADABLE
    scanner.close()


def test_an_unplugged_scanner_is_missing_and_found_again(tmp_path: Path, digits: Digits) -> None:
    port = tmp_path / "port"
    scanner = SerialScanner(str(port))
    assert scanner.health() is ScannerHealth.MISSING
    assert scanner.read(0.1) is None
    for number in (1, 2):
        master, slave = os.openpty()
        tty.setraw(slave)
        port.unlink(missing_ok=True)
        port.symlink_to(os.ttyname(slave))
        end = time.monotonic() + 3
        while scanner.health() is ScannerHealth.MISSING and time.monotonic() < end:
            scanner.read(0.1)
        os.write(master, f"{digits(number)}\r".encode())
        scan = scanner.read(2)
        assert scan is not None
        assert scan.text == digits(number)
        os.close(master)
        os.close(slave)
        assert scanner.read(0.2) is None, "cable pulled"
    scanner.close()


def test_fast_keys_are_a_scan_and_slow_ones_a_person() -> None:
    wedge = WedgeAssembler()
    assert [wedge.key(key, at * 0.01) for at, key in enumerate("690123")] == [None] * 6
    assert wedge.key("Enter", 0.06) == "690123"
    for at, key in enumerate("690123"):
        wedge.key(key, 10 + at * 0.2)
    assert wedge.key("Enter", 11.3) is None
    for at, key in enumerate(["Shift", "a", "b", "c", "d"]):
        wedge.key(key, 20 + at * 0.01)
    assert wedge.key("Tab", 20.06) == "abcd"


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=4, max_size=512))
def test_every_scan_typed_fast_enough_comes_out_whole(text: str) -> None:
    wedge = WedgeAssembler()
    for at, key in enumerate(text):
        wedge.key(key, at * 0.005)
    assert wedge.key("Enter", len(text) * 0.005) == text


def test_a_flood_of_keys_is_no_scan() -> None:
    wedge = WedgeAssembler()
    for at in range(2000):
        wedge.key("7", at * 0.001)
    assert wedge.key("Enter", 2.0) is None
