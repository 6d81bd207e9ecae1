import re
from html.parser import HTMLParser

import pyarrow as pa

from perfkit.results import Result
from perfkit.views.html import render

# what a terminal obeys, and what turns the direction of writing
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


VOID = {"br"}
ALLOWED = {
    "div", "p", "strong", "details", "summary", "span", "table", "caption", "thead", "tbody",
    "tr", "th", "td", "pre", "code", "ul", "li", "br",
}  # fmt: skip


class Reader(HTMLParser):
    """Reads a fragment as a browser would: elements, attributes, text, balance."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text, self.open = [], set(), "", []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_hostile_text_stays_text(evil_result):
    read = Reader(render(evil_result))
    assert set(read.tags) <= ALLOWED
    assert read.attributes <= {"class", "style", "open", "scope"}
    assert read.open == []
    assert "<script>alert(1)</script>\\x1b[31m\\u202e</pre>" in read.text
    assert not OBEYED.search(read.text)


def test_a_table_has_a_caption_units_and_scopes(large_result):
    html = render(large_result)
    assert "<caption" in html
    assert '<th scope="col"' in html
    assert " ms</th>" in html
    assert "http://" not in html.replace(" http://stock", "")
    assert html.count("<tr>") <= 50 + 8 * len(large_result.findings)


def test_at_most_fifty_rows_are_shown_and_that_is_said():
    table = pa.table({"route": [f"/r{i}x" for i in range(120)]})
    html = render(Result(analysis="digest", question="?", headline="!", arrow=table, noun="routes"))
    assert "showing 50 of 120 routes" in html
    assert "/r49x" in html
    assert "/r50x" not in html


def test_an_output_stays_small(large_result):
    assert len(render(large_result)) < 300_000


def test_colours_follow_the_page(large_result):
    html = render(large_result)
    assert "var(--jp-content-font-color1,inherit)" in html
    assert not re.search(r"(color|background|border)[^;\"]*(#[0-9a-f]|black|white)", html)


def test_nothing_read_is_shown(empty_result):
    assert empty_result.headline in Reader(render(empty_result)).text
