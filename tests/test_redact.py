from __future__ import annotations

import random
import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import URL, make_url

from perfkit.redact import redact, redact_counted, redact_sql, redact_url
from perfkit.sql_tokens import tokens

# Distinct enough not to be part of the text around it by accident.
secrets = st.text(string.ascii_letters + string.digits, min_size=8, max_size=40).map(
    lambda text: f"Zq{text}"
)
printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=4, max_size=40)
around = st.text(string.ascii_lowercase + " ,.\n", max_size=20)

KEYS = "password passwd PGPASSWORD db_pwd secret client_secret token accessToken api_key x-api-key"
LABELLED = [
    *(f"{key}={{0}}" for key in KEYS.split()),
    *(f'{{{{"{key}": "{{0}}", "n": 1}}}}' for key in KEYS.split()),
    *(f'{{{{\\"{key}\\":\\"{{0}}\\",\\"n\\":1}}}}' for key in KEYS.split()),
    "host=db user=me password='{0}' dbname=x",
    "{{'password': '{0}', 'n': 1}}",
    "Settings(password='{0}', debug=True)",
    "Authorization: Bearer {0}",
    "Authorization: Basic {0}==",
    "authorization: Digest username=a, response={0}",
    "Cookie: theme=dark; sid={0}; lang=en",
    "Set-Cookie: sid={0}; HttpOnly",
    "curl -H 'Authorization: Token {0}' http://127.0.0.1/",
    "curl -u me:{0} http://127.0.0.1/",
    "tool --password {0} --verbose",
    "ALTER USER me PASSWORD '{0}'",
    "CREATE USER me IDENTIFIED BY '{0}'",
    "[(b'host', b'x'), (b'authorization', b'{0}')]",
    "GET /orders?page=2&access_token={0}&n=3",
    "https://example.org/cb#id_token={0}&state=1",
    "postgresql://shop:{0}@db.example.org:5432/shop",
    "redis://:{0}@cache/0",
    "could not connect to 'mysql+pymysql://u:{0}@h/db' (timeout)",
    "YAML:\n  password: {0}\n  user: me",
    "-----BEGIN RSA PRIVATE KEY-----\n{0}\n-----END RSA PRIVATE KEY-----",
]


@pytest.mark.parametrize("template", LABELLED)
@settings(max_examples=30, deadline=None)
@given(secret=secrets, before=around, after=around)
def test_a_labelled_secret_never_survives(template, secret, before, after):
    masked = redact(f"{before}\n{template.format(secret)} {after}")
    assert secret not in masked
    assert "***" in masked


@settings(max_examples=500)
@given(printable)
def test_a_password_of_any_printable_characters_in_json_never_survives(secret):
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    masked = redact(f'{{"user": "me", "password": "{escaped}", "next": 1}}')
    assert masked == '{"user": "me", "password": "***", "next": 1}'


@settings(max_examples=500)
@given(printable)
def test_a_password_of_any_printable_characters_in_conninfo_never_survives(secret):
    escaped = secret.replace("\\", "\\\\").replace("'", "\\'")
    assert redact(f"user=me password='{escaped}' dbname=x") == "user=me password='***' dbname=x"


@given(printable)
def test_a_password_of_any_printable_characters_in_a_url_never_survives(secret):
    url = URL.create("postgresql", "me", secret, "db", 5432, "shop")
    rendered = url.render_as_string(hide_password=False)
    assert redact_url(rendered) == url.render_as_string(hide_password=True)
    assert redact(rendered) == url.render_as_string(hide_password=True)


@pytest.mark.parametrize("raw", ["a/b", "a:b", "a?b", "a#b", "100%"])
def test_a_password_that_sqlalchemy_accepts_unquoted_is_masked(raw):
    url = f"postgresql://me:{raw}@db/shop"
    assert make_url(url).password == raw
    assert redact_url(url) == "postgresql://me:***@db/shop"


