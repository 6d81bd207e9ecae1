"""What a server works on a statement, where its own log tells beside the client's spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from perfkit.recording import Recording

__all__ = ["work_ms"]

_COLUMNS = ("duration_kind", "duration_ms", "fingerprint_id", "phase")


def work_ms(rec: Recording) -> dict[str, float]:
    """Return the median time (ms) in the server of each statement, by fingerprint id.

    Only from servers that log every statement: of those above a threshold the median says
    nothing about the others.
    """
    if any(note.kind == "threshold" for note in rec.quality):
        return {}
    rows = rec.arrow("queries", _COLUMNS)
    server = pc.equal(rows["duration_kind"].cast(pa.string()), "server")
    ran = pc.invert(
        pc.is_in(rows["phase"].cast(pa.string()), value_set=pa.array(["parse", "bind"]))
    )
    known = pc.and_(rows["fingerprint_id"].is_valid(), rows["duration_ms"].is_valid())
    rows = rows.filter(pc.and_kleene(pc.and_kleene(server, ran), known))
    plain = pa.table({"id": rows["fingerprint_id"].cast(pa.string()), "ms": rows["duration_ms"]})
    found = plain.group_by("id").aggregate([("ms", "approximate_median")])
    pairs = zip(found["id"].to_pylist(), found["ms_approximate_median"].to_pylist(), strict=True)
    return {identifier: ms for identifier, ms in pairs if ms is not None}
