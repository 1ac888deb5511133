"""From the address in the settings to a printer."""

import time
from collections.abc import Callable
from urllib.parse import parse_qs

from hardware.printers.printer import Printer, TsplPrinter
from hardware.printers.transport import DescriptorTransport, SerialTransport, TcpTransport, Transport
from shared.kernel.errors import N_, BadInput


def open_printer(address: str, monotonic: Callable[[], float] = time.monotonic) -> Printer:
    """The printer at ``address``. It is connected when first used; one that is absent is not an error.

    Addresses: ``serial:/dev/ttyUSB0``, ``serial:hwgrep://…``, ``usb:/dev/usb/lp0``, ``tcp:HOST:9100``,
    ``virtual:PATH`` (the link of a virtual printer). Options follow a question mark: ``?baud=9600``,
    ``?answers=no`` for a printer that never answers. Raises :class:`BadInput` for anything else.
    """
    kind, _, rest = address.partition(":")
    place, _, query = rest.partition("?")
    options = {name: values[-1] for name, values in parse_qs(query).items()}
    if not place or not options.keys() <= {"baud", "answers"} or not options.get("baud", "1").isdecimal():
        raise _unknown(address)
    transport: Transport
    match kind:
        case "serial" | "virtual":
            transport = SerialTransport(place, int(options.get("baud", 115_200)))
        case "usb":
            transport = DescriptorTransport(place)
        case "tcp":
            host, _, port = place.partition(":")
            if port and not port.isdecimal():
                raise _unknown(address)
            transport = TcpTransport(host, int(port or 9100))
        case _:
            raise _unknown(address)
    return TsplPrinter(transport, monotonic, answers=options.get("answers", "yes") != "no")


def _unknown(address: str) -> BadInput:
    return BadInput(
        "printer_address",
        N_("打印机地址“%(address)s”无法识别。"),
        N_("请填写 serial:/dev/ttyUSB0、usb:/dev/usb/lp0 或 tcp:主机:9100。"),
        address=address,
    )
