"""Settings and initdb options per release; the real server checks them in test_cluster."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfkit.lab.settings import initdb_options, server_settings

ESCAPES = {"''": "'", "\\n": "\n"}


def parsed(text):
    """Read settings as postgresql.conf's documentation says, one line each."""
    settings = {}
    for line in text.removesuffix("\n").split("\n"):
        name, _, value = line.partition(" = ")
        if value.startswith("'"):
            value = re.sub(r"\\(.)|''", lambda m: ESCAPES.get(m[0], m[1]), value[1:-1])
        settings[name] = value
    return settings


@pytest.mark.parametrize(
    ("major", "absent", "destination"),
    [(13, {"compute_query_id"}, "stderr"), (14, set(), "stderr"), (15, set(), "stderr,jsonlog")],
)
def test_a_release_gets_the_options_it_knows(major, absent, destination):
    settings = parsed(server_settings(major, sockets=Path("/s"), log=Path("/l")))
    assert not absent & set(settings)
    assert settings["log_destination"] == destination
    assert settings["log_line_prefix"] == "%m [%p] %q%u@%d/%a "
    assert ("--no-instructions" in initdb_options(major, linux=True)) is (major >= 14)


def test_the_locale_is_one_the_system_has():
    assert "--locale=C.UTF-8" in initdb_options(18, linux=True)
    assert "--locale=C" in initdb_options(18, linux=False)


@given(st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1))
def test_any_path_is_read_back_as_it_was(name):
    folder = Path("/l") / name
    settings = parsed(server_settings(18, sockets=folder, log=folder))
    plain = parsed(server_settings(18, sockets=Path("/s"), log=Path("/l")))
    assert settings["log_directory"] == str(folder)
    assert settings["unix_socket_directories"][1:-1].replace('""', '"') == str(folder)
    assert set(settings) == set(plain)