@settings(max_examples=1000)
@given(st.from_regex(r"[A-Za-z0-9.+_'-]{0,20}[A-Za-z0-9]", fullmatch=True), around)
@example("0000000000000000G0A0", "")
def test_an_email_address_never_survives(local, before):
    for text in (f"{local}@mail.example.org", f"{local}%40mail.example.org"):
        masked = redact(f"{before} <{text}> wrote")
        assert local[-1] + text.removeprefix(local) not in masked
        assert "<email>" in masked


def names_a_host(address):
    return int(address) and not address.is_loopback  # :: and 127.0.0.1 are nobody


def test_loopback_is_kept():
    text = "calls 127.0.0.1:8000 and [::1]:8000"
    assert redact(text) == text


@given(st.ip_addresses(v=4).filter(names_a_host), around)
def test_an_ipv4_address_never_survives(address, before):
    assert redact(f"{before} {address}:5432") == redact(before) + " <ip>:5432"


@given(st.ip_addresses(v=6).filter(names_a_host))
def test_an_ipv6_address_never_survives(address):
    for text in (f"from {address} port 1", f"http://[{address}]:80/", f"client={address}, x"):
        assert str(address) not in redact(text)


@pytest.mark.parametrize(
    "token",
    [
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
        "ghp_abcdefghijklmnopqrstuvwxyzabcdefghij",
        "AKIAIOSFODNN7EXAMPLE",
        "sk_live_abcdefghijklmnopqrstuvwx",
        "xoxb-123456789012-abcdefghijkl",
        "dGhpcyBpcyBhIHZlcnkgc2VjcmV0IGtleQ",
        "9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b",
        "q7rk2m9x4w8t1z6p3n5v0b2c",
    ],
)
def test_a_token_is_known_by_its_looks(token):
    assert redact(f"failed with {token}.") == "failed with <token>."


def test_nearly_every_random_key_is_masked():
    rng = random.Random(1)
    for alphabet in (string.ascii_letters + string.digits, string.ascii_lowercase + string.digits):
        keys = ["".join(rng.choices(alphabet, k=32)) for _ in range(2000)]
        assert sum(key in redact(f"key is {key}") for key in keys) <= 40


@pytest.mark.parametrize(
    "text",
    [
        "trace 4bf92f3577b34da6a3ce929d0e0e4736 span 00f067aa0ba902b7",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "request 550e8400-e29b-41d4-a716-446655440000",
        "pod shop-7d9f8b6c5d-x2x4z",
        "getUserByIdFromOrdersTable order_items_2024_01_15_pkey AbstractHttp2ConnectionHandler",
        "2024-01-15 12:30:45.123456+00:00 [1234] LOG:  duration: 12.345 ms",
        "epoch 1700000000123456789 and 1700000000000 and 0.4242424242424242",
        "x::dec, $1::dec, a::int, a[1:2], std::abc, 12:30:45, 00:1b:44:11:3a:b7",
        'FATAL:  password authentication failed for user "shop"',
        "SELECT password, token FROM users WHERE token = $1 AND password = %(pw)s",
        "postgresql://shop@db:5432/shop?sslmode=require",
        "python 3.11.7, PostgreSQL 18.6, secretary: bob",
        "4111 1111 1111 1112",
        "GET /orders/{id} 200 17 ms",
    ],
)
def test_what_joins_and_explains_is_kept(text):
    assert redact(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("/home/ann/app/x.py", "/home/<user>/app/x.py"),
        ("/Users/ann", "/Users/<user>"),
        ("C:\\Users\\Ann Lee\\x", "C:\\Users\\<user>\\x"),
        ("c:\\\\Users\\\\ann\\\\x", "c:\\\\Users\\\\<user>\\\\x"),
        ("4111 1111 1111 1111", "<card>"),
        ("5500-0000-0000-0004", "<card>"),
        ("378282246310005", "<card>"),
        ("+49 170 1234567", "<phone>"),
        ("(555) 123-4567", "<phone>"),
        ("555-123-4567", "<phone>"),
        ("ip-10-0-3-7.ec2.internal", "<ip>.ec2.internal"),
        ("?mail=ann%40example.org", "?mail=<email>"),
    ],
)
def test_people_and_places_are_masked(text, masked):
    assert redact(text) == masked


