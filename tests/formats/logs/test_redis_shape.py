"""What of a Redis command is shape: its name and the pattern of its keys."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.formats.logs.redis_shape import key_pattern, shape

SCRIPT = "return redis.call('get', KEYS[1])"


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("GET user:1234:cart", "get user:?:cart"),
        ("GET user:550e8400-e29b-41d4-a716-446655440000:cart", "get user:?:cart"),
        ("HSET session:9f86d081884c7d659a2feaa0c55ad015 f v", "hset session:? ?"),
        ("MGET a:1 a:2 b:3", "mget a:? b:?"),
        ("MSET a:1 secret a:2 secret", "mset a:? ?"),
        ("DEL k", "del k"),
        ("KEYS user:*", "keys ?"),
        ("PING", "ping"),
        ("CONFIG SET slowlog-max-len 100", "config set ?"),
        ("SLOWLOG RESET", "slowlog reset"),
        ("EVALSHA 6B1BF486C81CEB7EDF3C093F4C48582E38C0E791 1 k:7 x", "evalsha 6b1bf486 k:? ?"),
        ("FCALL mine 1 k:7", "fcall mine k:?"),
        ("XREADGROUP GROUP g c COUNT 10 STREAMS s:1 s:2 > >", "xreadgroup s:? ?"),
        ("ZINTER 2 z:1 z:2 WITHSCORES", "zinter z:? ?"),
        ("BITOP AND dest:1 src:2", "bitop dest:? src:? ?"),
        ("LPUSH q 1 2 ... (31 more arguments)", "lpush q ?"),
    ],
)
def test_keys_have_patterns_and_values_go(command, expected):
    words = command.split(" ... ")[0].split(" ")
    words += ["... (31 more arguments)"] if " ... " in command else []
    assert shape(words) == expected


def test_a_script_is_known_by_the_hash_that_evalsha_uses():
    digest = hashlib.sha1(SCRIPT.encode()).hexdigest()
    assert shape(["EVAL", SCRIPT, "1", "k:7"]) == f"eval {digest[:8]} k:?"
    assert shape(["EVALSHA", digest, "1", "k:7"]) == f"evalsha {digest[:8]} k:?"
    assert shape(["EVAL", "return 1 ... (20 more bytes)", "0"]) == "eval"


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("user:1234", "user:?"),
        ("user1234", "user?"),
        ("v2:user:7", "v2:user:?"),
        ("cache:ada@shop.example:x", "cache:?:x"),
        ("rate:10.0.0.8", "rate:?"),
        ("2026-11-20:visits", "?-?-?:visits"),
        ("tok:eyJhbGciOiJIUzI1NiIsInR5cCI6", "tok:?"),
        ("obj:5a8c3a142053a407a936745e", "obj:?"),
        ("deadline:facade", "deadline:facade"),
        ("häuser:x", "h?user:x"),
        ("a b\tc", "a?b?c"),
        ("long... (123 more bytes)", "long?"),
        ("", "?"),
    ],
)
def test_data_in_a_key_is_masked(key, pattern):
    assert key_pattern(key) == pattern


@given(st.lists(st.text(max_size=12), max_size=8))
def test_any_arguments_have_a_shape_without_blanks_or_line_ends_in_it(arguments):
    found = shape(arguments)
    assert found
    assert found.isprintable()


@given(st.text(max_size=30))
def test_the_pattern_of_a_pattern_is_itself(key):
    assert key_pattern(key_pattern(key)) == key_pattern(key)
