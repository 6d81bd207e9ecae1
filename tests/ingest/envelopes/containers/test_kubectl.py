"""kubectl logs --prefix."""

from __future__ import annotations

import pytest

from perfkit.ingest.envelopes.containers.kubectl import ENVELOPE

AT = 1_795_258_800 * 10**9


def test_containers_of_a_pod_are_streams_of_their_own(take):
    taken = take(
        b'Defaulted container "app" out of: app, proxy\n'
        b"[pod/web-1/app] 2026-11-21T11:00:00.000000001Z a\n"
        b"[pod/web-1/proxy] b [pod/web-1/app]\n"
        b"[pod/web-1/app]\n"
        b"[pod/web-1/app] \n",
        "kubectl-prefix",
    )
    assert taken.streams == {"web-1/app": [b"a", b"", b""], "web-1/proxy": [b"b [pod/web-1/app]"]}
    assert taken.at["web-1/app"] == [AT + 1, None, None]
    assert taken.irrelevant == 1


@pytest.mark.parametrize(
    "damaged",
    [b"no prefix", b"[pod/web-1] x", b"[pod/web-1/app]x", b"[pod/a/b/c] x", b"[service/a/b] x"],
)
def test_a_line_of_nobody_is_rejected_with_its_number(take, damaged):
    data = b"[pod/web-1/app] a\n\n" + damaged + b"\n[pod/web-1/app] b\n"
    taken = take(data, "kubectl-prefix")
    assert [number for number, _ in taken.rejected] == [3]
    assert taken.line["web-1/app"] == [1, 4]
    assert taken.irrelevant == 1


def test_what_kubectl_says_itself_is_irrelevant(take):
    data = b"Found 2 pods, using pod/web-1\n[pod/web-1/app] a\nerror: timed out waiting\n"
    taken = take(data, "kubectl-prefix")
    assert (taken.only, taken.irrelevant, taken.rejected_lines) == ([b"a"], 2, 0)


@pytest.mark.parametrize("head", [b"", b"[pod/web-1] x\n", b"[app] x\n", b"x [pod/a/b] y\n"])
def test_other_brackets_are_not_recognised(head):
    assert ENVELOPE.recognises(head * 5).confidence == 0
    assert ENVELOPE.recognises(b"[pod/a/b] x\n" * 9 + head).confidence > 0.9
