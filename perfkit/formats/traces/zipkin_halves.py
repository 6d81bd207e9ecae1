"""Zipkin's version 1 spans divided into the halves of a call: client and server, one row each.

The rules are those of V1SpanConverter of openzipkin/zipkin: annotations ``cs``, ``cr`` (client
sends, receives), ``sr``, ``ss`` (server), ``ms``, ``ws`` (message sent), ``wr``, ``mr`` (message
received) belong to the half of their endpoint's service; the client owns the span's own
timestamp and duration. Addresses of the other side are ``sa`` (server), ``ca`` (client), ``ma``
(broker); old versions of zipkin-ruby write their value as "1". Times are microseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from perfkit.formats.traces.zipkin_model import Annotation, Endpoint, Span1

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Half", "halves"]

_KINDS = {
    "cs": "CLIENT",
    "cr": "CLIENT",
    "sr": "SERVER",
    "ss": "SERVER",
    "ms": "PRODUCER",
    "mr": "CONSUMER",
}
_CORE = frozenset({*_KINDS, "ws", "wr"})
_ADDRESSES = frozenset({"sa", "ca", "ma"})


class Half(msgspec.Struct, gc=False):
    """What one service tells of a span."""

    local: Endpoint | None = None
    kind: str | None = None
    timestamp: float | None = None
    duration: float | None = None
    remote: Endpoint | None = None
    shared: bool = False
    tags: dict[str, Any] = msgspec.field(default_factory=dict)
    annotations: list[dict[str, Any]] = msgspec.field(default_factory=list)

    def lasts(self, begin: float | None, end: float | None) -> None:
        """Set when it began and how long it took; a begin of 0 is unknown."""
        self.timestamp = begin or None
        self.duration = end - begin if begin and end and end > begin else None


def halves(span: Span1) -> list[Half]:
    """Return the halves in ``span``, at least one."""
    divided = _Divided(span)
    divided.read_annotations()
    divided.time_calls()
    divided.time_messages()
    divided.read_tags()
    return divided.halves


class _Divided:
    def __init__(self, span: Span1) -> None:
        self.span = span
        self.halves = [Half()]
        self.core: dict[str, Annotation] = {}
        self._known: dict[str | None, Half] = {}

    def read_annotations(self) -> None:
        """Keep the core annotations apart, and give each half its kind."""
        known = [one for one in self.span.annotations or () if one.timestamp is not None]
        for one in sorted(known, key=lambda a: (a.timestamp, a.value)):
            half = self._half(one.endpoint)
            if one.endpoint is not None and one.value in _CORE:
                self.core[one.value] = one
                half.kind = _KINDS.get(one.value, half.kind)
            else:
                half.annotations.append({"timestamp": one.timestamp, "value": one.value})
        for begin, end in (("cs", "cr"), ("sr", "ss")):
            self._infer(begin, end)

    def time_calls(self) -> None:
        """Say when the halves of a remote call began and ended."""
        core = self.core
        if "cs" in core and "sr" in core:
            self._both()
        elif "cs" in core and "cr" in core:
            self._one("cs", "cr")
        elif "sr" in core and "ss" in core:
            self._one("sr", "ss")
        else:
            self._incomplete()
        if "cs" not in core and "sr" in core:
            span = self.span
            if not span.timestamp or ("ss" in core and not span.duration):
                self._half(core["sr"].endpoint).shared = True

    def time_messages(self) -> None:
        """Say when a message was sent and received."""
        core = self.core
        if "ms" in core and "mr" in core:
            sender, receiver = self._pair("ms", "mr")
            received = core["mr"].timestamp
            begun = core["wr"].timestamp if "wr" in core else received
            receiver.lasts(begun, received)
            sender.lasts(core["ms"].timestamp, core["ws"].timestamp if "ws" in core else None)
        elif "ms" in core:
            self._one("ms", "ws")
        elif "mr" in core:
            self._one(*(("wr", "mr") if "wr" in core else ("mr", "")))

    def read_tags(self) -> None:
        """Give each half its tags, and the address of the other side."""
        addresses: dict[str, Endpoint] = {}
        for one in self.span.binaryAnnotations or ():
            if one.key in _ADDRESSES and (one.value is True or one.value == "1"):
                if one.endpoint is not None:
                    addresses[one.key] = one.endpoint
                continue
            half = self._half(one.endpoint)  # also what says nothing else tells whose it is
            if one.value is not None and (one.key, one.value) != ("lc", ""):
                half.tags[one.key] = one.value
        if self.core.keys() & {"cs", "cr", "sr", "ss"}:
            self._call_addresses(addresses)
        elif addresses.keys() & {"ca", "sa"}:
            self._addresses_alone(addresses)
            return
        for name in ("ms", "mr"):
            if "ma" in addresses and name in self.core:
                self._half(self.core[name].endpoint).remote = addresses["ma"]

    def _call_addresses(self, addresses: Mapping[str, Endpoint]) -> None:
        core = self.core
        client, server = core.get("cs") or core.get("cr"), core.get("sr") or core.get("ss")
        caller = addresses.get("ca")
        if caller is not None and server is not None and caller != server.endpoint:
            if _service(caller) == _service(server.endpoint):  # the port of a socket, as Finagle's
                caller = msgspec.structs.replace(caller, serviceName=None)
            self._half(server.endpoint).remote = caller
        if "sa" in addresses and client is not None:
            self._half(client.endpoint).remote = addresses["sa"]

    def _addresses_alone(self, addresses: Mapping[str, Endpoint]) -> None:
        """Without core annotations: a client's address alone means that it was served."""
        if "sa" in addresses:
            self._half(addresses.get("ca")).remote = addresses["sa"]
        else:
            self.halves[0].kind, self.halves[0].remote = "SERVER", addresses["ca"]

    def _half(self, endpoint: Endpoint | None) -> Half:
        """Return the half of an endpoint's service; what names none belongs to the first."""
        if endpoint is None:
            return self.halves[0]
        known = self._known.get(endpoint.serviceName)
        if known is None:
            first = self.halves[0]
            known = first if first.local is None else self._new(endpoint)
            known.local = endpoint
            self._known[endpoint.serviceName] = known
        return known

    def _new(self, endpoint: Endpoint | None) -> Half:
        self.halves.append(Half(endpoint))
        return self.halves[-1]

    def _pair(self, upper: str, lower: str) -> tuple[Half, Half]:
        """Return both halves, also where a service calls itself."""
        above, below = self.core[upper].endpoint, self.core[lower].endpoint
        first = self._half(above)
        itself = _service(above) == _service(below)
        second = self._new(below) if itself else self._half(below)
        first.kind, second.kind, second.shared = _KINDS[upper], _KINDS[lower], True
        return first, second

    def _both(self) -> None:
        core, span = self.core, self.span
        self._one("cs", "cr")
        client, server = self._pair("cs", "sr")
        server.lasts(core["sr"].timestamp, core["ss"].timestamp if "ss" in core else None)
        if "cr" not in core and not span.duration:
            client.duration = None

    def _one(self, begin: str, end: str) -> None:
        """Time the only half, or the one that owns the span's own timestamp and duration."""
        first, last, span = self.core[begin], self.core.get(end), self.span
        half = self._half(first.endpoint)
        if span.timestamp and span.duration:
            half.timestamp, half.duration = span.timestamp, span.duration
        else:
            half.lasts(first.timestamp, last.timestamp if last else None)

    def _incomplete(self) -> None:
        for half in self.halves:
            for kind, begin, end in (("CLIENT", "cs", "cr"), ("SERVER", "sr", "ss")):
                if half.kind != kind:
                    continue
                if begin in self.core:
                    half.timestamp = self.core[begin].timestamp
                if end in self.core:
                    one = self.core[end]
                    half.annotations.append({"timestamp": one.timestamp, "value": one.value})
        if self.span.timestamp:
            self.halves[0].timestamp = self.span.timestamp
            self.halves[0].duration = self.span.duration

    def _infer(self, begin: str, end: str) -> None:
        """Add a begin that was not recorded where the span's own times end at ``end``."""
        last, span = self.core.get(end), self.span
        if begin in self.core or last is None or not span.timestamp or not span.duration:
            return
        if span.timestamp + span.duration == last.timestamp:
            self.core[begin] = Annotation(span.timestamp, begin, last.endpoint)


def _service(endpoint: Endpoint | None) -> str | None:
    return endpoint.serviceName if endpoint else None
