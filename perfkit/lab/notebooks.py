"""Execute the guided notebooks headless: for the demo, for CI, for the copies we ship."""

from __future__ import annotations

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellControlSignal, DeadKernelError

from perfkit.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["execute", "with_parameters"]

CELL_TIMEOUT_S = 180
POLL_S = 0.1
SIZE_LIMIT = 300_000
#: The plot itself is drawn from data that the notebook can make again; tables and texts stay.
_DROPPED = ("application/vnd.plotly.v1+json", "application/vnd.jupyter.widget-view+json")


def execute(notebook: Any, folder: Path) -> Any:
    """Run all cells of ``notebook`` in ``folder`` and return it with its outputs.

    Ctrl-C ends the kernel at once.

    Raises:
        LabError: a cell failed; the message holds its text and what it printed.
    """
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=ERROR"],  # loopback only: nothing to warn of
        resources={"metadata": {"path": str(folder)}},
        shutdown_kernel="immediate",
    )
    stop = threading.Event()
    # In the main thread nbclient would take Ctrl-C for itself, and report a dead kernel.
    with ThreadPoolExecutor(1, thread_name_prefix="notebook") as pool:
        running = pool.submit(lambda: asyncio.run(_executed(client, stop)))
        try:
            return running.result()
        except (CellControlSignal, DeadKernelError) as error:
            raise LabError(
                f"a notebook cell failed: {error}", hint="open it and run it there"
            ) from None
        finally:
            stop.set()


async def _executed(client: NotebookClient, stop: threading.Event) -> Any:
    """Run the notebook; once ``stop`` is set, end its kernel."""
    task = asyncio.create_task(client.async_execute())
    while not task.done() and not stop.is_set():
        await asyncio.wait([task], timeout=POLL_S)
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)  # how it ends is of no interest any more
    if client.km is not None and await client.km.is_alive():  # it was about to start
        await client.km.shutdown_kernel(now=True)
    return None


def with_parameters(notebook: Any, parameters: Mapping[str, Any]) -> Any:
    """Return the notebook with a cell behind the one tagged ``parameters`` that overrides it."""
    position = next(
        number
        for number, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", ())
    )
    code = "\n".join(f"{name} = {value!r}" for name, value in parameters.items())
    injected = nbformat.v4.new_code_cell(code, metadata={"tags": ["injected-parameters"]})
    cells = [*notebook.cells[: position + 1], injected, *notebook.cells[position + 1 :]]
    return nbformat.from_dict({**notebook, "cells": cells})


def slim(notebook: Any) -> Any:
    """Keep what a shared notebook needs: texts and tables, no widget state, no timings."""
    notebook.metadata.pop("widgets", None)
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", ()):
            for kind in _DROPPED:
                output.get("data", {}).pop(kind, None)
    return notebook


def main(folder: Path) -> None:
    """Execute every notebook of ``folder`` in place."""
    for path in sorted(folder.glob("*.ipynb")):
        notebook = slim(execute(nbformat.read(path, as_version=4), folder))
        text = nbformat.writes(notebook) + "\n"
        if len(text) > SIZE_LIMIT:
            raise LabError(f"{path.name}: {len(text)} bytes, more than {SIZE_LIMIT}")
        path.write_text(text)
        print(f"{path.name}: {len(text) // 1000} kB")  # noqa: T201 - a maker's command


if __name__ == "__main__":
    main(Path(sys.argv[1]))
