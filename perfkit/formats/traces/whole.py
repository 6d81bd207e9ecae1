"""What all chunks of one trace file tell together: repeated spans, and the self time.

Every trace format uses :func:`combine`; its chunks carry the numbers of the spans that are
requests and queries, as :func:`.span_rows.span_tables` returns them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from perfkit.formats.model import Parsed, concatenate
from perfkit.formats.traces import trees
from perfkit.recording import Note

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["combine"]

_SAME_SPAN = ["trace_id", "span_id", "started_at", "kind"]


def combine(parts: Sequence[Parsed]) -> Parsed:
    """Drop repeated spans with their requests and queries, and fill in the self time."""
    whole = concatenate(parts)
    if not parts or "spans" not in whole.tables:
        return whole
    spans = whole.tables["spans"]
    keep = trees.first_of_each(spans.select(_SAME_SPAN))
    repeated = int((~keep).sum())
    contents = {**whole.tables, "spans": trees.with_self_ms(spans.filter(pa.array(keep)))}
    if repeated:
        for place, name in enumerate(("requests", "queries")):
            mask = keep[_span_rows(parts, place)]
            contents[name] = contents[name].filter(pa.array(mask))
    message = f"{repeated:,} spans were exported more than once and are counted once"
    note = (Note(kind="duplicate_spans", message=message),) * bool(repeated)
    lost = len(set(spans["line"].to_pylist())) - len(set(contents["spans"]["line"].to_pylist()))
    return Parsed(
        tables={name: table for name, table in contents.items() if table.num_rows},
        rejected=whole.rejected,
        rejected_lines=whole.rejected_lines,
        irrelevant=whole.irrelevant + (lost if repeated else 0),
        lines=whole.lines,
        notes=(*whole.notes, *note),
    )


def _span_rows(parts: Sequence[Parsed], place: int) -> Any:
    base, found = 0, []
    for part in parts:
        found.append(part.carry[place] + base)
        base += part.tables["spans"].num_rows
    return np.concatenate(found)
