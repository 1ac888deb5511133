"""Printing over real ptys and sockets, to a printer that runs out of paper, stalls, vanishes and talks nonsense."""

import os
import socket
import subprocess
import sys
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from hardware.labels.drawing import draw
from hardware.labels.fonts import LabelFont
from hardware.labels.parcel import ParcelLabel, parcel_label
from hardware.printers.opening import open_printer
from hardware.printers.printer import PrintResult, PrintState, TsplPrinter
from hardware.printers.status import Trouble
from hardware.printers.transport import DescriptorTransport, Fault, SerialTransport, TcpTransport, TransportError
from hardware.virtual.interpreter import Echo, Printed, StatusAsked, TsplInterpreter
from hardware.virtual.printer import VirtualPrinter
from hardware.virtual.remote import carried_out, labels, printer_state, tell_printer
from shared.kernel.errors import BadInput
from tests.hardware.conftest import FAST_BAUD
from tests.hardware.test_cameras import until


def bitmap(font: LabelFont, number: int = 1) -> Image.Image:
    return draw(
        parcel_label(
            ParcelLabel(
                f"3-2-{number:04d}", "王*明", "1234", "泉城路社区自提点", "五常大米 5kg", "11-22", f"K1.A.{number}#1"
            )
        ),
        font,
    )


def obey(folder: Path, word: str) -> None:
    assert carried_out(tell_printer(folder, word), 5), word


def later(seconds: float, folder: Path, word: str) -> threading.Timer:
    timer = threading.Timer(seconds, obey, (folder, word))
    timer.start()
    return timer


def test_a_label_on_paper_is_confirmed_and_its_code_can_be_scanned(
    virtual_printer: tuple[Path, str], font: LabelFont
) -> None:
    folder, address = virtual_printer
    printer = open_printer(address)
    for number in (1, 2, 3):
        result = printer.print(bitmap(font, number), f"K1.A.{number}#1")
        assert result.state is PrintState.CONFIRMED
        assert not result.may_resend
    printer.close()
    read = [zxingcpp.read_barcodes(Image.open(path).convert("L"))[0].text for path in labels(folder)]
    assert read == ["K1.A.1#1", "K1.A.2#1", "K1.A.3#1"]
    assert Image.open(labels(folder)[0]).convert("1").tobytes() == bitmap(font, 1).tobytes()
    assert printer_state(folder)["faults"] == []


@pytest.mark.parametrize(
    ("word", "back", "trouble"),
    [("paper_out", "paper_in", Trouble.PAPER_OUT), ("cover_open", "cover_close", Trouble.COVER_OPEN)],
)
def test_a_printer_that_cannot_print_gets_nothing(
    virtual_printer: tuple[Path, str], font: LabelFont, word: str, back: str, trouble: Trouble
) -> None:
    folder, address = virtual_printer
    printer = open_printer(address)
    obey(folder, word)
    result = printer.print(bitmap(font), "K1")
    assert (result.state, result.trouble, result.may_resend) == (PrintState.NOT_SENT, trouble, True)
    assert "打印机" in result.message
    assert result.next_step
    obey(folder, back)
    assert printer.print(bitmap(font), "K1").state is PrintState.CONFIRMED
    assert len(labels(folder)) == 1
    printer.close()


def test_paper_out_in_the_middle_blocks_and_the_label_comes_once_when_paper_does(
    tmp_path: Path, font: LabelFont
) -> None:
    folder, link = tmp_path / "printer", tmp_path / "lp"
    with VirtualPrinter(folder, link):
        printer = open_printer(f"virtual:{link}")
        assert printer.status().ready
        timer = later(0.2, folder, "paper_out")
        result = printer.print(bitmap(font), "K1.A.1#1")
        timer.join()
        assert (result.state, result.trouble) == (PrintState.BLOCKED, Trouble.PAPER_OUT)
        assert not result.may_resend
        assert labels(folder) == []
        assert printer.print(bitmap(font, 2), "K1.A.2#1").may_resend, "the next one waits here, not in the printer"
        obey(folder, "paper_in")
        assert until(lambda: len(labels(folder)) == 1, 3)
        assert printer.status().ready
        assert printer.take_printed() == ("K1.A.1#1",)
        assert printer.take_printed() == ()
        printer.close()


