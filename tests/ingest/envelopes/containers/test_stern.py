"""stern: pods and containers before lines."""

from __future__ import annotations

import pytest

from perfkit.ingest.envelopes.containers.stern import ENVELOPE

POD = b"web-6b7f9c5d4-x2x9z"
AT = 1_795_258_800 * 10**9


def test_pods_containers_and_namespaces_are_told_apart(take):
    taken = take(
        b"+ " + POD + b" > app\n" + POD + b" app a b\n"
        b"prod " + POD + b" app c\n"
        b"db-0 postgres 2026-11-21T11:00:00.000000000Z d\n" + POD + b" app\n"
        b"- " + POD + b" > app\n",
        "stern",
    )
    web = POD.decode() + "/app"
    assert taken.streams == {web: [b"a b", b""], f"prod/{web}": [b"c"], "db-0/postgres": [b"d"]}
    assert taken.at["db-0/postgres"] == [AT]
    assert (taken.irrelevant, taken.rejected_lines) == (2, 0)


def test_colours_are_taken_off(take):
    line = b"\x1b[38;5;2m" + POD + b"\x1b[0m \x1b[32mapp\x1b[0m hello\n"
    assert take(line * 5).streams == {POD.decode() + "/app": [b"hello"] * 5}


@pytest.mark.parametrize("damaged", [b"one", b"Some words here", POD, POD + b" APP x", b"x y z"])
def test_a_line_of_nobody_is_rejected_with_its_number(take, damaged):
    data = POD + b" app a\n\n" + damaged + b"\n" + POD + b" app b\n"
    taken = take(data, "stern")
    assert [number for number, _ in taken.rejected] == [3]
    assert taken.only == [b"a", b"b"]


def test_prose_that_looks_alike_has_too_many_names_to_be_recognised():
    prose = b"".join(b"well-%05d word%d goes on\n" % (n, n) for n in range(30))
    assert ENVELOPE.recognises(prose).confidence == 0
    assert ENVELOPE.recognises((POD + b" app x\n") * 30).confidence > 0.4


@pytest.mark.parametrize("head", [b"", b"GET /orders 200\n", b"web app x\n", b"+ web-1 app\n"])
def test_other_lines_are_not_recognised(head):
    assert ENVELOPE.recognises(head * 5).confidence == 0
