"""What the lab's child processes share: the ready file, and ending with their parent."""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["end_with_parent", "report"]


def report(ready: Path, facts: dict[str, Any]) -> None:
    """Write ``facts`` to the file ``ready`` in one step: it is whole or not there."""
    draft = ready.with_suffix(".draft")
    draft.write_text(json.dumps(facts | {"pid": os.getpid()}), encoding="utf-8")
    draft.replace(ready)


def end_with_parent() -> None:
    """End this process as soon as its standard input closes, whatever it is doing.

    The pipe's other end is held by the supervisor, so it closes however that ends.
    """
    threading.Thread(target=_wait_for_end, name="parent-watch", daemon=True).start()


def _wait_for_end() -> None:
    while sys.stdin.buffer.read(4096):
        pass
    os._exit(0)
