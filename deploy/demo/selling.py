"""The selling part of the day: counters without network and phones at the centre, at once, from one total."""

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from deploy.demo import books
from deploy.demo.offers import ON_SALE, SCARCE, offer_of
from deploy.demo.report import Report
from deploy.demo.till import Phones, Sold, Till
from deploy.demo.town import DemoKiosk, Town
from shared.kernel.money import yuan

SALES_A_POINT, UNITS_MOST = 5, 3
PHONES, ORDERS_A_PHONE = 5, 10
RIGHTS_SECONDS, RECEIPT_SECONDS = 60.0, 60.0
OFFERS = tuple(offer_of(slug) for slug in ON_SALE)
SCARCE_OFFER = offer_of(SCARCE)


class Selling:
    """Sells in ``town``; what had to be so stands in ``report``. ``wait`` says whether something came in time."""

    def __init__(
        self, town: Town, report: Report, seed: int, wait: Callable[[Callable[[], bool], float], bool]
    ) -> None:
        self._town, self._report, self._wait = town, report, wait
        self._seed = seed
        self._sold: dict[str, list[Sold]] = {}
        self._refused = 0
        self._phones = Phones(town.url, town.channel_key)
        self._pool = 0

    def rights(self) -> None:
        """Every point gets units of its own, so that it can sell without asking."""
        kiosks = self._town.kiosks
        there = self._wait(
            lambda: all(books.right(kiosk, offer) for kiosk in kiosks for offer in OFFERS), RIGHTS_SECONDS
        )
        held = [sum(books.right(kiosk, offer) for offer in OFFERS) for kiosk in kiosks]
        pool = sum(books.offer_report(self._town, offer).free for offer in OFFERS)
        figures = f"{' + '.join(map(str, held))} at the points, {pool} in the pool, of {sum(ON_SALE.values())}"
        self._report.note(f"{len(OFFERS)} offers, every point holds units of its own", there, figures)

    def sell(self) -> None:
        """Counters and phones at once; both want more of the scarce good than there is."""
        kiosks, start = self._town.kiosks, threading.Barrier(len(self._town.kiosks) + PHONES)
        self._pool = books.offer_report(self._town, SCARCE_OFFER).free
        with ThreadPoolExecutor(len(kiosks) + PHONES) as crew:
            tills = [crew.submit(self._till, kiosk, start) for kiosk in kiosks]
            calls = [crew.submit(self._phone, number, start) for number in range(PHONES)]
            for till in tills:
                till.result()
            for call in calls:
                call.result()
        self._note_counters()
        self._note_phones()

    def _till(self, kiosk: DemoKiosk, start: threading.Barrier) -> None:
        chance = random.Random(f"{self._seed} {kiosk.point.code}")  # noqa: S311 - the same day again for the same seed
        till = Till(kiosk.url, kiosk.point.staff[0])
        till.sign_in()
        start.wait()
        done = self._sold[kiosk.point.code] = []
        for _ in range(SALES_A_POINT):
            chosen = chance.sample([offer for offer in OFFERS if offer != SCARCE_OFFER], UNITS_MOST)
            for offer in chosen:
                till.put(offer)
            done.append(till.pay(len(chosen)))
        left = till.free(SCARCE_OFFER)
        till.put(SCARCE_OFFER, left)
        # one more than there is: the screen says so, and what can be sold is sold
        # asked before it is added: tills sell side by side
        refused = "可售" in till.put(SCARCE_OFFER)
        self._refused += refused
        done.append(till.pay(left))

    def _phone(self, phone: int, start: threading.Barrier) -> None:
        chance = random.Random(f"{self._seed} phone {phone}")  # noqa: S311 - as above
        start.wait()
        for number in range(ORDERS_A_PHONE):
            offer = SCARCE_OFFER if number % 2 else chance.choice(OFFERS)
            self._phones.order(
                f"{self._seed}-{phone}-{number:04d}", offer, chance.choice(self._town.neighbourhood.residents)
            )

    def _note_counters(self) -> None:
        sales = [sold for found in self._sold.values() for sold in found]
        kiosks = len(self._town.kiosks)
        units, fen = sum(sold.units for sold in sales), sum(sold.total_fen for sold in sales)
        good = len(sales) == kiosks * (SALES_A_POINT + 1) and self._refused == kiosks
        figures = f"{units} units, {yuan(fen)} in the drawers, the one too many refused {self._refused} times"
        self._report.note(f"{len(sales)} sales over the counter, no network", good, figures)

    def _note_phones(self) -> None:
        placed, scarce = self._phones.placed(OFFERS), self._phones.placed((SCARCE_OFFER,))
        wrong = [f"{offer}: {code}" for (offer, code) in self._phones.said if code not in ("", "SALE_NONE_LEFT")]
        asked = PHONES * ORDERS_A_PHONE
        figures = f"of {asked} asked; of the scarce one {scarce}, all that the pool held"
        good = not wrong and scarce == self._pool and sum(self._phones.said.values()) == asked
        self._report.note(f"{placed} phone orders from the pool at the same time", good, figures, wrong)

    def confirmed(self) -> None:
        """The network is back: every unit is where the books say, and no more was sold than there was."""
        shown = sum(sold.units for found in self._sold.values() for sold in found) + self._phones.placed(OFFERS)
        self._wait(lambda: sum(books.offer_report(self._town, offer).gone for offer in OFFERS) == shown, RIGHTS_SECONDS)
        wrong = []
        gone = 0
        for slug, total in ON_SALE.items():
            report = books.offer_report(self._town, offer_of(slug))
            gone += report.gone
            if report.free + report.at_points + report.gone != total or report.at_risk or not report.consistent:
                wrong.append(
                    f"{slug}: {report.free} in the pool, {report.at_points} at points, {report.gone} gone of {total}"
                )
        if gone != shown:
            wrong.append(f"{gone} units gone in the books, {shown} on the screens")
        figures = f"{gone} sold, as many as the screens and phones said; nothing sold twice"
        self._report.note(f"every unit of {len(ON_SALE)} offers accounted for", not wrong, figures, wrong)
        self._sales_confirmed()
        self._receipts()

    def _sales_confirmed(self) -> None:
        wrong = []
        for point, found in self._sold.items():
            known = {sale.order.number: sale.order.total_fen for sale in books.counter_sales(self._town, point)}
            wrong += [f"{sold.number} at {point}" for sold in found if known.get(sold.number) != sold.total_fen]
        sales = sum(map(len, self._sold.values()))
        self._report.note(f"{sales - len(wrong)} counter sales known at the centre, to the fen", not wrong, "", wrong)

    def _receipts(self) -> None:
        kiosks = self._town.kiosks
        quiet = self._wait(lambda: not any(map(books.labels_open, kiosks)), RECEIPT_SECONDS)
        printed = {number for kiosk in kiosks for number in books.receipts(kiosk)}
        missing = [sold.number for found in self._sold.values() for sold in found if sold.number not in printed]
        self._report.note(f"{len(printed)} receipts printed and read back", quiet and not missing, "", missing)
