"""Judges the SCEP sheet as a page: every field of the form is there, nothing is unfilled, nothing runs."""

from __future__ import annotations

from html.parser import HTMLParser

from onboard.errors import Finding
from onboard.lint.report import Report
from onboard.lint.scep_sheet import FIELDS

_MARK = b"<!-- onboard scep sheet -->"


def recognises(content: bytes) -> bool:
    """Whether this is a page that begins with our mark."""
    return content.startswith(_MARK)


def lint(path: str, content: bytes) -> tuple[Finding, ...]:
    """What an administrator would miss on paper."""
    report = Report(path, "scep-page")
    page = _Page()
    try:
        page.feed(content.decode("utf-8"))
        page.close()
    except (UnicodeDecodeError, AssertionError) as error:  # the parser asserts on broken declarations
        report.error("01", "", f"this is no HTML in UTF-8: {error}")
        return report.findings
    for field in FIELDS:
        if not page.rows.get(field):
            report.error("02", field, "missing or empty")
    if "{{" in page.text or "{%" in page.text:
        report.error("03", "", "a place of the template was not filled in")
    if page.active:
        report.error("04", page.active, "has no place on a page to print")
    return report.findings


class _Page(HTMLParser):
    """Collects the rows of tables: the text of `th` with the text of `td`."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, str] = {}
        self.text = ""
        self.active = ""
        self._cell = ""
        self._label = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        if tag in {"script", "iframe", "object", "img", "link"}:
            self.active = tag
        self._cell = tag if tag in {"th", "td"} else self._cell
        if tag == "th":
            self._label = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == self._cell:
            self._cell = ""

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._cell == "th":
            self._label += data
        elif self._cell == "td":
            self.rows[self._label] = self.rows.get(self._label, "") + data.strip()
