"""The embedded server's configuration: throw-away data, and every log worth reading."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["initdb_options", "server_settings"]

_THROW_AWAY = {
    # The cluster is deleted with the lab: a crash may lose it.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "256MB",
    "min_wal_size": "32MB",
}
_SERVER = {
    "listen_addresses": "''",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "jit": "off",
    "timezone": "'UTC'",
    "lc_messages": "'C'",
    "shared_preload_libraries": "'pg_stat_statements,auto_explain'",
    "track_io_timing": "on",
    "perfkit.lab": "on",  # by this the analyses know a server that is there to be tried out
}
_LOGGING = {
    "logging_collector": "on",
    "log_filename": "'postgresql.log'",
    "log_rotation_age": "0",
    "log_rotation_size": "0",
    "log_timezone": "'UTC'",
    "log_line_prefix": "'%m [%p] %q%u@%d/%a '",
    "log_min_duration_statement": "1ms",
    "log_checkpoints": "on",
    "log_connections": "on",
    "log_disconnections": "on",
    "log_lock_waits": "on",
    "log_temp_files": "0",
}
_AUTO_EXPLAIN = {
    "auto_explain.log_min_duration": "20ms",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "on",
    "auto_explain.log_format": "json",
    "auto_explain.log_nested_statements": "off",
}


def server_settings(major: int, *, sockets: Path, log: Path) -> str:
    """Return the lines to append to postgresql.conf of release ``major``.

    What a session or ``ALTER SYSTEM`` sets at run time still wins. Options that
    ``major`` does not know are left out: ``compute_query_id`` came with 14, the JSON
    log with 15.
    """
    settings = {
        **_THROW_AWAY,
        **_SERVER,
        **_LOGGING,
        **_AUTO_EXPLAIN,
        "unix_socket_directories": _listed(str(sockets)),
        "log_directory": _quoted(str(log)),
        "log_destination": "'stderr,jsonlog'" if major >= 15 else "'stderr'",  # noqa: PLR2004
    }
    if major >= 14:  # noqa: PLR2004 - the release that brought the option
        settings["compute_query_id"] = "on"
    if major >= 18:  # noqa: PLR2004 - without "authentication", whose line names our folder
        settings["log_connections"] = "'receipt,authorization'"
    return "".join(f"{name} = {value}\n" for name, value in settings.items())


def initdb_options(major: int, *, linux: bool) -> list[str]:
    """Return initdb's options: trust behind a private socket, UTF-8, nothing synced."""
    # glibc and musl have C.UTF-8 everywhere; macOS does not.
    options = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
    options.append("--locale=C.UTF-8" if linux else "--locale=C")
    if major >= 14:  # noqa: PLR2004 - the release that brought the option
        options.append("--no-instructions")
    return options


def _quoted(text: str) -> str:
    """Return ``text`` as a string of postgresql.conf."""
    inner = text.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n")
    return f"'{inner}'"


def _listed(text: str) -> str:
    """Return ``text`` as the only element of a setting that is split at commas."""
    return _quoted('"' + text.replace('"', '""') + '"')
