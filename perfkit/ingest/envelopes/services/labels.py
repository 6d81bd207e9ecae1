"""Which stream the labels of Loki, Elasticsearch or a cloud name."""

from __future__ import annotations

import re
from typing import Any

from perfkit.ingest.envelopes.services.records import named

__all__ = ["of_document", "of_labels", "parsed_labels"]

#: A container says more than its pod, a pod more than its application; the first found counts.
_LABELS = (
    "container",
    "container_name",
    "service_name",
    "service",
    "app",
    "app_kubernetes_io_name",
    "unit",
    "job",
    "filename",
)
_PLACES = ("pod", "pod_name", "host", "hostname", "instance")
_FIELDS = (
    "kubernetes.container.name",
    "kubernetes.container_name",
    "container.name",
    "docker.container.name",
    "service.name",
    "service",
    "process.name",
    "log.file.path",
    "source",
)
_HOSTS = (
    "kubernetes.pod.name",
    "kubernetes.pod_name",
    "host.name",
    "hostname",
    "host",
    "beat.hostname",
)
_LABEL = re.compile(rb'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


def of_labels(labels: Any) -> str:
    """Return ``pod/container`` or what of it the labels of Loki say."""
    return _joined(named(labels, *_PLACES), named(labels, *_LABELS))


def of_document(fields: Any) -> str:
    """Return ``host/service`` or what of it the fields of a document say."""
    return _joined(named(fields, *_HOSTS), named(fields, *_FIELDS))


def parsed_labels(text: bytes) -> dict[str, str]:
    """Read ``{app="web", pod="web-1"}``."""
    return {key.decode(): value.decode("utf-8", "replace") for key, value in _LABEL.findall(text)}


def _joined(place: str, what: str) -> str:
    return f"{place}/{what}" if place and what and place != what else place or what