def test_masking_is_counted_by_kind():
    masked, counts = redact_counted("a@b.org c@d.org 10.0.0.7 password=x http://u:p@h/")
    assert masked == "<email> <email> <ip> password=*** http://u:***@h/"
    assert counts == {"email": 2, "ip": 1, "secret": 1, "password": 1}
    assert redact_counted(masked) == (masked, {})
    assert redact_counted("nothing here") == ("nothing here", {})


snippets = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *("password=", '"token": "', "://", "a:b@", "@", "?api_key=", "&x=", "Cookie: "),
                *("Authorization: ", "Bearer ", "***", "<secret>", "<token>", "'", '"', "\\", "\n"),
                *(
                    "10.0.0.7",
                    "::1",
                    "a@b.org",
                    "/home/",
                    "C:\\Users\\",
                    "--secret ",
                    " ",
                    ",",
                    ")",
                ),
                *("eyJabcdefg.", "sk-abcdefghijklmnop", "4111111111111111", "+49 1701234567"),
                *("$1", "?", "/*", "*/", "--", "{", "[", "=", ":", "-u ", "password '", "basic "),
            ]
        ),
        st.text(max_size=4),
    ),
    max_size=14,
).map("".join)


@settings(max_examples=2000)
@given(snippets)
@example("password=***,&x")
@example("Authorization: Bearer 'a' b")
def test_redacting_twice_changes_nothing(text):
    once = redact(text)
    assert redact(once) == once
    assert redact_counted(once)[1] == {}


@settings(max_examples=1000)
@given(snippets)
def test_redacting_sql_twice_changes_nothing(text):
    once = redact_sql(text)
    assert redact_sql(once) == once


@given(st.text(st.characters(exclude_characters="\\", exclude_categories=["Cs"]), min_size=3))
def test_no_literal_survives_in_sql(secret):
    quoted = "Zq" + secret.replace("'", "''")
    tag = "tag" if "$tag" not in secret else "other"
    for literal in (f"'{quoted}'", f"E'{quoted}'", f"N'{quoted}'", f"${tag}$Zq{secret}${tag}$"):
        masked = redact_sql(f"SELECT A  FROM t WHERE x ={literal} AND y=42")
        assert masked == "SELECT A  FROM t WHERE x =? AND y=?"


@settings(max_examples=500)
@given(snippets)
def test_nothing_but_names_and_operators_is_left_of_sql(text):
    kinds = {token.kind for token in tokens(redact_sql(text))}
    assert not kinds & {"string", "comment", "number"}


def test_comments_leave_sql_because_they_carry_data():
    assert redact_sql("SELECT 1/* for ann */FROM t -- ann\nWHERE x") == "SELECT ? FROM t \nWHERE x"


def test_uuids_are_masked_in_sql_literals():
    text = "SELECT * FROM t WHERE id = '550e8400-e29b-41d4-a716-446655440000'::uuid"
    assert redact_sql(text) == "SELECT * FROM t WHERE id = ?::uuid"


def test_a_url_keeps_what_is_no_secret():
    url = "postgresql://shop:pw@db.example.org:5432/shop?sslmode=require&password=pw2&n=1"
    assert redact_url(url) == (
        "postgresql://shop:***@db.example.org:5432/shop?sslmode=require&password=***&n=1"
    )
    assert redact_url("http://[::1]:8000/x") == "http://[::1]:8000/x"
    assert redact_url("http://host:8080/a?mail=a@b.org") == "http://host:8080/a?mail=a@b.org"
