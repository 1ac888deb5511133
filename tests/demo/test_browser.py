"""The demo's browser reads pages and forms as they stand there."""

import pytest

from deploy.demo.browser import PageSurprise, form_with, forms_with, read_page
from deploy.demo.report import Report

PAGE = """<!doctype html><html><body hx-headers='{"X-CSRFToken": "abc"}'>
<h1 class="title big">请取 2 件</h1><p>第一<br>行 <span class="code-text">3-2-0457</span><img src="x.png"></p>
<script>var hidden = "<form>";</script>
<form method="post" action="/plain"><input type="hidden" name="csrf_token" value="t1"><input name="pin">
<input type="checkbox" name="off" value="1"><input type="checkbox" name="on" value="1" checked></form>
<form hx-post="/parcels" hx-target="#result"><input name="scan" value="">收下</form>
<form hx-get="/recipients"><input name="tail"></form>
</body></html>"""


def test_words_and_classes_are_found() -> None:
    page = read_page(PAGE)
    title = page.first("h1", css_class="big")
    assert title is not None
    assert title.text == "请取 2 件"
    assert [one.text for one in page.every(css_class="code-text")] == ["3-2-0457"]
    assert "hidden" not in page.text
    assert page.first(css_class="absent") is None


def test_forms_carry_what_stands_in_them() -> None:
    page = read_page(PAGE)
    plain = form_with(page, "pin")
    assert (plain.address, plain.method, plain.by_htmx) == ("/plain", "post", False)
    assert plain.values == {"csrf_token": "t1", "pin": "", "on": "1"}
    swapped = form_with(page, "scan")
    assert (swapped.address, swapped.method, swapped.by_htmx, swapped.words) == ("/parcels", "post", True, "收下")
    assert form_with(page, "tail").method == "get"
    assert forms_with(page, "nothing") == []
    with pytest.raises(PageSurprise, match="no form"):
        form_with(page, "nothing")


def test_pages_with_mistakes_are_read_as_far_as_they_go() -> None:
    page = read_page("</div><p class=a>one<p>two</b></p><input name=x><form><input name=y")
    assert "one" in page.text
    assert "two" in page.text


def test_a_report_without_lines_is_not_good() -> None:
    assert not Report().good


def test_a_report_is_good_only_when_every_line_is() -> None:
    report = Report(monotonic=iter(range(100)).__next__)
    report.note("labels", True, "100")
    good_before = report.good
    report.note("hand-outs", False, "59", [f"resident {n}" for n in range(5)])
    assert (good_before, report.good) == (True, False)
    text = report.text()
    assert "ok   labels" in text
    assert "NOT  hand-outs" in text
    assert "resident 2" in text
    assert "resident 3" not in text
    assert "and 2 more" in text
    assert "1 of 2 lines ok" in text
