"""A service that counts by the OpenTelemetry SDK and exports by OTLP over HTTP, as one would that knows nothing of us.

Given {"environment": {...}, "gzip": bool, "exports": [{"orders": N, "waits": [ms, ...], "depth": N}, ...]}: counts, exports,
and so on. Prints {"exports": how many were taken}.
"""

import json
import os
import sys

asked = json.load(sys.stdin)
# The SDK reads its settings as it is imported.
os.environ.update(asked["environment"])

from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

exporter = OTLPMetricExporter(
    endpoint=sys.argv[1] + "/v1/metrics", compression=Compression.Gzip if asked["gzip"] else Compression.NoCompression
)
# Exports are asked for, not waited for.
reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
provider = MeterProvider([reader], Resource.create({"service.name": "checkout"}))
meter = provider.get_meter("shop")
depth = 0
orders = meter.create_counter("orders")
wait = meter.create_histogram("wait", "ms")
meter.create_observable_gauge("depth", [lambda _: [Observation(depth, {"queue": "mail"})]])
taken = 0
for export in asked["exports"]:
    depth = export["depth"]
    orders.add(export["orders"], {"shop": "seoul"})
    for ms in export["waits"]:
        wait.record(ms, {"shop": "seoul"})
    taken += provider.force_flush()
provider.shutdown()
print(json.dumps({"exports": taken}))