def test_a_stall_is_unknown_and_nothing_is_sent_until_it_answers(tmp_path: Path, font: LabelFont) -> None:
    folder, link = tmp_path / "printer", tmp_path / "lp"
    with VirtualPrinter(folder, link):
        transport = SerialTransport(str(link), write_timeout_s=0.5)
        printer = TsplPrinter(transport, confirm_s=1.0)
        assert printer.status().ready
        timer = later(0.2, folder, "stall")
        result = printer.print(bitmap(font), "K1.A.1#1")
        timer.join()
        assert (result.state, result.trouble) == (PrintState.UNKNOWN, Trouble.SILENT)
        assert not result.may_resend
        again = printer.print(bitmap(font), "K1.A.2#1")
        assert again.state is PrintState.NOT_SENT
        obey(folder, "go_on")
        assert until(lambda: printer.print(bitmap(font), "K1.A.2#1").state is PrintState.CONFIRMED, 8)
        assert until(lambda: len(labels(folder)) == 2, 2)
        assert "K1.A.1#1" in printer.take_printed()
        printer.close()


def test_a_stalled_line_is_given_up_by_its_time_limit(tmp_path: Path) -> None:
    master, slave = os.openpty()
    tty.setraw(slave)
    transport = SerialTransport(os.ttyname(slave), write_timeout_s=0.3)
    assert transport.open()
    start = time.monotonic()
    with pytest.raises(TransportError) as stalled:
        transport.write(b"\xff" * 200_000)
    assert time.monotonic() - start < 3
    assert stalled.value.fault is Fault.STALLED
    assert 0 < stalled.value.sent < 200_000
    transport.close()
    os.close(master)
    os.close(slave)


def test_vanishing_before_the_print_command_allows_another_try(tmp_path: Path, font: LabelFont) -> None:
    """The line takes 512 bytes and no more, then the cable is pulled: PRINT was never on its way."""
    master, slave = os.openpty()
    tty.setraw(slave)
    link = tmp_path / "lp"
    link.symlink_to(os.ttyname(slave))

    def answer_then_vanish() -> None:
        received = b""
        while not received.endswith(b"\x1b!?"):
            received += os.read(master, 65_536)
        os.write(master, b"\x00")
        time.sleep(0.12)
        os.close(master)
        os.close(slave)

    class Narrow(SerialTransport):
        """Gives the cable time to be pulled between chunks."""

        def write(self, data: bytes) -> int:
            sent = 0
            for start in range(0, len(data), 512):
                try:
                    sent += super().write(data[start : start + 512])
                except TransportError as error:
                    raise TransportError(error.fault, "cut", sent + error.sent) from error
                time.sleep(0.02 if len(data) > 3000 else 0)
            return sent

    thread = threading.Thread(target=answer_then_vanish)
    thread.start()
    printer = TsplPrinter(Narrow(str(link)))
    result = printer.print(bitmap(font), "K1")
    thread.join()
    assert (result.state, result.trouble, result.may_resend) == (PrintState.NOT_SENT, Trouble.LOST, True)
    assert 0 < result.sent_bytes < 6000
    assert printer.status().trouble in {Trouble.MISSING, Trouble.LOST}


def test_a_cable_pulled_while_the_print_command_leaves_is_unknown(tmp_path: Path) -> None:
    """The whole job is one chunk: nobody can say how much of it got through."""
    master, slave = os.openpty()
    tty.setraw(slave)
    link = tmp_path / "lp"
    link.symlink_to(os.ttyname(slave))

    class CutAtTheEnd(SerialTransport):
        """The cable goes just before the bytes that print."""

        def write(self, data: bytes) -> int:
            if b"PRINT" in data:
                os.close(master)
                os.close(slave)
            elif data.endswith(b"!?"):
                os.write(master, b"\x00")
            return super().write(data)

    printer = TsplPrinter(CutAtTheEnd(str(link)))
    result = printer.print(Image.new("1", (16, 8), 0), "K1")
    assert (result.state, result.trouble, result.may_resend) == (PrintState.UNKNOWN, Trouble.LOST, False)


