import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.analyses.repeats.cache_command import command_template


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("GET user:123", "get user:?"),
        ("get user:5f0c2a4e-6b1d-4c7e-9a3f-2b8d1e0f4c6a:name", "get user:?:name"),
        ("GET ?", "get ?"),
        ("HGET cart:17 items", "hget cart:? ?"),
        ("SET session:ab12cd34 x EX 60", "set session:? ?"),
        ("MGET a:1 a:2", "mget a:? ?"),
        ("GET user/ada@example.com", "get user/?"),
        ("GET config", "get config"),
        ("JSON.GET doc:7 $.a", "json.get doc:? ?"),
        ("PING", "ping"),
        ("", ""),
    ],
)
def test_values_in_commands_are_taken_out(command, expected):
    assert command_template(command) == expected


@given(st.text(max_size=60))
def test_any_text_has_a_template_that_is_its_own(text):
    once = command_template(text)
    assert command_template(once) == once
