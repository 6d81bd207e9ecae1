import pyarrow as pa

from perfkit.formats.requests.apps.line_kinds import LineKind
from perfkit.formats.requests.apps.matching import LINE_KINDS, matched

A = LineKind(name="a", mark="x", pattern="^x(?P<ms>[0-9-]+)?$")
B = LineKind(name="b", mark="x", pattern="^x")


def test_a_line_is_of_the_first_kind_that_fits_and_keeps_its_place():
    found = matched(pa.array(["x1", "y", "xx", "x2", "x-"]), [A, B])
    assert [(one.kind.name, one.rows.tolist()) for one in found] == [("a", [0, 3, 4]), ("b", [2])]
    assert found[0].group("ms").to_pylist() == ["1", "2", None]
    assert found[1].group("ms").to_pylist() == [None]
    assert found[0].has("ms", "path")
    assert not found[1].has("ms")


def test_nothing_is_found_in_nothing():
    assert matched(pa.array([], pa.string())) == []


def test_every_kind_has_its_mark_in_its_pattern_and_says_whether_it_has_a_duration():
    for kind in LINE_KINDS:
        assert kind.mark
        assert kind.pattern.startswith(("^", "\\[")) or kind.event
    silent = {kind.name for kind in LINE_KINDS if not kind.has_duration}
    assert {"uvicorn", "httpx", "gunicorn"} <= silent
    assert not {"gin", "uWSGI", "morgan dev"} & silent
