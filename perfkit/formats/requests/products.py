"""Log lines of well-known programs, told by their keys: what units and names they document.

A key that names no unit has the unit that its program's documentation states; only the lines of
programs that are not here are read by magnitude.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

__all__ = ["PRODUCTS", "Product", "product_of"]


class Product(NamedTuple):
    """A program by the keys that its lines have (``http.method`` for nested ones).

    ``roles``: key -> what it means, and the unit of a duration (``""`` for what is none).
    """

    name: str
    marks: frozenset[str]
    roles: Mapping[str, tuple[str, str]]


def _product(name: str, marks: str, **roles: str) -> Product:
    pairs = {
        key.replace("__", "."): tuple(f"{meaning}:".split(":")[:2])
        for key, meaning in roles.items()
    }
    return Product(name, frozenset(marks.split()), {k: (v[0], v[1]) for k, v in pairs.items()})


_NGINX = {
    "request_time": "duration:s",
    "upstream_response_time": "upstream:s",
    "upstream_cache_status": "cache_status",
    "msec": "time",
}
_API_GATEWAY = {
    "responseLatency": "duration:ms",
    "integrationLatency": "upstream:ms",
    "requestTime": "start",
    "requestTimeEpoch": "start",
    "resourcePath": "route",
    "routeKey": "route",
}
_SERILOG = {"Elapsed": "duration:ms", "@t": "time", "@x": "error"}

#: The first of which a line has all marks.
PRODUCTS = (
    # doc.traefik.io, "Access Logs": durations are of Go's time.Duration, in nanoseconds.
    _product(
        "Traefik",
        "DownstreamStatus Duration",
        Duration="duration:ns",
        OriginDuration="upstream:ns",
        StartUTC="start",
    ),
    # caddyserver.com/docs/caddyfile/directives/log: duration_format is seconds unless set.
    _product("Caddy", "request.proto request.uri duration", duration="duration:s"),
    # docs.konghq.com, "Log plugins": latencies in milliseconds, started_at in ms since 1970.
    _product(
        "Kong",
        "latencies.request",
        latencies__request="duration:ms",
        latencies__proxy="upstream:ms",
    ),
    # envoyproxy.io, "Access logging": %DURATION% and x-envoy-upstream-service-time in ms.
    _product(
        "Envoy",
        "response_flags duration",
        duration="duration:ms",
        upstream_service_time="upstream:ms",
        response_flags="error",
    ),
    # nginx.org, ngx_http_log_module and ngx_http_upstream_module: seconds with ms resolution.
    *(
        _product("nginx", f"request_time {other}", **_NGINX)
        for other in (
            "upstream_response_time",
            "time_local",
            "time_iso8601",
            "msec",
            "body_bytes_sent",
            "request_uri",
        )
    ),
    # echo.labstack.com, "Logger": latency in nanoseconds beside latency_human.
    _product("Echo", "latency latency_human", latency="duration:ns"),
    # github.com/pinojs/pino-http, fastify.dev "Logging": responseTime in milliseconds.
    _product("pino-http", "responseTime res.statusCode", responseTime="duration:ms"),
    _product("pino-http", "responseTime req.method", responseTime="duration:ms"),
    # github.com/bithavoc/express-winston: meta.responseTime in milliseconds.
    _product("express-winston", "meta.responseTime", meta__responseTime="duration:ms"),
    # github.com/roidrage/lograge: duration, view and db in milliseconds.
    _product("lograge", "controller action duration", duration="duration:ms"),
    # github.com/serilog/serilog-aspnetcore: Elapsed in milliseconds.
    _product("Serilog", "RequestMethod RequestPath Elapsed", **_SERILOG),
    _product(
        "Serilog",
        "Properties.RequestPath Properties.Elapsed",
        Properties__Elapsed="duration:ms",
    ),
    # learn.microsoft.com, "HTTP logging in ASP.NET Core": Duration in milliseconds.
    _product("ASP.NET Core", "StatusCode Duration Protocol", Duration="duration:ms"),
    # docs.aws.amazon.com, API Gateway "$context variables": latencies in ms.
    *(
        _product("API Gateway", marks, **_API_GATEWAY)
        for marks in ("requestTime httpMethod", "requestTimeEpoch", "routeKey requestTime")
    ),
    # learn.microsoft.com, "Application Gateway monitoring data": seconds; the first generation,
    # which has no serverResponseLatency, wrote milliseconds.
    _product(
        "Azure Application Gateway",
        "properties.timeTaken properties.serverResponseLatency",
        properties__timeTaken="duration:s",
        properties__serverResponseLatency="upstream:s",
        properties__sentBytes="response_bytes",
        properties__host="service",
        properties__transactionId="request_id",
    ),
    # learn.microsoft.com, "Azure Front Door logs": seconds to the last byte.
    _product(
        "Azure Front Door",
        "properties.timeTaken properties.trackingReference",
        properties__timeTaken="duration:s",
        properties__endpoint="service",
        properties__trackingReference="request_id",
    ),
    # cloud.google.com, LogEntry's HttpRequest: its latency has a unit; the time is the begin.
    _product("Google Cloud", "requestMethod requestUrl latency", timestamp="start"),
)


def product_of(keys: Collection[str]) -> Product | None:
    """Return the program whose lines have these keys."""
    there = frozenset(keys)
    return next((one for one in PRODUCTS if one.marks <= there), None)
