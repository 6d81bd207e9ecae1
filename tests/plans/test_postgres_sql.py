import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfkit.plans.postgres_sql import RESERVED, code, identifier, quoted, tokenise

PIECES = st.sampled_from(
    [
        "'",
        "''",
        '"',
        "$$",
        "$a$",
        "E'",
        "\\",
        "--",
        "/*",
        "*/",
        "\n",
        ";",
        " ",
        "a",
        "1",
        "$1",
        "\xa0",
    ]
)


@given(st.lists(PIECES | st.text(max_size=3)).map("".join))
def test_the_tokens_joined_are_the_text(text):
    assert "".join(token.text for token in tokenise(text)) == text


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("a::text", ["a", "::", "text"]),
        ("'it''s'", ["'it''s'"]),
        (r"E'it\'s' x", [r"E'it\'s'", "x"]),
        ("E'a' -- why\n '\\' ; b' c", ["E'a' -- why\n '\\' ; b'", "c"]),
        ("$t$ ; $$ ; $t$ ;", ["$t$ ; $$ ; $t$", ";"]),
        ("a/* ; /* ; */ ; */b", ["a", "b"]),
        ("1+-- ; \n2", ["1", "+", "2"]),
        ('"a;""b" .c', ['"a;""b"', ".", "c"]),
        ("\xa0$b$;$b$", ["\xa0$b$", ";", "$b$"]),
        ("a1$2$ ; x", ["a1$2$", ";", "x"]),
    ],
)
def test_tokens_end_where_the_server_ends_them(text, tokens):
    assert [token.text for token in code(text)] == tokens


def test_reserved_words_are_those_that_the_server_quotes(plans_engine):
    with plans_engine.connect() as connection:
        rows = connection.exec_driver_sql("select word, catcode from pg_get_keywords()").all()
        named = {word for word, kind in rows if kind != "U"}
        version = int(connection.exec_driver_sql("show server_version_num").scalar())
    if version >= 180000:
        assert named == RESERVED
    assert named <= RESERVED


@settings(max_examples=60, deadline=None)
@given(
    st.text(
        st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=15
    )
    | st.sampled_from(sorted(RESERVED))
)
def test_quoted_names_are_the_names_that_the_server_reads(plans_engine, name):
    with plans_engine.connect() as connection:
        answer = connection.exec_driver_sql(
            f"select 1 as {quoted(name)}", execution_options={"no_parameters": True}
        )
        assert next(iter(answer.keys())).encode()[:60] == name.encode()[:60]


def test_a_name_is_folded_and_cut_as_the_server_does_it():
    assert [identifier(token) for token in code("\u00c9A")] == ["\u00c9a"]
    assert [identifier(token) for token in code("Z" * 70)] == ["z" * 63]
    assert [identifier(token) for token in code('"' + "\u00e9" * 40 + '"')] == ["\u00e9" * 31]


def test_an_identifier_is_folded_unless_it_is_quoted():
    assert [identifier(token) for token in code('Ab "Ab""c" 1 $1')] == ["ab", 'Ab"c', None, None]
