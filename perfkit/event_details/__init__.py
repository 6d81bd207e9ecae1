"""What an event of a PostgreSQL log says beyond the columns of ``events``."""

from __future__ import annotations

from perfkit.event_details.decode import details, process_id

__all__ = ["details", "process_id"]
