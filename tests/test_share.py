import re

import pyarrow as pa
import pytest

from perfkit.results import Finding, Fix, Result
from perfkit.share import page, report

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"
SECRET = "postgresql://me:s3cr3t-w0rd@db/shop"
EMAIL = "jane.doe@customer.example"


def result():
    finding = Finding(
        rule="n-plus-one",
        severity="critical",
        title=f"title {HOSTILE} {EMAIL}",
        fix=Fix(text=f"fix {HOSTILE}", snippet=f"connect('{SECRET}')", language="python"),
        evidence=[{"statement": HOSTILE, "who": EMAIL}],
        saves_ms=3.0,
        saves_basis="per request",
    )
    routes = pa.table({"route": [HOSTILE], "cause": [0], "ms": [12.0], "requests": [3]})
    return Result(
        analysis="diagnose",
        question=f"Why {HOSTILE}?",
        headline=f"Because {HOSTILE} {EMAIL}",
        arrow=pa.table({"route": [HOSTILE, EMAIL], "rule": ["x", "y"]}),
        noun="chains",
        findings=[finding],
        series={"routes": routes},
        closing=f"closing {SECRET}",
    )


def test_the_page_opens_offline_and_runs_only_plotly(tmp_path):
    html = report([result()], tmp_path / "r.html").read_text()
    outside = re.sub(r"<script>.*?</script>", "", html, flags=re.DOTALL)
    assert "default-src 'none'" in html
    assert "'unsafe-inline'" not in html.split("script-src", 1)[1].split(";", 1)[0]
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?https?://", outside)
    assert html.count("Plotly.newPlot(") == 1


def test_hostile_text_never_becomes_markup_or_script():
    html = page([result()])
    assert "<img src=x" not in html
    assert "</script><script>alert" not in html


@pytest.mark.parametrize("private", ["s3cr3t-w0rd", EMAIL])
def test_secrets_and_addresses_are_masked_everywhere(private):
    assert private not in page([result()], title=f"Report {EMAIL} {SECRET}")


def test_plotly_is_embedded_once_however_many_figures():
    one, two = page([result()]), page([result(), result()])
    assert len(two) - len(one) < 200_000


def test_the_conclusion_and_its_picture_come_before_the_evidence():
    html = page([result()])
    order = ["Because", "<blockquote", 'id="figure-0"', "<details", "<script>"]
    places = [html.index(part) for part in order]
    assert places == sorted(places)


def test_several_results_are_listed_on_top_and_linked():
    html = page([result(), result()])
    assert html.index('href="#result-1"') < html.index('<section id="result-0"')
    assert 'id="result-1"' in html
    assert "<ol>" not in page([result()])
