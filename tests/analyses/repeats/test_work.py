import pytest

from perfkit.analyses.repeats.work import work_ms
from perfkit.recording import Note


def test_the_server_s_work_is_the_median_of_its_log_unless_that_has_a_threshold(built):
    rows = [
        {"statement": "select 1 from t", "duration_ms": ms, "duration_kind": kind}
        for ms, kind in ((1.0, "server"), (2.0, "server"), (3.0, "server"), (90.0, "client"))
    ]
    rec = built(queries=rows)
    (found,) = work_ms(rec).values()
    assert found == pytest.approx(2.0, abs=0.5)
    limited = type(rec)(contents=rec.contents, quality=(Note(kind="threshold", message="x"),))
    assert work_ms(limited) == {}
