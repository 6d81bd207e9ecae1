"""Records taken apart."""

from hypothesis import given
from hypothesis import strategies as st

from perfkit.event_details.sections import sections


def test_every_part_is_found_with_its_lines():
    record = (
        b"ERROR:  a\nb\nDETAIL:  c\nHINT:  d\nQUERY:  e\nCONTEXT:  f\ng\nSTATEMENT:  select 1\n+ 2"
    )
    assert sections(record) == {
        "severity": "ERROR",
        "message": "a\nb",
        "detail": "c",
        "hint": "d",
        "query": "e",
        "context": "f\ng",
        "statement": "select 1\n+ 2",
    }


def test_a_statement_that_looks_like_a_hint_stays_a_statement():
    assert sections(b"LOG:  a\nSTATEMENT:  select '\nHINT:  no'") == {
        "severity": "LOG",
        "message": "a",
        "statement": "select '\nHINT:  no'",
    }


def test_what_is_no_record_has_no_parts():
    assert [sections(record) for record in (None, b"", b"x", b"DETAIL:  a", b"\xff")] == [{}] * 5


_PARTS = ("detail", "hint", "query", "context", "statement")
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(
    lambda text: ":  " not in text
)


@given(_TEXT, st.dictionaries(st.sampled_from(_PARTS), _TEXT))
def test_what_is_put_together_is_taken_apart_again(message, parts):
    record = f"LOG:  {message}"
    for name in _PARTS:
        if name in parts:
            record += f"\n{name.upper()}:  {parts[name]}"
    assert sections(record.encode()) == {"severity": "LOG", "message": message, **parts}
