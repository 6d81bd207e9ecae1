import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.plans.mysql.sql import Dialect, code, name_of, quoted, settled, tokenise

MODES = [Dialect(ansi_quotes=a, backslash=b) for a in (False, True) for b in (False, True)]


@pytest.mark.parametrize("mode", MODES)
@given(text=st.text(alphabet="aB1 '\"`\\/*#-!;:=@\n.\x00é", max_size=40))
def test_the_tokens_joined_are_the_text(mode, text):
    assert "".join(token.text for token in tokenise(text, mode)) == text


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (r"'a\'; b' ; c", 1), (r"'a'';' ;", 1), ("`a``;` ;", 1), ('"a\\";" ;', 1),
        ("a -- ; b\n;", 1), ("a --; b", 1), ("a # ; b\n ;", 1), ("/* ; */ ;", 1), ("1 -- ;", 0),
        ("'a\\\\';", 1), ("x'00;';", 1), ("_utf8mb4 'a;';", 1),
    ],
)  # fmt: skip
def test_semicolons_in_strings_and_comments_end_nothing(text, ends):
    assert [token.text for token in code(text)].count(";") == ends


def test_the_modes_of_the_server_decide():
    assert [t.kind for t in code('"a"', Dialect(ansi_quotes=True))] == ["quoted"]
    assert [t.kind for t in code('"a"')] == ["string"]
    assert len(code(r"'a\' ;", Dialect(backslash=False))) == 2
    assert len(code(r"'a\' ;")) == 1


def test_the_server_itself_agrees_where_a_string_ends(mariadb):
    texts = [r"'a\'b'", "'a''b'", '"a\'b"', "'a' 'b'", "x'41'", r"'\\'", "'a' -- '\n", "'a' # '\n",
             "'a' /* ' */", "1-- 1", "/*!50000 'run' */", "/*!99999 'not', */ 'run'",
             "/*M!100000 'run' */"]  # fmt: skip
    dialect = Dialect(number=101100)
    with mariadb.connect() as connection:
        for text in texts:
            sent = settled(text, dialect)
            told = connection.exec_driver_sql(f"select {text}").scalar_one()
            assert connection.exec_driver_sql(f"select {sent}").scalar_one() == told


@pytest.mark.parametrize(
    ("text", "server", "sent"),
    [
        ("a /*! b */ c", Dialect(), "a   b   c"),
        ("a /*!50100 b */ c", Dialect(number=101100), "a   b   c"),
        ("a /*!50700 b */ c", Dialect(number=101100), "a   c"),
        ("a /*!50700 b */ c", Dialect(number=80036, mariadb=False), "a   b   c"),
        ("a /*!90000 b */ c", Dialect(number=80036, mariadb=False), "a   c"),
        ("a /*M! b */ c", Dialect(number=80036, mariadb=False), "a   c"),
        ("a /* b */ '/*! c */'", Dialect(), "a /* b */ '/*! c */'"),
        ("a /*! '*/' */ c", Dialect(), "a   '*/'   c"),
    ],
)
def test_versioned_comments_are_settled_for_the_server(text, server, sent):
    assert settled(text, server) == sent


def test_names_and_quoting():
    assert name_of(code("`a``b`")[0]) == "a`b"
    assert name_of(code("'a'")[0]) is None
    assert [quoted(name) for name in ("a_1", "a b", "a`b", "12")] == [
        "a_1",
        "`a b`",
        "`a``b`",
        "`12`",
    ]
