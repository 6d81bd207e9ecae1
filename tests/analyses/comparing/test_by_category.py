import pytest

from perfkit.analyses.comparing.by_category import by_category


def trace(at, db_ms):
    whole = {"trace_id": f"{at:032x}", "service": "shop", "error": None}
    start = f"2026-01-01T00:00:{at:02d}"
    return [
        whole
        | {"span_id": "1" * 16, "kind": "server", "route": "/a", "category": "app"}
        | {"started_at": f"{start}.000Z", "duration_ms": 100.0},
        whole
        | {"span_id": "2" * 16, "parent_id": "1" * 16, "kind": "client", "category": "db"}
        | {"started_at": f"{start}.010Z", "duration_ms": db_ms},
    ]


def test_each_request_has_its_own_time_per_category(built):
    before = built(spans=[span for at in range(3) for span in trace(at, 20.0)])
    after = built(spans=[span for at in range(2) for span in trace(at, 60.0)])
    found = by_category([before], [after])
    assert found.labels[:2] == ["app", "db"]
    own = {
        found.labels[code]: ms for code, ms in zip(found.before.code, found.before.ms, strict=True)
    }
    assert own == pytest.approx({"app": 80, "db": 20})
    assert len(found.before) == 6
    assert len(found.after.served_ns) == 2


def test_nothing_but_empty_tables_is_no_row(built):
    found = by_category([built()], [built(spans=trace(1, 5.0))])
    assert len(found.before) == 0
