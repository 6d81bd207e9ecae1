"""``%load_ext perfkit``: one file here is one magic.

Loading is instant, offline and silent: a magic imports what it needs when it runs.
``%unload_ext`` and ``%reload_ext`` leave nothing behind.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from IPython.core.magic import no_var_expand, output_can_be_silenced

from perfkit.magics.state import Session

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from perfkit.magics.options import Command

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

_MODULES = ("explain", "timeapi", "profile_endpoint", "perfkit")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Add the magics, their completion and ``%config Perfkit`` to ``shell``."""
    from perfkit.magics.settings import Perfkit

    session = Session(namespace=shell.user_ns)
    for name in _MODULES:
        module = importlib.import_module(f"perfkit.magics.{name}")
        function = _function(module, session)
        command: Command = module.COMMAND
        shell.register_magic_function(function, "line_cell", command.name)
        for prefix in ("%", "%%"):
            shell.set_hook("complete_command", _completer(command), str_key=prefix + command.name)
    shell.configurables.append(Perfkit(parent=shell))


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Take everything away again, and let go of a lab this notebook holds."""
    from perfkit.magics.settings import Perfkit

    for name in _MODULES:
        command: Command = importlib.import_module(f"perfkit.magics.{name}").COMMAND
        function = shell.magics_manager.magics["line"].pop(command.name, None)
        shell.magics_manager.magics["cell"].pop(command.name, None)
        for prefix in ("%", "%%"):
            shell.strdispatchers["complete_command"].strs.pop(prefix + command.name, None)
        release = getattr(function, "release", None)
        if release is not None:
            release()
    shell.configurables[:] = [item for item in shell.configurables if not isinstance(item, Perfkit)]


def _function(module: Any, session: Session) -> Callable[..., Any]:
    command: Command = module.COMMAND

    def magic(line: str, cell: str | None = None) -> Any:
        parsed = command.parse(line)
        if parsed.has("help") or parsed.has("h"):
            print(command.help())  # noqa: T201 - asked for with -h
            return None
        return module.run(session, parsed, cell)

    magic.__name__ = magic.__qualname__ = command.name
    magic.__doc__ = command.help()
    magic.release = session.release  # type: ignore[attr-defined]
    wrapped: Callable[..., Any] = no_var_expand(magic)
    return output_can_be_silenced(wrapped) if module.SILENCED_BY_SEMICOLON else wrapped


def _completer(command: Command) -> Callable[..., list[str]]:
    def complete(_shell: Any, _event: Any) -> list[str]:
        return command.complete()

    return complete
