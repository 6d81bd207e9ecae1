from importlib.metadata import EntryPoint

import pytest

from perfkit.errors import UsageError
from perfkit.formats import registry
from perfkit.formats.model import Chunk, Format, Recognition


@pytest.fixture(autouse=True)
def _fresh():
    registry.formats.cache_clear()
    yield
    registry.formats.cache_clear()


def test_the_formats_of_this_package_are_found():
    names = [item.name for item in registry.formats()]
    assert {"postgres-stderr", "otlp-json", "structlog-json"} <= set(names)
    assert names == sorted(names)


def test_every_format_recognises_nothing_in_an_empty_head_and_in_prose():
    for item in registry.formats():
        for head in (b"", b"\n", b"To be, or not to be: that is the question.\n", b"\x00" * 9000):
            found = item.recognises(head)
            assert isinstance(found, Recognition)
            assert found.confidence == 0.0


def test_every_format_parses_an_empty_chunk():
    for item in registry.formats():
        result = item.parse(Chunk.whole(b""))
        assert (result.lines, result.used, result.rejected) == (0, 0, ())


def test_a_format_by_name():
    assert registry.named("otlp-json").title.startswith("OpenTelemetry")
    with pytest.raises(UsageError, match="there is no format 'otlp'") as caught:
        registry.named("otlp")
    assert "otlp-json" in caught.value.hint


def _points(monkeypatch, value):
    point = EntryPoint(name="mine", value=value, group="perfkit.formats")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point])


def test_an_entry_point_adds_a_format(monkeypatch):
    import json.tool as stand_in

    mine = Format(
        name="mine",
        title="Mine",
        recognises=lambda head: Recognition(confidence=0.0),
        cut=len,
        parse=lambda chunk: None,
    )
    monkeypatch.setattr(stand_in, "FORMAT", mine, raising=False)
    _points(monkeypatch, "json.tool:FORMAT")
    assert mine in registry.formats()


def test_an_entry_point_that_is_no_format_is_named(monkeypatch):
    _points(monkeypatch, "json:dumps")
    with pytest.raises(UsageError, match=r"'mine' of perfkit\.formats is no Format"):
        registry.formats()


def test_two_formats_of_one_name_are_an_error(monkeypatch):
    _points(monkeypatch, "perfkit.formats.traces.otlp_json:FORMAT")
    with pytest.raises(UsageError, match="two formats are called 'otlp-json'"):
        registry.formats()
