"""sadf -d: what sysstat 12.6 exported."""

import pytest

from perfkit.formats.metrics.sadf_csv import FORMAT

HEADER = b"# hostname;interval;timestamp;CPU;%user;%nice;%system;%iowait;%steal;%idle\n"


@pytest.mark.parametrize("name", ["sadf_d.csv", "sadf_epoch.csv", "sadf_local.csv"])
def test_times_in_all_notations(name, written, parsed, readings, kinds):
    result = parsed(FORMAT, written(name))
    assert [row[:2] for row in readings(result, "cpu.utilisation")] == [
        (f"2026-11-21 21:37:{second}", "shop-1") for second in (18, 19, 20)
    ]
    assert kinds(result) == (["timezone_assumed"] if name == "sadf_local.csv" else [])


def test_sections_have_their_own_columns(written, parsed, values):
    result = parsed(FORMAT, written("sadf_d.csv"))
    assert values(result, "load.5m") == [7.58, 7.58, 7.57]
    assert values(result, "sar.kbmemfree")[0] == 17823900 * 1024
    assert values(result, 'sar.%system{cpu="all"}') == [0.2338, 0.2211, 0.1393]


def test_restarts_are_irrelevant_and_strange_lines_rejected(parsed):
    data = HEADER + (
        b"a;-1;2026-11-21 21:37:18 UTC;LINUX-RESTART\t(2 CPU)\n"
        b"a;1;2026-11-21 21:37:19 UTC;0;1;0;1;0;0;98\na;1;2026-11-21 21:37:19 UTC;0;1\n"
    )
    result = parsed(FORMAT, data)
    assert (result.irrelevant, result.rejected_lines, result.used) == (2, 1, 1)
    assert set(result.tables["metrics"]["name"].to_pylist()) >= {'sar.%user{cpu="0"}'}


def test_several_rows_in_one_line_are_refused_with_the_reason(parsed):
    data = HEADER.replace(b"%idle", b"%idle[...]") + b"a;1;2026-11-21 21:37:19 UTC;0;1;0;1;0;0;98\n"
    assert [bad.reason for bad in parsed(FORMAT, data).rejected] == ["a header with [...]"]
