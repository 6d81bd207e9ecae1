"""Keep Arrow from importing pandas before anything needs it.

The first ``pyarrow.array([...])`` of a process imports pandas to learn whether it is there
(pyarrow 26, ``pandas-shim.pxi``): about a second and 70 MB. A process of our own that prints
text or parses a chunk does without: Arrow is asked once while pandas cannot be found, and
finds it at the first ``to_pandas``.

Only for processes of our own (the command line, parsing workers): until that first
``to_pandas``, ``pyarrow.array(series)`` would not recognise a Series.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["postpone_pandas", "ready_pandas"]


class _Hidden(MetaPathFinder):
    """Says that pandas is not installed, and knows nothing else."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse pandas; leave every other module to the next finder."""
        del path, target
        if fullname == "pandas":
            raise ModuleNotFoundError("pandas is hidden for a moment", name=fullname)
        return None


def postpone_pandas() -> None:
    """Make Arrow go on without pandas; does nothing where pandas is imported already."""
    if "pandas" in sys.modules:
        return
    hidden = _Hidden()
    sys.meta_path.insert(0, hidden)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(hidden)


def ready_pandas() -> None:
    """Let Arrow know pandas (again), so that it recognises a Series."""
    pa.nulls(0).to_pandas()
