"""The other end of :mod:`perfkit.ingest.workers`: a process that runs what it is sent.

Frames are eight bytes of length and a pickle. The process ends with its input and removes the
folder it was given, so that nothing is left when whoever started it was killed.
"""

from __future__ import annotations

import os
import pickle
import shutil
import signal
import sys
from typing import IO, Any

__all__ = ["main", "receive", "send"]


def send(stream: IO[bytes], message: Any) -> None:
    """Write one frame."""
    data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(len(data).to_bytes(8, "big"))
    stream.write(data)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one frame.

    Raises:
        EOFError: the other side is gone.
    """
    data = _exactly(stream, int.from_bytes(_exactly(stream, 8), "big"))
    return pickle.loads(data)  # noqa: S301 - from the process that started this one, or that this one started


def _exactly(stream: IO[bytes], size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:  # it may have been killed in the middle of a frame
        raise EOFError("the other process is gone")
    return data


def main() -> None:
    """Answer calls until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that waits
    calls = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever is printed must not get between the frames
    folder = ""
    try:
        sys.path[:], folder = receive(calls)
        import pyarrow as pa

        from perfkit.pandas_later import postpone_pandas

        postpone_pandas()
        pa.set_cpu_count(1)  # one process per core is the parallelism
        while True:
            send(answers, _answer(*receive(calls)))
    except (EOFError, BrokenPipeError):
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


def _answer(function: Any, arguments: tuple[Any, ...]) -> tuple[bool, Any]:
    try:
        return True, function(*arguments)
    except Exception as error:  # noqa: BLE001 - it is raised again by whoever waits for it
        return False, error


if __name__ == "__main__":
    main()
