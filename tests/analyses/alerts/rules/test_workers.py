from __future__ import annotations

import numpy as np


def boot(count, at=0.0, first=100):
    return [(at + i / 10, "worker_start", str(first + i)) for i in range(count)]


def row_of(found, rule):
    return next(r for r in found.rows.to_pylist() if r["rule"] == rule)


def test_many_workers_on_few_cores_are_named(simulated, alerts):
    host = simulated.metrics(600, cpu__cores=2.0)
    found = alerts(
        simulated.requests(1, seconds=600), events=simulated.events(*boot(17)), metrics=host
    )
    [finding] = found.findings
    assert finding.rule == "workers-and-cores"
    assert finding.fix.snippet == "gunicorn --workers 5 ..."


def test_restarts_do_not_add_up_to_many_workers(simulated, alerts):
    host = simulated.metrics(4000, cpu__cores=2.0)
    starts = [row for n in range(6) for row in boot(5, 600.0 * n, 100 + 10 * n)]
    found = alerts(
        simulated.requests(1, seconds=4000), events=simulated.events(*starts), metrics=host
    )
    assert found.findings == ()
    assert row_of(found, "workers-and-cores")["value"] == 2.5


def test_too_few_workers_are_all_busy_while_cores_idle(simulated, alerts):
    def at_work(t, route):
        return 4.0

    table = simulated.requests(
        2, seconds=1200, rate=lambda t: 10 + 10 * np.sin(t / 100) ** 2, routes=1, latency=at_work
    )
    durations = np.full(table.num_rows, 200.0)  # 20/s x 0.2 s = 4 under way
    table = table.set_column(1, "duration_ms", [durations])
    host = simulated.metrics(1200, cpu__cores=8.0, cpu__utilisation=0.2)
    found = alerts(table, events=simulated.events(*boot(4)), metrics=host)
    assert [f.rule for f in found.findings] == ["workers-and-cores"]
    assert "All 4 workers are busy" in found.findings[0].title
    enough = alerts(table, events=simulated.events(*boot(9)), metrics=host)
    assert enough.findings == ()


def test_without_cores_or_workers_it_is_not_judged(simulated, alerts):
    table = simulated.requests(1, seconds=600)
    assert row_of(alerts(table), "workers-and-cores")["why"] == "no worker_start in events"
    found = alerts(table, events=simulated.events(*boot(4)))
    assert "cores is not in metrics" in row_of(found, "workers-and-cores")["why"]


def test_workers_killed_in_step_wait_for_the_same_thing(simulated, alerts):
    killed = [(300.0 + i, "worker_timeout", str(100 + i)) for i in range(4)]
    again = [(303.0 + i, "worker_start", str(200 + i)) for i in range(4)]
    found = alerts(
        simulated.requests(1, seconds=600), events=simulated.events(*boot(4), *killed, *again)
    )
    [finding] = found.findings
    assert finding.rule == "worker-timeouts"
    assert finding.evidence[0] == {"timeouts": 4, "in_step": 4, "restarts": 4}
    assert "wait for the same thing" in finding.fix.text


def test_single_workers_killed_now_and_then_have_slow_requests(simulated, alerts):
    killed = [(100.0 * i, "worker_timeout", str(100 + i)) for i in range(1, 5)]
    found = alerts(simulated.requests(1, seconds=600), events=simulated.events(*killed))
    assert found.findings[0].evidence[0]["in_step"] == 0
    assert "Single requests" in found.findings[0].fix.text


def test_a_deploy_restarts_workers_and_kills_none(simulated, rules):
    starts = simulated.events(*boot(5), *boot(5, 300.0, 200), (300.0, "deploy", None, "x"))
    assert rules(simulated.requests(1, seconds=600), events=starts) == []


def test_the_pid_in_a_message_names_the_worker(simulated, alerts):
    killed = [
        (300.0 + i, "worker_timeout", None, f"[CRITICAL] WORKER TIMEOUT (pid:{7 + i % 2})")
        for i in range(4)
    ]
    found = alerts(simulated.requests(1, seconds=600), events=simulated.events(*killed))
    assert found.findings[0].evidence[0]["in_step"] == 4
