import pyarrow as pa

from perfkit.analyses.comparing.by_route import by_route
from perfkit.recording import as_recording


def observed(before, after):
    tables = (pa.table(rows) for rows in (before, after))
    return by_route(*([as_recording(table, "requests")] for table in tables))


def test_templates_come_from_both_sides_together():
    found = observed({"path": ["/orders/17?x=1"]}, {"path": ["/orders/18", "/orders/19"]})
    assert [found.labels[code] for code in found.before.code] == ["/orders/{id}"]
    assert {found.labels[code] for code in found.after.code} == {"/orders/{id}"}


def test_runs_are_numbered_from_0_on_each_side():
    runs = [as_recording(pa.table({"route": ["/a"] * n}), "requests") for n in (2, 1, 3)]
    found = by_route(runs[:2], runs[2:])
    assert found.before.run.tolist() == [0, 0, 1]
    assert found.after.run.tolist() == [0, 0, 0]
    assert (found.before.runs, found.after.runs) == (2, 1)


def test_requests_that_were_sent_are_not_those_that_were_served():
    rows = {"route": ["/a", "/b"], "kind": ["server", "client"]}
    found = observed(rows, rows)
    assert len(found.before) == 1
    sent = {"route": ["/a", "/b"], "kind": ["client", "client"]}
    assert len(observed(sent, sent).before) == 2  # a load generator's
