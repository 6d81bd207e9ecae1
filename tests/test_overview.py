import html.parser
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import perfkit
from perfkit import overview, tables
from perfkit.recording import Note, Recording, Rejected, Source

HOSTILE = "\x1b]0;x\x07\x1b[2J\n\r\u202e</td><script>alert(1)</script><img src=x onerror=y>'\"&"
texts = st.text(max_size=300) | st.just(HOSTILE) | st.just("\udc80" * 50) | st.just("x" * 5000)
counts = st.integers(0, 10**15)
recordings = st.builds(
    Recording,
    contents=st.lists(st.sampled_from(list(tables.TABLES)), unique=True).map(
        lambda names: {name: tables.from_columns(name, {"line": [1, 2]}) for name in names}
    ),
    inputs=st.lists(
        st.builds(
            Source, name=texts, format=texts, used=counts, irrelevant=counts, rejected=counts
        ),
        max_size=12,
    ).map(tuple),
    rejects=st.lists(
        st.builds(Rejected, source=counts, line=counts, reason=texts, text=texts), max_size=6
    ).map(tuple),
    quality=st.lists(st.builds(Note, kind=texts, message=texts), max_size=9).map(tuple),
    zone=st.sampled_from(["UTC", "America/Argentina/ComodRivadavia", "not a zone"]),
)


class Reader(html.parser.HTMLParser):
    """Collects tags, attributes and text; complains about tags that do not close."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.attributes, self.data, self.open = set(), set(), "", []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.data += data


@given(recordings)
@settings(deadline=None, max_examples=100)
def test_the_text_is_short_and_harmless(rec):
    shown = repr(rec)
    lines = shown.split("\n")
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 100
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs"} and c != "\n"]
    assert "\u202e" not in shown
    shown.encode()


@given(recordings)
@settings(deadline=None, max_examples=50)
def test_the_html_is_made_of_tables_and_nothing_else(rec):
    found = Reader(rec._repr_html_())
    assert found.tags <= {"div", "p", "strong", "br", "table", "caption", "tbody", "tr", "td"}
    assert found.attributes <= {"class", "style"}
    assert found.open == []
    found.data.encode()


def incident():
    stamps = [1_795_183_320_000_000_000, 1_795_184_400_000_000_000]
    return Recording(
        contents={
            "queries": tables.from_columns("queries", {"started_at": stamps}),
            "events": tables.from_columns("events", {"at": stamps, "kind": ["deploy", None]}),
            "spans": tables.empty("spans"),
        },
        inputs=(
            Source(name="pg.log", format="postgresql", used=12345, irrelevant=7, rejected=1),
            Source(name="app.json", format="structlog", used=2),
        ),
        rejects=(Rejected(source=0, line=17, reason="half a record", text=HOSTILE),),
        quality=(Note(kind="zone", message="times without a zone were read as Europe/Berlin"),),
        zone="Europe/Berlin",
    )


@pytest.mark.parametrize(
    "shown", [overview.text(incident()), Reader(overview.html(incident())).data]
)
def test_it_says_what_was_read_what_was_not_and_what_limits_it(shown):
    assert "2 sources, 12,347 records used" in shown
    assert "2026-11-20 15:02:00 to 15:20:00 Europe/Berlin (18 min 0 s)" in shown
    assert "pg.log" in shown
    assert "12,345 used, 7 irrelevant, 1 rejected" in shown
    assert "queries 2, events 2" in shown
    assert "spans" not in shown.split("ask next")[0]
    assert "times without a zone were read as Europe/Berlin" in shown
    assert "pg.log:17" in shown
    assert "half a record" in shown
    assert "\\x1b]0;x\\x07" in shown


def test_only_what_the_tables_can_answer_is_offered():
    shown = overview.text(incident())
    assert "perfkit.digest(rec)" in shown
    assert "perfkit.baseline(rec)" not in shown
    assert "perfkit.pool(rec)" not in shown
    assert "perfkit.event_loop(rec)" not in shown
    blocked = tables.from_columns("events", {"kind": ["deploy", "blocked_loop"]})
    assert "perfkit.event_loop(rec)" in overview.text(Recording(contents={"events": blocked}))


def test_everything_that_is_offered_can_be_called():
    everything = Recording(
        contents={name: tables.from_columns(name, {"line": [1]}) for name in tables.TABLES}
    )
    shown = overview.text(everything) + overview.text(Recording())
    offered = {part.split("(")[0] for part in shown.split("perfkit.")[1:]}
    assert {"diagnose", "digest", "n_plus_one", "pool", "load", "sample"} <= offered
    assert offered <= set(perfkit.__all__)
    assert set(overview._ASK) <= set(perfkit.__all__)


def test_an_empty_recording_says_how_to_begin():
    shown = overview.text(Recording())
    assert "0 sources" in shown
    assert "perfkit.load(" in shown
    assert "diagnose" not in shown


def test_what_is_left_out_is_counted():
    inputs = tuple(Source(name=f"{n}.log", format="x", rejected=3) for n in range(9))
    rejects = tuple(Rejected(source=n, line=1, reason="r", text="t") for n in range(9))
    shown = overview.text(Recording(inputs=inputs, rejects=rejects))
    assert "and 6 more: rec.sources" in shown
    assert "and 25 more: rec.rejected" in shown


def test_a_source_that_a_reject_names_and_that_is_not_there_is_a_question_mark():
    rejects = (Rejected(source=5, line=1, reason="r", text="t"),)
    assert "?:1" in overview.text(Recording(rejects=rejects))
