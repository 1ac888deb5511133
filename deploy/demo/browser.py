"""A browser without a window: pages are read as HTML, forms are sent as they stand on the page."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

ANSWER_SECONDS = 20.0
VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})


class PageSurprise(Exception):
    """A page is not what a person would have expected; the text says what was found instead."""


@dataclass
class Element:
    """One element of a page."""

    tag: str
    attributes: dict[str, str]
    children: "list[Element | str]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """All words in it, single spaces between them."""
        return " ".join("".join(self._words()).split())

    def _words(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in {"script", "style", "template"}:
                yield from child._words()
                yield " "

    def every(self, tag: str = "", css_class: str = "", attribute: str = "") -> "Iterator[Element]":
        """The elements in it that fit, in the order of the page."""
        for child in self.children:
            if isinstance(child, str):
                continue
            classes = child.attributes.get("class", "").split()
            if (
                (not tag or child.tag == tag)
                and (not css_class or css_class in classes)
                and (not attribute or attribute in child.attributes)
            ):
                yield child
            yield from child.every(tag, css_class, attribute)

    def first(self, tag: str = "", css_class: str = "", attribute: str = "") -> "Element | None":
        """The first that fits."""
        return next(self.every(tag, css_class, attribute), None)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Element("page", {})
        self._open = [self.page]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth].tag == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].children.append(data)


def read_page(html: str) -> Element:
    """The page as elements. HTML with mistakes is read as far as it goes."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.page


@dataclass(frozen=True)
class Form:
    """A form as it stands on the page: where it goes, whether htmx sends it, what it holds so far, its words."""

    address: str
    method: str
    by_htmx: bool
    values: dict[str, str]
    words: str


def forms_with(page: Element, name: str) -> list[Form]:
    """The forms that have a field called ``name``."""
    found = []
    for element in page.every("form"):
        values = {
            one.attributes["name"]: one.attributes.get("value", "")
            for one in element.every("input", attribute="name")
            if one.attributes.get("type") not in {"checkbox", "radio", "submit"} or "checked" in one.attributes
        }
        if name in values:
            of = element.attributes
            by_htmx = next((kind for kind in ("post", "get") if f"hx-{kind}" in of), "")
            address = of.get(f"hx-{by_htmx}") or of.get("action", "")
            method = by_htmx or of.get("method", "get").lower()
            found.append(Form(address, method, bool(by_htmx) or "hx-target" in of, values, element.text))
    return found


def form_with(page: Element, name: str) -> Form:
    """The first form that has a field called ``name``. Raises :class:`PageSurprise` when there is none."""
    found = forms_with(page, name)
    if not found:
        raise PageSurprise(f"no form with a field {name} in: {page.text[:300]}")
    return found[0]


class Browser:
    """One person's browser at one address: keeps cookies and the page's CSRF token, follows redirects."""

    def __init__(self, home: str) -> None:
        self._home = home
        self._session = requests.Session()
        self._session.trust_env = False
        self._token = ""
        self.page = Element("page", {})

    def open(self, path: str) -> Element:
        """Go to a page. Raises :class:`PageSurprise` unless it comes with status 200."""
        answer = self._session.get(urljoin(self._home, path), timeout=ANSWER_SECONDS)
        return self._arrive(self._read(answer))

    def _arrive(self, page: Element) -> Element:
        """Stand on a new page, with its token."""
        self.page = page
        body = page.first("body", attribute="hx-headers")
        if body is not None:
            headers: dict[str, str] = json.loads(body.attributes["hx-headers"])
            self._token = headers["X-CSRFToken"]
        return page

    def send(self, form: Form, **values: str) -> Element:
        """Fill a form in and send it; the page or fragment that comes back."""
        data = form.values | values
        headers = {"HX-Request": "true", "X-CSRFToken": self._token} if form.by_htmx else {}
        address = urljoin(self._home, form.address)
        if form.method == "get":
            answer = self._session.get(address, params=data, headers=headers, timeout=ANSWER_SECONDS)
        else:
            data.setdefault("csrf_token", self._token)
            answer = self._session.post(address, data=data, headers=headers, timeout=ANSWER_SECONDS)
        page = self._read(answer)
        return page if form.by_htmx else self._arrive(page)

    def press(self, path: str, **values: str) -> Element:
        """What a key of the page sends by script; the fragment that comes back."""
        headers = {"HX-Request": "true", "X-CSRFToken": self._token}
        answer = self._session.post(urljoin(self._home, path), data=values, headers=headers, timeout=ANSWER_SECONDS)
        return self._read(answer)

    def fragment(self, path: str) -> Element:
        """What htmx would swap in from ``path``."""
        headers = {"HX-Request": "true"}
        return self._read(self._session.get(urljoin(self._home, path), headers=headers, timeout=ANSWER_SECONDS))

    def ask(self, path: str, seconds: float, **params: str) -> dict[str, str]:
        """A JSON answer, as the page's own script reads it. Raises ``requests.Timeout`` after ``seconds``."""
        answer = self._session.get(urljoin(self._home, path), params=params, timeout=seconds)
        answer.raise_for_status()
        return {name: str(value) for name, value in answer.json().items()}

    def _read(self, answer: requests.Response) -> Element:
        page = read_page(answer.text)
        if answer.status_code != 200:
            words = page.text[:300]
            raise PageSurprise(f"{answer.request.method} {answer.url}: status {answer.status_code}: {words}")
        return page
