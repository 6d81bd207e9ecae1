"""How much air in how large an index is worth a rebuild, and which are too large to be measured."""

from types import SimpleNamespace
from unittest.mock import MagicMock

import pytest

from perfkit.tasks.audit import bloat

MB = 1024 * 1024


@pytest.fixture
def judged(monkeypatch):
    """Return a function: advices and notes for one index, and whether it was measured."""

    def judge(*, air, size=200 * MB, measured=None, function="public.pgstatindex"):
        asked, looked = {}, []

        def packings(_connection, _server, *, least_bytes):
            asked["least_bytes"] = least_bytes
            return [
                SimpleNamespace(
                    air=air, size_bytes=size, fillfactor=90, schema="s", table="t", name="i",
                    qualified="s.i", packed_bytes=1,
                )
            ]  # fmt: skip

        def leaf_density(_connection, _function, packing):
            looked.append(packing)
            return SimpleNamespace(air=lambda _fill: measured, leaf_share=0.4, empty_pages=0)

        monkeypatch.setattr(bloat, "packings", packings)
        monkeypatch.setattr(bloat, "density_function", lambda _connection: function)
        monkeypatch.setattr(bloat, "leaf_density", leaf_density)
        advices, notes = bloat.bloated(MagicMock(), None)
        return advices, notes, looked, asked["least_bytes"]

    return judge


def test_indexes_from_a_hundred_megabytes_on_are_looked_at(judged):
    assert judged(air=0.9)[3] == 100 * MB


@pytest.mark.parametrize(("air", "found"), [(0.3, False), (0.49, False), (0.5, True), (0.9, True)])
def test_half_of_it_is_air(judged, air, found):
    advices, _, _, _ = judged(air=air, function=None)
    assert bool(advices) is found
    assert all(not advice.proven and not advice.enough for advice in advices)


@pytest.mark.parametrize(("measured", "found"), [(0.49, False), (0.5, True)])
def test_what_is_measured_decides(judged, measured, found):
    advices, _, looked, _ = judged(air=0.9, measured=measured)
    assert len(looked) == 1
    assert bool(advices) is found
    assert all(advice.proven and advice.enough for advice in advices)


@pytest.mark.parametrize(
    ("size", "looked"),
    [(1025 * MB, True), (2048 * MB, True), (2048 * MB + 1, False), (4000 * MB, False)],
)
def test_an_index_of_more_than_two_gigabytes_is_not_read_whole(judged, size, looked):
    _, notes, read, _ = judged(air=None, size=size, measured=0.1)
    assert bool(read) is looked
    assert bool(notes) is not looked
    assert looked or "larger than" in notes[0]


def test_one_that_is_not_suspected_is_not_read(judged):
    assert judged(air=0.1, measured=0.9)[2] == []
