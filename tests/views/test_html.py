import re
from dataclasses import replace
from html.parser import HTMLParser

import pyarrow as pa

from perfkit.results import Finding, Fix, Result
from perfkit.views.html import render

# what a terminal obeys, and what turns the direction of writing
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


EMPTY = Result(analysis="digest", question="?", headline="!", arrow=pa.table({}), noun="routes")
VOID = {"br"}
ALLOWED = {
    "div", "p", "strong", "details", "summary", "span", "table", "caption", "thead", "tbody",
    "tr", "th", "td", "pre", "code", "ul", "li", "br", "blockquote",
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
    assert "http://" not in re.sub(r" http://(stock|peer\d)", "", html)
    rows = 25 + 8 * len(large_result.findings) + 10 * len(large_result.sections)
    assert html.count("<tr>") <= rows


def test_at_most_25_rows_are_shown_and_that_is_said():
    table = pa.table({"route": [f"/r{i}x" for i in range(120)]})
    html = render(Result(analysis="digest", question="?", headline="!", arrow=table, noun="routes"))
    assert "showing 25 of 120 routes" in html
    assert "/r24x" in html
    assert "/r25x" not in html


def test_an_output_stays_small(large_result):
    assert len(render(large_result)) < 300_000


def test_colours_follow_the_page(large_result):
    html = render(large_result)
    assert "var(--jp-content-font-color1,inherit)" in html
    assert not re.search(r"(color|background|border)[^;\"]*(#[0-9a-f]|black|white)", html)


def test_nothing_read_is_shown(empty_result):
    assert empty_result.headline in Reader(render(empty_result)).text


def test_the_paragraph_to_paste_follows_the_headline(evil_result):
    html = render(replace(evil_result, closing="First <b>.\nThen."))
    quote = re.search(r"<blockquote[^>]*>(.*?)</blockquote>", html)
    assert quote[1] == "First &lt;b&gt;.<br>Then."
    assert html.index("<strong>") < quote.start() < html.index("<details")
    assert "<blockquote" not in render(evil_result)


def test_severity_is_said_in_words_and_by_the_width_of_an_edge():
    def edge(severity):
        finding = Finding(rule="r", severity=severity, title="t", fix=Fix(text="f"))
        html = render(replace(EMPTY, findings=[finding]))
        assert f"[{severity}]" in html
        return re.search(r"<details[^>]*border-left:(\d+)px", html)[1]

    assert edge("critical") > edge("warning")


def test_only_tables_may_be_wider_than_the_page(large_result):
    html = render(large_result)
    assert html.count("<table") == html.count('<div style="overflow-x:auto')
    assert all("pre-wrap" in pre for pre in re.findall(r"<pre[^>]*>", html))


def test_evidence_that_is_too_wide_is_cut_between_columns():
    row = {f"column_{n}": "x" * 30 for n in range(9)}
    finding = Finding(rule="r", severity="info", title="t", fix=Fix(text="f"), evidence=[row])
    html = render(replace(EMPTY, findings=(finding,)))
    assert "column 2" in html
    assert "column 8" not in html
