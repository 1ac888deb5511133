"""The 60 by 40 mm label that goes on a parcel."""

from collections.abc import Callable
from dataclasses import dataclass

from hardware.labels.layout import Align, Block, Label, QrBlock, RuleBlock, TextBlock
from shared.kernel.errors import N_

WIDTH_MM, HEIGHT_MM = 60.0, 40.0


@dataclass(frozen=True)
class ParcelLabel:
    """What the label says, ready to print: masked name, only the tail of the phone number, local date.

    ``qr_text`` carries what the scan-back needs (job and copy). ``copy`` is 1 for the first label; further copies
    bear a 补打 bar. ``cold`` is the mark for goods that must be kept cold (冷藏, 冷冻), empty for others.
    """

    pickup_code: str
    masked_name: str
    phone_tail: str
    point_name: str
    goods: str
    date: str
    qr_text: str
    cold: str = ""
    copy: int = 1


def parcel_label(content: ParcelLabel, translate: Callable[[str], str] = str) -> Label:
    """The layout. Biggest is what staff look for from an arm's length: the pickup code.

    ``translate`` turns the label's own words into the language of the point; without it they stay Chinese. A label is
    read by everybody at the point, so never pass the language of whoever is signed in.
    """
    tail = translate(N_("尾号 %(tail)s")) % {"tail": content.phone_tail} if content.phone_tail else ""
    blocks: list[Block] = [
        TextBlock(2, 1.5, 37, 10, content.pickup_code, 9.5, smallest_mm=5, bold=True, exact=True),
        TextBlock(2, 12.5, 37, 6.5, f"{content.masked_name}  {tail}".strip(), 5.2, smallest_mm=3, bold=True),
        TextBlock(2, 20, 37, 8.4, content.goods, 3.6, smallest_mm=2.6, lines=2),
        QrBlock(39, 1, 20.5, content.qr_text),
        RuleBlock(2, 29.6, 56, 0.25),
        TextBlock(2, 30.2, 37, 4, content.point_name, 3.2, smallest_mm=2.4),
        TextBlock(39, 30.2, 19, 4, content.date, 3.2, smallest_mm=2.4, align=Align.RIGHT),
    ]
    if content.cold:
        blocks.append(
            TextBlock(41, 22, 16.5, 6.5, content.cold, 5, smallest_mm=3, align=Align.CENTRE, bold=True, inverted=True)
        )
    if content.copy > 1:
        again = translate(N_("补打 #%(copy)s")) % {"copy": content.copy}
        blocks.append(TextBlock(2, 34.7, 56, 4.3, again, 3.6, align=Align.CENTRE, bold=True, exact=True, inverted=True))
    return Label(WIDTH_MM, HEIGHT_MM, tuple(blocks))


def trial_label(point_name: str, date: str, translate: Callable[[str], str] = str) -> Label:
    """A label for trying the printer: a frame at the edges, the printer's width, and Chinese text."""
    edges = (
        RuleBlock(0.5, 0.5, 59, 0.4),
        RuleBlock(0.5, 39.1, 59, 0.4),
        RuleBlock(0.5, 0.5, 0.4, 39),
        RuleBlock(59.1, 0.5, 0.4, 39),
    )
    return Label(
        WIDTH_MM,
        HEIGHT_MM,
        (
            *edges,
            TextBlock(3, 3, 54, 10, translate(N_("打印测试 ABC 123")), 7, bold=True),
            TextBlock(3, 15, 33, 5, point_name, 4, smallest_mm=2.4),
            TextBlock(3, 22, 33, 4, date, 3.2),
            QrBlock(37, 15, 20, "LINQU-TEST"),
        ),
    )
