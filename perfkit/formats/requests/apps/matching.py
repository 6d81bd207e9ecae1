"""Which kind of line each line is, and what stands in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from perfkit.formats.orm.log_lines import groups
from perfkit.formats.requests.apps.event_lines import EVENT_LINES
from perfkit.formats.requests.apps.framework_lines import FRAMEWORK_LINES
from perfkit.formats.requests.apps.server_lines import SERVER_LINES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfkit.formats.lines import Ints
    from perfkit.formats.requests.apps.line_kinds import LineKind

    Bools = np.ndarray[tuple[int], np.dtype[np.bool_]]

__all__ = ["LINE_KINDS", "Matched", "matched"]

#: In the order they are tried: of two that fit, the first is meant.
LINE_KINDS: tuple[LineKind, ...] = (*SERVER_LINES, *FRAMEWORK_LINES, *EVENT_LINES)


class Matched(NamedTuple):
    """Lines of one kind: their places in ``texts``, and what the groups of its pattern hold."""

    kind: LineKind
    rows: Ints
    text: pa.Array
    groups: dict[str, pa.Array]

    def has(self, *names: str) -> bool:
        """Say whether the kind has one of these groups."""
        return any(name in self.groups for name in names)

    def group(self, name: str) -> pa.Array:
        """Return a group; where the kind has none, or it took no part, null."""
        found = self.groups.get(name)
        if found is None:
            return pa.nulls(len(self.rows), pa.string())
        return pc.if_else(pc.is_in(found, _NOTHING), pa.scalar(None, pa.string()), found)


_NOTHING = pa.array(["", "-"])


def matched(texts: pa.Array, kinds: Sequence[LineKind] = LINE_KINDS) -> list[Matched]:
    """Return the lines of each kind; a line is of one kind at most.

    Args:
        texts: lines without line ends and colours.
        kinds: which kinds to look for, the first that fits is meant.
    """
    found = []
    rows = np.arange(len(texts))
    for kind in kinds:
        marked = pc.match_substring(texts, kind.mark)
        if not pc.any(marked).as_py():
            continue
        fits = _fitting(kind, texts, marked)
        if not fits.any():
            continue
        mask = pa.array(fits)
        found.append(_of_kind(kind, rows[fits], texts.filter(mask)))
        rows, texts = rows[~fits], texts.filter(pc.invert(mask))
    return found


def _fitting(kind: LineKind, texts: pa.Array, marked: pa.Array) -> Bools:
    """Return which texts are of the kind; only ``marked`` ones are looked at closely."""
    fits: Bools = np.array(marked.to_numpy(zero_copy_only=False))
    fits[fits] = pc.match_substring_regex(texts.filter(marked), kind.pattern).to_numpy(
        zero_copy_only=False
    )
    return fits


def _of_kind(kind: LineKind, rows: Ints, texts: pa.Array) -> Matched:
    # A pattern without groups cannot be extracted.
    values = groups(texts, kind.pattern) if "(?P<" in kind.pattern else {}
    return Matched(kind, rows, texts, values)
