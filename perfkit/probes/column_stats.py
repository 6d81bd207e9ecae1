"""What the planner's statistics say about columns: distinct values, and typical ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["ColumnStats", "column_stats"]

_SQL = """
select attname, n_distinct::float8, most_common_vals::text::text[],
       histogram_bounds::text::text[]
from pg_catalog.pg_stats
where schemaname = :schema and tablename = :table and not inherited
"""


class ColumnStats(NamedTuple):
    """Values are texts as the server prints them; ``distinct`` < 0 is a share of the rows."""

    column: str
    distinct: float
    common: list[str] | None
    bounds: list[str] | None

    def estimate(self, rows: float) -> float:
        """Return the number of distinct values in a table of ``rows`` rows."""
        return self.distinct if self.distinct >= 0 else -self.distinct * rows

    def typical(self) -> str | None:
        """Return a frequent value; of a column without such, one from the middle."""
        return self.common[0] if self.common else self.middle()

    def middle(self) -> str | None:
        """Return the median of the values, None when it is not known."""
        values = self.bounds or self.common
        return values[len(values) // 2] if values else None


def column_stats(connection: Connection, schema: str, table: str) -> dict[str, ColumnStats]:
    """Return the statistics of the columns that this role may read."""
    from sqlalchemy import text

    rows = connection.execute(text(_SQL), {"schema": schema, "table": table})
    return {row[0]: ColumnStats(*row) for row in rows}
