import base64
import shlex

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from perfkit.errors import UsageError
from perfkit.probes.curl_text import parse

WORD = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)


def test_a_bare_url_is_a_get():
    found = parse("curl http://a.example/x?y=1")
    assert (found.method, found.url, found.headers, found.body) == (
        "GET", "http://a.example/x?y=1", [], b"",
    )  # fmt: skip


@pytest.mark.parametrize("option", ["-X", "--request"])
def test_the_method_is_upper_case_and_wins_over_a_body(option):
    assert parse(f"curl {option} put http://a -d x").method == "PUT"


@pytest.mark.parametrize(
    ("option", "kind"),
    [
        ("-d", "application/x-www-form-urlencoded"),
        ("--data", "application/x-www-form-urlencoded"),
        ("--data-binary", "application/x-www-form-urlencoded"),
        ("--json", "application/json"),
    ],
)
def test_a_body_makes_a_post_with_curls_own_content_type(option, kind):
    found = parse(f"curl {option} 'a=1' http://a")
    assert (found.method, found.body) == ("POST", b"a=1")
    assert found.headers == [("Content-Type", kind)]


def test_bodies_are_joined_as_a_form_and_the_type_said_once():
    found = parse("curl -d a=1 -d b=2 http://a")
    assert found.body == b"a=1&b=2"
    assert len(found.headers) == 1


def test_a_content_type_of_your_own_stays_whatever_its_case():
    found = parse("curl -H 'content-TYPE: text/plain' --json '{}' http://a")
    assert found.headers == [("content-TYPE", "text/plain")]


@pytest.mark.parametrize(
    ("option", "header"),
    [
        ("-H 'X-A:  b:c '", ("X-A", "b:c")),
        ("-b 's=1'", ("Cookie", "s=1")),
        ("-A me/1", ("User-Agent", "me/1")),
        ("-u me:pä", ("Authorization", "Basic " + base64.b64encode("me:pä".encode()).decode())),
    ],
)
def test_short_options_become_headers(option, header):
    assert parse(f"curl {option} http://a").headers == [header]


def test_lines_continued_with_a_backslash_are_one():
    found = parse("curl \\\n  -H 'A: b' \\\n  http://a")
    assert (found.url, found.headers) == ("http://a", [("A", "b")])


def test_options_that_only_talk_are_ignored():
    assert parse("curl -s -S -i -v -f --compressed --url http://a").url == "http://a"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("curl 'http://a", "a quotation mark is missing"),
        ("curl --proxy=http://user:secret@p http://a", "option --proxy is not understood"),
        ("curl -o /etc/passwd http://a", "option -o is not understood"),
        ("curl http://a -H", "option -H has no value"),
        ("curl -d @/etc/passwd http://a", "a body from a file is not read"),
        ("curl --json @- http://a", "a body from a file is not read"),
    ],
)
def test_what_would_need_curl_itself_is_refused_in_a_sentence(text, said):
    with pytest.raises(UsageError, match=said) as error:
        parse(text)
    assert error.value.hint
    assert "secret" not in f"{error.value} {error.value.hint}"


def test_an_at_sign_in_raw_data_is_an_at_sign():
    assert parse("curl --data-raw @x http://a").body == b"@x"


@given(WORD, WORD)
def test_quoted_values_arrive_as_they_are_and_nothing_is_expanded(cookie, body):
    text = f"curl -b {shlex.quote(cookie)} --data-raw {shlex.quote(body)} http://a"
    assume("\\\n" not in text)  # continues the line
    found = parse(text)
    assert found.headers[0] == ("Cookie", cookie)
    assert found.body == body.encode()


@given(st.text())
def test_any_text_is_read_or_refused_in_a_sentence(text):
    try:
        said = parse(f"curl {text}").method
    except UsageError as error:
        said = error.message
    assert said == said.upper() or said.startswith("curl: ")
