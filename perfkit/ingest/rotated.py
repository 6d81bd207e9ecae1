"""Logs that were rotated: several files that are one stream, oldest first."""

from __future__ import annotations

import re
from itertools import groupby
from pathlib import PurePath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.ingest.look import Input

__all__ = ["chains"]

_PACKED = re.compile(r"\.(?:gz|bz2|xz|zst|zip)$", re.IGNORECASE)
#: ``.1`` of logrotate, and the dates and times of dateext, log_filename and others.
_NUMBER = re.compile(r"\.([0-9]{1,4})$")
_DATE = re.compile(r"[-_.]?(?:19|20)[0-9]{2}[-_]?[0-9]{2}(?:[-_]?[0-9]{2})?(?:[-_T]?[0-9]{2,6})?")


def chains(inputs: Sequence[Input]) -> list[list[Input]]:
    """Return the inputs, those of one rotated log together and oldest first.

    Told by name: ``x.log.2.gz, x.log.1, x.log`` and ``x-2026-11-20.log, x-2026-11-21.log`` in
    one folder, in the same format. A wrapped or streamed input is never part of a chain.
    """
    order = sorted(range(len(inputs)), key=lambda i: (_stem(inputs[i], i), _age(inputs[i])))
    grouped = groupby(order, key=lambda i: _stem(inputs[i], i))
    found = [list(group) for _, group in grouped]
    found.sort(key=min)
    return [[inputs[i] for i in group] for group in found]


def _stem(one: Input, place: int) -> tuple[str, str, str]:
    """Return what files of one rotated log have in common."""
    alone = one.item.mend is None and one.item.holds is None and one.item.begins is None
    if alone or one.found.path is None or one.found.member or one.wrapping is not None:
        return ("", "", str(place))
    name = _PACKED.sub("", one.found.path.name)
    stem = _DATE.sub("", _NUMBER.sub("", name))
    return (one.item.name, str(one.found.path.parent), stem)


def _age(one: Input) -> tuple[int, list[object]]:
    """Sort older files first: high numbers, early dates, the file without either last."""
    path = one.found.path or PurePath()
    name = _PACKED.sub("", path.name)
    number = _NUMBER.search(name)
    dates = [int(digits) for digits in re.findall("[0-9]+", " ".join(_DATE.findall(name)))]
    if number:
        return (0, [-int(number[1])])
    return (1, list(dates)) if dates else (2, [])
