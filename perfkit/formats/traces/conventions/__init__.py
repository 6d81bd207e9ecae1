"""What a span's attributes mean, whichever convention their names follow.

OpenTelemetry's semantic conventions (old and new names), OpenTracing, Datadog, Zipkin and Brave,
Elastic APM, Sentry, Micrometer, the AWS SDKs. Where a span carries several names of one thing
(``OTEL_SEMCONV_STABILITY_OPT_IN=.../dup``) the newest wins.
"""

from perfkit.formats.traces.conventions.categories import category, category_of_type
from perfkit.formats.traces.conventions.facts import Facts, facts, service
from perfkit.formats.traces.conventions.systems import system_named

__all__ = ["Facts", "category", "category_of_type", "facts", "service", "system_named"]
