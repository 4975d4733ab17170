"""Traces as OpenTelemetry makes them; loaded only where they are on, see :mod:`tracing`.

What leaves this process are names of ours, ids and codes: the exporter passes on no attribute that
is not in :data:`PASSED_ON`, and neither the text of an error nor its stack, which may quote a mail
or an address.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span, SpanKind, Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.util.types import AttributeValue

PASSED_ON = frozenset(
    {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "exception.type",
        "temporalWorkflowID",
        "temporalRunID",
        "temporalActivityID",
    }
)
"""Attributes of spans and of their events that may leave."""
EXPORT_SECONDS = 3.0
"""How long one try to reach the collector may take: a worker that is to end waits for it."""

_PARENT = TraceContextTextMapPropagator()


class Traces:
    """The traces of this process, sent to a collector a few seconds after they were made.

    Args:
        service: what this process is called in them.
        endpoint: base URL of the collector (OTLP over HTTP).
    """

    def __init__(self, service: str, endpoint: str) -> None:
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=EXPORT_SECONDS)
        provider = TracerProvider(resource=Resource.create({"service.name": service}))
        provider.add_span_processor(BatchSpanProcessor(Discreet(exporter)))
        trace.set_tracer_provider(provider)
        self.stop = provider.shutdown
        self._tracer = trace.get_tracer("perennial")

    def span(self, name: str, *, server: bool, parent: str) -> AbstractContextManager[Span]:
        """See :func:`tracing.span`."""
        context = Context() if server else None
        if parent:
            context = _PARENT.extract({"traceparent": parent})
        kind = SpanKind.SERVER if server else SpanKind.INTERNAL
        return self._tracer.start_as_current_span(name, context, kind)

    def traceparent(self) -> str:
        """See :func:`tracing.traceparent`."""
        carrier: dict[str, str] = {}
        _PARENT.inject(carrier)
        return carrier.get("traceparent", "")


class Discreet(SpanExporter):
    """An exporter that is given spans without what may be somebody's."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Pass on what may leave."""
        return self._exporter.export([_without_values(one) for one in spans])

    def shutdown(self) -> None:
        """End the exporter."""
        self._exporter.shutdown()


def _without_values(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        name=span.name,
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_passed_on(span.attributes),
        events=[Event(one.name, _passed_on(one.attributes), one.timestamp) for one in span.events],
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _passed_on(attributes: Mapping[str, AttributeValue] | None) -> dict[str, AttributeValue]:
    return {name: value for name, value in (attributes or {}).items() if name in PASSED_ON}
