"""What pages, terminals and word processors make of a plan is undone."""

import html
import time

import pytest

from perfkit.plans.reading.markup import plain_characters

PLAN = (
    "Limit  (cost=0.00..1.00 rows=1 width=4)\n  ->  Seq Scan on t\n        Filter: (a < 'x'::text)"
)


def lined(text):
    return [line.rstrip() for line in text.split("\n") if line.strip()]


@pytest.mark.parametrize(
    "page",
    [
        PLAN.replace("\n", "\r\n"),
        "\ufeff" + PLAN.replace(" ", "\u00a0"),
        PLAN.replace("  ", "\u2003\u2003"),
        PLAN.replace("->", "\u2192"),
        html.escape(PLAN),
        html.escape(html.escape(PLAN)),
        f"<pre><code>{html.escape(PLAN)}</code></pre>",
        html.escape(PLAN).replace("  ", "&nbsp; ").replace("\n", "<br>"),
        "".join(f'<tr valign="top">\n<td align="left">{html.escape(line)}</td>\n</tr>\n'
                for line in PLAN.split("\n")),
        "\n".join(f"\x1b[32m{line}\x1b[0m" for line in PLAN.split("\n")),
    ],
)  # fmt: skip
def test_the_same_lines_come_out(page):
    assert lined(plain_characters(page)) == PLAN.split("\n")


def test_entities_in_data_stay():
    for data in ("Filter: (a > '&lt;b&gt;'::text)", "Filter: (a = 'x<y &amp; z'::text)"):
        assert plain_characters(data) == data


def test_entities_without_an_arrow_are_undone_where_no_sign_stands_beside_them():
    assert plain_characters("Filter: (a &lt;&gt; &#x27;x&#x27;)") == "Filter: (a <> 'x')"


@pytest.mark.parametrize("sign", ["<br>", "<td ", "<p> ", "&amp;", "&", "\x1b[", "</td> \t", "\r"])
def test_time_grows_with_the_text(sign):
    began = time.perf_counter()
    plain_characters("<br>-&gt;" + sign * 300_000)
    assert time.perf_counter() - began < 3


def test_rows_of_a_table_on_one_line_are_lines():
    page = (
        "<table><tr><th>QUERY PLAN</th></tr><tr><td>Limit</td></tr> "
        "<tr><td>  -&gt;  Result</td></tr></table>"
    )
    assert plain_characters(page).splitlines() == ["QUERY PLAN", "Limit", "  ->  Result"]