def test_vanishing_after_the_print_command_is_unknown(tmp_path: Path, font: LabelFont) -> None:
    folder, link = tmp_path / "printer", tmp_path / "lp"
    with VirtualPrinter(folder, link):
        printer = open_printer(f"virtual:{link}")
        assert printer.status().ready
        timer = later(0.2, folder, "vanish")
        result = printer.print(bitmap(font), "K1.A.1#1")
        timer.join()
        assert (result.state, result.trouble, result.may_resend) == (PrintState.UNKNOWN, Trouble.LOST, False)
        gone = printer.print(bitmap(font), "K1.A.2#1")
        assert (gone.state, gone.trouble, gone.may_resend) == (PrintState.NOT_SENT, Trouble.MISSING, True)
        obey(folder, "return")
        assert printer.print(bitmap(font), "K1.A.2#1").state is PrintState.CONFIRMED
        printer.close()


def test_nonsense_is_never_taken_for_fine(virtual_printer: tuple[Path, str], font: LabelFont) -> None:
    folder, address = virtual_printer
    printer = open_printer(address)
    obey(folder, "garbage")
    for _ in range(5):
        status = printer.status()
        assert not status.ready
        assert status.trouble is Trouble.UNREADABLE
    result = printer.print(bitmap(font), "K1")
    assert (result.state, result.trouble) == (PrintState.NOT_SENT, Trouble.UNREADABLE)
    obey(folder, "sane")
    assert printer.print(bitmap(font), "K1").state is PrintState.CONFIRMED
    assert len(labels(folder)) == 1
    printer.close()


def test_firmware_without_echo_comes_to_sent(tmp_path: Path, font: LabelFont) -> None:
    folder, link = tmp_path / "printer", tmp_path / "lp"
    with VirtualPrinter(folder, link, baud=FAST_BAUD, label_seconds=0.05, echoes=False):
        printer = open_printer(f"virtual:{link}?baud={FAST_BAUD}")
        assert printer.print(bitmap(font), "K1").state is PrintState.SENT
        assert len(labels(folder)) == 1
        printer.close()
        silent = open_printer(f"virtual:{link}?baud={FAST_BAUD}&answers=no")
        assert not silent.status().ready
        assert silent.print(bitmap(font, 2), "K2").state is PrintState.SENT
        assert until(lambda: len(labels(folder)) == 2, 2)
        silent.close()


def test_a_half_sent_job_left_in_the_printer_does_not_spoil_the_next(
    virtual_printer: tuple[Path, str], font: LabelFont
) -> None:
    """As after a crash of the print worker in the middle of a picture."""
    folder, address = virtual_printer
    link = address.removeprefix("virtual:").partition("?")[0]
    crashed = os.open(link, os.O_WRONLY | os.O_NOCTTY)
    os.write(crashed, b"SIZE 60 mm,40 mm\r\nCLS\r\nBITMAP 0,0,60,34,0," + b"\x00" * 300)
    time.sleep(0.2)
    os.close(crashed)
    printer = open_printer(address)
    assert printer.print(bitmap(font), "K1").state is PrintState.CONFIRMED
    (path,) = labels(folder)
    assert Image.open(path).convert("1").tobytes() == bitmap(font).tobytes()
    printer.close()


def test_only_one_process_may_hold_the_port(virtual_printer: tuple[Path, str]) -> None:
    _, address = virtual_printer
    first, second = open_printer(address), open_printer(address)
    assert first.status().ready
    assert second.status().trouble is Trouble.MISSING
    first.close()
    assert second.status().ready
    second.close()


def serve(answer: Callable[[socket.socket], None]) -> tuple[str, threading.Thread]:
    server = socket.create_server(("127.0.0.1", 0))
    address = f"tcp:127.0.0.1:{server.getsockname()[1]}"

    def run() -> None:
        with server:
            connection, _ = server.accept()
            with connection:
                answer(connection)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return address, thread


