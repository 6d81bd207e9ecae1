"""What the keys of a JSON log line mean, whoever chose them."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Role", "flattened", "role"]


class Role(NamedTuple):
    """The meaning of a key; of two keys with one name the lower rank wins."""

    name: str
    rank: int
    unit: str = ""


_ALIASES = {
    "time": "timestamp @timestamp ts time datetime logged_at date asctime time_iso8601 time_local "
    "@t event_time log_time",
    "start": "started_at start_time request_start start_timestamp start start_utc",
    "method": "method http_method request_method verb",
    "route": "route http_route path_template route_template url_rule template endpoint",
    "path": "path http_path request_path url_path original_url url uri request_uri http_url target",
    "status": "status status_code http_status response_status http_status_code response_code code "
    "downstream_status",
    "trace_id": "trace_id traceid otel_trace_id dd_trace_id trace",
    "request_id": "request_id requestid req_id x_request_id correlation_id aws_request_id",
    "client": "client client_ip remote_addr client_addr remote_ip ip remote_address client_host "
    "downstream_remote_address",
    "response_bytes": "response_bytes bytes_sent body_bytes_sent response_size content_length "
    "bytes_out response_content_length bytes size response_length "
    "downstream_content_size",
    "service": "service service_name app_name",
    "cache_status": "cache_status upstream_cache_status x_cache",
    "error": "error exception exc_info err error_message err_message",
    "event": "event",
    "process": "pid process_id",
    "request_line": "request request_line",
    "text": "message msg",
    "statement": "statement query sql db_statement db_query_text query_text sql_query",
    "parameters": "params parameters args bindings query_params",
    "rows_returned": "row_count rows_returned rowcount rows num_rows",
    "database": "database db db_name dbname",
    "session_id": "session_id connection_id conn_id",
}
_ROLES = {
    alias: Role(name, rank)
    for name, aliases in _ALIASES.items()
    for rank, alias in enumerate(aliases.split())
}
_DURATION = re.compile(
    r"(?:(?:http|request|response|req|res|total)_)?(?:duration|elapsed|latency|took|time_taken"
    r"|elapsed_time|response_time|process_time|processing_time|request_time|total_time)"
    r"(?:_(?:in_)?(?P<unit>ms|msec|millis|milliseconds|s|sec|secs|seconds|us|micros|microseconds"
    r"|ns|nanos|nanoseconds))?"
)
_UNITS = {"m": "ms", "s": "s", "u": "us", "n": "ns"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
#: Objects whose members are spoken of as if they stood beside the others.
_GROUPS = re.compile(
    r"^(?:http|request|req|response|res|url|log|extra|fields|context|properties|meta|state|data)_"
)


@lru_cache(maxsize=4096)
def role(key: str) -> Role | None:
    """Return what ``key`` means, such as ``responseTime`` or ``http.request.method``."""
    plain = _CAMEL.sub("_", key).lower().replace(".", "_").replace("-", "_")
    while True:
        found = _ROLES.get(plain) or _duration(plain)
        shorter = _GROUPS.sub("", plain, count=1)
        if found or shorter == plain:
            return found
        plain = shorter


def _duration(key: str) -> Role | None:
    if key == "event_duration":  # Elastic Common Schema: nanoseconds
        return Role("duration", 0, "ns")
    found = _DURATION.fullmatch(key)
    if found is None:
        return None
    unit = found["unit"] or ""
    unit = "us" if unit.startswith("micro") else _UNITS.get(unit[:1], "")
    return Role("duration", 0 if unit else 1, unit)


def flattened(line: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the pairs of a line, objects inside it as ``http.method`` (two levels deep)."""
    for key, value in line.items():
        if isinstance(value, dict):
            for inner, deep in value.items():
                if isinstance(deep, dict):
                    yield from ((f"{key}.{inner}.{last}", found) for last, found in deep.items())
                else:
                    yield f"{key}.{inner}", deep
        else:
            yield key, value
