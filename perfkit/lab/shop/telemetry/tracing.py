"""Traces through OpenTelemetry's own instrumentations, into a file of OTLP JSON lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

if TYPE_CHECKING:
    from pathlib import Path

    from fastapi import FastAPI

    from perfkit.lab.shop.state import Shop

__all__ = ["trace_to"]


def trace_to(path: Path, app: FastAPI, *, excluded: tuple[str, ...]) -> TracerProvider:
    """Trace requests, statements and calls of ``app`` into ``path``.

    The spans are in the file after ``force_flush()`` of the returned provider.
    """
    provider = TracerProvider(resource=Resource.create({"service.name": "shop"}))
    # Small batches: encoding a large one would hold up the shop's own threads.
    provider.add_span_processor(
        BatchSpanProcessor(
            FileSpanExporter(path),
            schedule_delay_millis=500,
            max_export_batch_size=64,
            max_queue_size=65_536,
        )
    )
    shop: Shop = app.state.shop
    # The two spans a request for sending its answer are no work of the shop.
    FastAPIInstrumentor.instrument_app(
        app,
        tracer_provider=provider,
        excluded_urls=",".join(excluded),
        exclude_spans=["send", "receive"],
    )
    # It declares SQLAlchemy < 2.1 and would silently do nothing; it works with 2.1.
    SQLAlchemyInstrumentor().instrument(
        engines=shop.engines, tracer_provider=provider, skip_dep_check=True
    )
    HTTPXClientInstrumentor.instrument_client(shop.client, tracer_provider=provider)
    HTTPXClientInstrumentor.instrument_client(shop.sync_client, tracer_provider=provider)
    shop.tracer = provider.get_tracer("shop")
    return provider
