"""Readings of a host beside an access log: the alert rules that need them are judged."""

import random
from datetime import UTC, datetime, timedelta

import pytest

import perfkit
from perfkit.analyses.alerts import found

BEGIN = datetime(2026, 11, 20, 10, tzinfo=UTC)
MINUTES = 180


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """Write three hours of an access log, a request a second, as fast at all times."""
    path, chance = tmp_path_factory.mktemp("log") / "access.log", random.Random(1)
    path.write_text(
        "".join(
            f"127.0.0.1 - - [{BEGIN + timedelta(seconds=second):%d/%b/%Y:%H:%M:%S +0000}]"
            f' "GET /cart HTTP/1.1" 200 512 "-" "curl/8" {chance.lognormvariate(-3, 0.35):.3f}\n'
            for second in range(MINUTES * 60)
        )
    )
    return path


def minutes(busy):
    """Yield each minute, and the CPU use in per cent: more for 25 minutes where ``busy``."""
    chance = random.Random(2)
    for minute in range(1, MINUTES):
        use = (65 if busy and 90 <= minute < 115 else 20) + chance.gauss(0, 1)
        yield BEGIN + timedelta(minutes=minute), use


def sar(busy):
    head = "Linux 6.1.0 (shop-1) \t2026-11-20 \t_x86_64_\t(2 CPU)\n\n10:00:00 CPU %user %idle\n"
    rows = (f"{at:%H:%M:%S} all {use:.2f} {100 - use:.2f}\n" for at, use in minutes(busy))
    return head + "".join(rows)


def prometheus(busy):
    idle, values = 0.0, []
    for at, use in minutes(busy):
        idle += 60 * (1 - use / 100)
        values.append(f'[{at.timestamp()},"{idle:.2f}"]')
    labels = '"__name__":"node_cpu_seconds_total","cpu":"0","mode":"idle","instance":"a:9100"'
    series = f'{{"metric":{{{labels}}},"values":[{",".join(values)}]}}'
    return f'{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}'


@pytest.mark.parametrize("writes", [sar, prometheus])
@pytest.mark.parametrize("busy", [False, True])
def test_use_of_the_processor_without_traffic_is_judged(writes, busy, log, tmp_path):
    path = tmp_path / "readings"
    path.write_text(writes(busy))
    rec = perfkit.load(log, path)
    told = found(rec, rec.arrow("requests"))
    assert [finding.rule for finding in told.findings] == ["cpu-without-traffic"] * busy
    (row,) = (row for row in told.rows.to_pylist() if row["rule"] == "cpu-without-traffic")
    assert row["status"] == ("fired" if busy else "quiet")


def test_without_readings_the_rule_says_what_is_missing(log):
    rec = perfkit.load(log)
    rows = found(rec, rec.arrow("requests")).rows.to_pylist()
    (row,) = (row for row in rows if row["rule"] == "cpu-without-traffic")
    assert (row["status"], row["why"]) == ("not judged", "no readings of CPU in metrics")
