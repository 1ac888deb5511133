"""Staff at the counter of one kiosk: signs in with the PIN and takes in what the scanner reads, over the real pages."""

import re
import secrets
from dataclasses import dataclass

from deploy.demo.browser import Browser, Element, PageSurprise, form_with, forms_with
from deploy.demo.neighbourhood import StaffMember
from deploy.demo.plan import Arrival
from deploy.demo.town import DemoKiosk
from shared.kernel.privacy import mask_name
from shared.parcels import store as parcels
from shared.parcels.rules import ParcelState

PICKUP_CODE = re.compile(r"[1-9]-[1-9]-[0-9]{4}")
RECEIVED, UNANNOUNCED = "received", "unknown_waybill"


@dataclass(frozen=True)
class Received:
    """What the counter's screen said about one scan: the outcome, and the pickup code in large type."""

    arrival: Arrival
    outcome: str
    code: str


def sign_in(browser: Browser, staff: StaffMember, path: str) -> Element:
    """Go to a page that asks for staff, choose the name, type the PIN; the page that opens then."""
    page = browser.open(path)
    link = next((one for one in page.every("a", css_class="key") if staff.name in one.text), None)
    if link is None:
        raise PageSurprise(f"{staff.name} is not on the list: {page.text[:200]}")
    page = browser.open(link.attributes["href"])
    return browser.send(form_with(page, "pin"), pin=staff.pin)


class Counter:
    """One person at one counter."""

    def __init__(self, url: str, staff: StaffMember) -> None:
        self._browser = Browser(url)
        self._staff = staff

    def sign_in(self) -> None:
        """Choose the name, type the PIN. Raises :class:`PageSurprise` when the counter does not open."""
        form_with(sign_in(self._browser, self._staff, "/counter"), "scan")

    def receive(self, arrival: Arrival) -> Received:
        """Scan one parcel; for one that nobody announced, type the phone's tail and choose the person."""
        page = self._browser.open("/counter") if not forms_with(self._browser.page, "scan") else self._browser.page
        said = self._scan(page, arrival.waybill)
        if _outcome(said) == UNANNOUNCED:
            found = self._browser.send(form_with(said, "tail"), tail=arrival.tail)
            person = next((one for one in forms_with(found, "resident") if mask_name(arrival.name) in one.words), None)
            if person is None:
                raise PageSurprise(f"nobody to choose for {arrival.waybill}: {found.text[:200]}")
            said = self._browser.send(person)
        code = PICKUP_CODE.search(_marked(said).text)
        return Received(arrival, _outcome(said), code.group() if code else "")

    def _scan(self, page: Element, text: str) -> Element:
        # each scan goes out under a nonce of its own, as the page's script gives it one
        return self._browser.send(form_with(page, "scan"), scan=text, nonce=secrets.token_hex(8))


def _marked(said: Element) -> Element:
    marked = said.first(attribute="data-outcome")
    if marked is None:
        raise PageSurprise(f"no outcome in: {said.text[:300]}")
    return marked


def _outcome(said: Element) -> str:
    return _marked(said).attributes["data-outcome"]


def take_in_expected(kiosk: DemoKiosk, count: int) -> list[Received]:
    """Let the first of the staff take in announced parcels, whole orders together where they lie together."""
    counter = Counter(kiosk.url, kiosk.point.staff[0])
    counter.sign_in()
    coming = parcels.in_state(kiosk.books.db, kiosk.point.code, ParcelState.EXPECTED, count)
    arrivals = [Arrival(one.waybill, one.phone_tail, one.name_masked, one.order_id) for one in coming]
    return [counter.receive(arrival) for arrival in arrivals]
