"""The client's side of the control socket."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

from perfkit.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["STUCK", "ask", "open_line", "request"]

#: What to type when the supervisor hangs; the next start deletes what it leaves.
STUCK = "pkill -9 -f perfkit.lab.supervisor"

# The supervisor may take 3 s to end a child before it answers.
_ANSWER_S = 20.0


def open_line(control: Path) -> socket.socket | None:
    """Return a connection to the supervisor, None when none listens."""
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(_ANSWER_S)
    try:
        line.connect(str(control))
    except (FileNotFoundError, ConnectionError):
        line.close()
        return None
    except OSError as error:
        line.close()
        raise LabError(f"perfkit lab: {control}: {error.strerror or error}") from error
    return line


def ask(line: socket.socket, order: Mapping[str, object]) -> dict[str, Any] | None:
    """Send ``order`` and return the answer; None when the supervisor ends meanwhile.

    Raises:
        LabError: the supervisor refuses, or does not answer.
    """
    try:
        line.sendall(json.dumps(order).encode() + b"\n")
        said = _read_line(line)
    except TimeoutError:
        raise LabError("perfkit lab: the supervisor does not answer", hint=STUCK) from None
    except ConnectionError:
        return None
    if not said.endswith(b"\n"):
        return None
    answer: dict[str, Any] = json.loads(said)
    if not answer["ok"]:
        raise LabError(answer["error"], hint=answer.get("hint", ""))
    return answer


def request(control: Path, order: Mapping[str, object]) -> dict[str, Any] | None:
    """Return the answer to ``order`` over a connection of its own, None without a lab."""
    line = open_line(control)
    if line is None:
        return None
    with line:
        return ask(line, order)


def _read_line(line: socket.socket) -> bytes:
    said = b""
    while not said.endswith(b"\n"):
        piece = line.recv(65536)
        if not piece:
            break
        said += piece
    return said
