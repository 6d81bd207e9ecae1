from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.sql_tokens import Token, pairs, tokens

# Any text, and texts dense in what opens, closes and escapes.
texts = st.one_of(
    st.text(max_size=60),
    st.text("'\"`$?:%@.,;()[]+-*/<>=|#\\ \nabeEnNxU&019_é\x00", max_size=60),
)


@settings(max_examples=1000)
@given(texts)
def test_the_tokens_of_a_text_joined_are_the_text(text):
    for dialect in ("standard", "mysql"):
        found = tokens(text, dialect)
        assert "".join(token.text for token in found) == text
        assert all(token.text for token in found)
        assert pairs(text, dialect) == [token for token in found if token.kind != "blank"]


def kinds(text, dialect="standard"):
    return [kind for kind, _ in pairs(text, dialect)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("E'it\\'s' 'it''s' n'x' U&'x'", ["string"] * 4),
        ("$$ 'a' $$ $t$ $$ $t$", ["string"] * 2),
        ("1 1.5 .5 5. 1e3 1E-3 0x1F 0b01 0o17 1_000", ["number"] * 10),
        ("$1 ? %s %(a b)s :name :1 @p1", ["placeholder"] * 7),
        ('"a""b" `a``b` U&"x"', ["quoted"] * 3),
        ("/* a /* b */ c */ -- d", ["comment"] * 2),
        ("t_286 1a a$1 plan$1 n$1x", ["word"] * 5),
        ("a::int", ["word", "cast", "word"]),
        ("a:b", ["word", "operator", "word"]),
        ("a ?| b ?& c @? d", ["word", "operator"] * 3 + ["word"]),
        ("a ?|| b", ["word", "placeholder", "operator", "word"]),
        ("x%size", ["word", "operator", "word"]),
        ("1..10", ["number", "dots", "number"]),
        ("?1 ?22 ?1a", ["placeholder"] * 3 + ["word"]),
        ("t_? a_?_b x_ ? y_?'z'", ["word"] * 3 + ["placeholder", "word", "placeholder", "string"]),
        ("a #--b", ["word", "operator", "comment"]),
        ("|//* c */", ["operator", "comment"]),
        (
            "%b %b'1' %('a')s",
            ["placeholder", "operator", "string"]
            + ["operator"] * 2
            + ["string"]
            + ["operator", "word"],
        ),
    ],
)
def test_the_kinds_of_tokens_in(text, expected):
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\"it's\" 'a\\'b' \"a\"\"b\" N'x' `t`", ["string"] * 4 + ["quoted"]),
        ("1--2 # x", ["number", "operator", "operator", "number", "comment"]),
        ("1 -- 2\n3 --", ["number", "comment", "number", "comment"]),
        ("/* a /* b */ c", ["comment", "word"]),
        ("a$$b$$ $x", ["word"] * 2),
        ("'C:\\', 'b'", ["string", "operator", "string"]),
    ],
)
def test_the_kinds_of_tokens_in_the_dialect_of_mysql(text, expected):
    assert kinds(text, "mysql") == expected


@pytest.mark.parametrize("text", ["'abc", "E'abc\\", "$$abc", "/* abc", '"abc', "`abc"])
def test_what_is_not_closed_reaches_to_the_end(text):
    assert len(tokens(f"{text} 1 -- x")) == 1


@pytest.mark.parametrize(
    "text", ["'it\\'s'", "'a\\'b', 'c\\'d'", "'\\''", "'say \\'hi\\''", "'a\\'b '' c'"]
)
def test_a_backslash_escapes_a_quote_where_nothing_else_makes_sense(text):
    assert set(kinds(text)) <= {"string", "operator"}
    assert not [token for token in tokens(text) if token.text == "\\"]


def test_a_backslash_at_the_end_of_a_standard_string_escapes_nothing():
    assert tokens("'C:\\',1")[0] == Token("string", "'C:\\'")
