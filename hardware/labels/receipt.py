"""The receipt of a counter sale, on the same 60 by 40 mm paper as parcel labels; a long one goes over several."""

from collections.abc import Callable
from dataclasses import dataclass

from hardware.labels.layout import Align, Block, Label, QrBlock, RuleBlock, TextBlock
from hardware.labels.parcel import HEIGHT_MM, WIDTH_MM
from shared.kernel.errors import N_
from shared.kernel.money import yuan

LINES_A_PAGE = 4
_LINE_MM = 4.2
_LINES_TOP_MM = 6.0


@dataclass(frozen=True)
class ReceiptLine:
    """Units of one product; ``amount_fen`` is for all of them together."""

    name: str
    quantity: int
    amount_fen: int


@dataclass(frozen=True)
class Receipt:
    """One page of a receipt, ready to print.

    ``lines`` are those of this page (at most ``LINES_A_PAGE``); the sums are of the whole sale and stand on its last
    page. ``qr_text`` leads back to the sale when it is scanned at the counter. ``at`` is local time. ``copy`` is 1 for
    the first print; further copies bear a 补打 mark.
    """

    number: str
    point_name: str
    staff: str
    at: str
    lines: tuple[ReceiptLine, ...]
    total_fen: int
    cash_fen: int
    qr_text: str
    page: int = 1
    pages: int = 1
    copy: int = 1


def receipt_label(content: Receipt, translate: Callable[[str], str] = str) -> Label:
    """The layout. Biggest is the sum, which is what anybody looks at.

    ``translate`` turns the receipt's own words into the language of the point, never into that of whoever is there.
    """
    blocks: list[Block] = [
        TextBlock(2, 1, 37, 4.6, content.point_name, 3.6, smallest_mm=2.4, bold=True),
        _head_right(content, translate),
        RuleBlock(2, 5.6, 56, 0.25),
    ]
    for row, line in enumerate(content.lines[:LINES_A_PAGE]):
        top = _LINES_TOP_MM + row * _LINE_MM
        blocks += [
            TextBlock(2, top, 32, _LINE_MM, line.name, 3.3, smallest_mm=2.4),
            TextBlock(
                34.5, top, 8.5, _LINE_MM, f"×{line.quantity}", 3.3, smallest_mm=2.2, align=Align.RIGHT, exact=True
            ),
            TextBlock(43.5, top, 14.5, _LINE_MM, yuan(line.amount_fen), 3.3, 2.2, align=Align.RIGHT, exact=True),
        ]
    blocks.append(RuleBlock(2, 23.0, 56, 0.25))
    if content.page < content.pages:
        blocks.append(TextBlock(2, 24, 39, 6, translate(N_("接下一张")), 4.4, bold=True))
    else:
        blocks += _sums(content, translate)
    about = translate(N_("单号 %(number)s")) % {"number": content.number}
    blocks += [
        TextBlock(2, 33.6, 40, 2.8, f"{about}  {content.staff}".strip(), 2.6, smallest_mm=2.0),
        TextBlock(2, 36.5, 40, 2.8, content.at, 2.6, smallest_mm=2.0),
        QrBlock(43, 23.6, 15.4, content.qr_text),
    ]
    return Label(WIDTH_MM, HEIGHT_MM, tuple(blocks))


def _head_right(content: Receipt, translate: Callable[[str], str]) -> TextBlock:
    if content.copy > 1:
        again = translate(N_("补打 #%(copy)s")) % {"copy": content.copy}
        return TextBlock(40, 1, 18, 4.2, again, 3.2, align=Align.CENTRE, bold=True, exact=True, inverted=True)
    pages = f" {content.page}/{content.pages}" if content.pages > 1 else ""
    return TextBlock(40, 1, 18, 4.2, translate(N_("小票")) + pages, 3.2, align=Align.RIGHT)


def _sums(content: Receipt, translate: Callable[[str], str]) -> list[Block]:
    total = translate(N_("合计 %(amount)s")) % {"amount": yuan(content.total_fen)}
    paid = translate(N_("现金 %(cash)s  找零 %(change)s")) % {
        "cash": yuan(content.cash_fen),
        "change": yuan(content.cash_fen - content.total_fen),
    }
    return [
        TextBlock(2, 23.6, 40, 6.2, total, 5.2, smallest_mm=3, bold=True, exact=True),
        TextBlock(2, 29.8, 40, 3.7, paid, 3.0, smallest_mm=2.0, exact=True),
    ]
