"""stern, which follows several pods: ``web-6b7f9c5d4-x2x9z app line``.

Checked: stern ``cmd/cmd.go`` (template ``{{.PodName}} {{.ContainerName}} {{.Message}}``, the
namespace before it where there are several, names coloured) and ``--output json``, which is not
read here. It says ``+ pod > container`` when it begins to follow one.
"""

from __future__ import annotations

import re

import numpy as np

from perfkit.formats.lines import cut_at_line
from perfkit.formats.model import Recognition
from perfkit.ingest.envelopes.model import Envelope, Unwrapped
from perfkit.ingest.envelopes.prefixes import Prefixed, matching_lines, taken_off
from perfkit.ingest.envelopes.rows import coded
from perfkit.ingest.envelopes.text import read_lines, slices

__all__ = ["ENVELOPE"]

_POD = rb"[a-z0-9][a-z0-9.]{0,60}(?:-[a-z0-9.]{1,60}){0,8}-(?:[a-z0-9]{5}|\d{1,3})"
_CONTAINER = rb"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PREFIX = re.compile(rb"((?:[a-z0-9-]{1,63} )?" + _POD + rb") (" + _CONTAINER + rb")(?: |$)")
_TWO = re.compile(_POD + rb" " + _CONTAINER)
_THREE = re.compile(rb"[a-z0-9-]{1,63} " + _POD + rb" " + _CONTAINER)
_COLOURS = re.compile(rb"\x1b\[[0-9;]{0,20}m")
_STATUS = re.compile(rb"[+-] \S+ ")
_MOST_NAMES = 0.34
_WRONG = "it has no names of a pod and a container before it"


def recognises(head: bytes) -> Recognition:
    """Recognise the names of a pod and a container, few different ones."""
    found, count = matching_lines(_COLOURS.sub(b"", head), _PREFIX)
    names = {match[0] for match in found}
    few = len(names) <= max(1, _MOST_NAMES * len(found))
    sure = 0.9 if found and few and len(found) > 0.8 * count else 0.0
    return Recognition(confidence=sure, reason="lines of stern")


def unwrap(data: bytes, carry: None) -> Unwrapped:
    """Take the names of pod and container off."""
    del carry
    if b"\x1b[" in data:
        data = _COLOURS.sub(b"", data)
    lines = read_lines(data)
    second = lines.space(lines.space(lines.start) + 1)
    third = lines.space(second + 1)
    code, values = coded(slices(data, lines.start, second))
    two = np.array([_TWO.fullmatch(value) is not None for value in values], np.bool_)[code]
    end = np.where(two, second, third)
    code, values = coded(slices(data, lines.start, end))
    names = [
        value.decode().replace(" ", "/")
        if _TWO.fullmatch(value) or _THREE.fullmatch(value)
        else None
        for value in values
    ]
    found = Prefixed(content=np.minimum(end + 1, lines.end), code=code, names=list(names))
    return taken_off(lines, found, _STATUS, _WRONG)


ENVELOPE = Envelope(
    name="stern", title="stern", recognises=recognises, cut=cut_at_line, unwrap=unwrap
)