def test_a_network_printer_prints_the_same_bytes(font: LabelFont) -> None:
    pictures = list[Image.Image]()

    def be_a_printer(connection: socket.socket) -> None:
        interpreter = TsplInterpreter()
        while data := connection.recv(4096):
            for event in interpreter.feed(data):
                match event:
                    case StatusAsked():
                        connection.sendall(b"\x00")
                    case Printed(image):
                        pictures.append(image)
                    case Echo(text):
                        connection.sendall(text.encode() + b"\r\n")

    address, thread = serve(be_a_printer)
    printer = open_printer(address)
    assert printer.print(bitmap(font), "K1").state is PrintState.CONFIRMED
    printer.close()
    thread.join(3)
    assert [picture.tobytes() for picture in pictures] == [bitmap(font).tobytes()]


def test_a_network_printer_that_hangs_up_is_lost() -> None:
    address, thread = serve(lambda connection: connection.close())
    printer = open_printer(address)
    assert printer.status().trouble is Trouble.LOST
    thread.join(3)
    assert printer.status().trouble is Trouble.MISSING
    with pytest.raises(TransportError):
        TcpTransport("127.0.0.1", 1).write(b"x")


def test_a_usb_printer_device_is_written_and_read(tmp_path: Path) -> None:
    """A pty stands for /dev/usb/lp0: a character device opened by its path."""
    master, slave = os.openpty()
    tty.setraw(slave)
    transport = DescriptorTransport(os.ttyname(slave), write_timeout_s=0.3)
    assert transport.open()
    assert not transport.open()
    assert transport.write(b"abc") == 3
    assert os.read(master, 10) == b"abc"
    os.write(master, b"\x04")
    assert transport.read(1.0) == b"\x04"
    assert transport.read(0.01) == b""
    with pytest.raises(TransportError) as stalled:
        transport.write(b"x" * 200_000)
    assert stalled.value.fault is Fault.STALLED
    os.close(master)
    with pytest.raises(TransportError) as lost:
        transport.write(b"x")
    assert lost.value.fault is Fault.LOST
    transport.close()
    os.close(slave)
    with pytest.raises(TransportError) as absent:
        DescriptorTransport(str(tmp_path / "lp9")).open()
    assert absent.value.fault is Fault.ABSENT


@pytest.mark.parametrize("address", ["", "serial:", "lpt:1", "tcp:host:port", "serial:/dev/x?speed=1", "usb"])
def test_an_address_of_no_kind_is_refused(address: str) -> None:
    with pytest.raises(BadInput) as refused:
        open_printer(address)
    assert refused.value.code == "printer_address"


def test_every_result_has_words() -> None:
    for state in PrintState:
        for trouble in (None, *Trouble):
            assert PrintResult(state, trouble).message


def test_the_virtual_printer_runs_as_a_process_and_ends_cleanly(tmp_path: Path, font: LabelFont) -> None:
    folder, link = tmp_path / "printer", tmp_path / "lp"
    command = [sys.executable, "-m", "hardware.virtual.printer"]
    arguments = ["run", "--folder", str(folder), "--link", str(link), "--baud", str(FAST_BAUD)]
    with subprocess.Popen([*command, *arguments], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("ready")
        printer = open_printer(f"virtual:{link}?baud={FAST_BAUD}")
        assert printer.print(bitmap(font), "K1").state is PrintState.CONFIRMED
        assert subprocess.run([*command, "tell", str(folder), "paper_out"], check=False).returncode == 0
        assert printer.status().trouble is Trouble.PAPER_OUT
        printer.close()
        process.terminate()
        assert process.wait(5) == 0
    assert not link.exists()
    assert len(labels(folder)) == 1


def test_printing_loads_no_camera_library() -> None:
    """57 MB and 240 ms that the print worker has no use for (HARDWARE.md)."""
    code = (
        "import sys, hardware.printers.opening, hardware.labels.parcel, hardware.labels.drawing, "
        "hardware.virtual.printer, hardware.virtual.remote, hardware.scanners.serial_scanner; "
        "sys.exit('cv2' in sys.modules or 'zxingcpp' in sys.modules or 'numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
