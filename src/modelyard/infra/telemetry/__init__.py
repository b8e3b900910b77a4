"""What the server tells its operator: log lines and numbers.

Logs are events with fields, to standard error, for people or as one JSON document a line; secrets are blotted out on
the way. Numbers are for Prometheus and belong to one `Metrics`, which is passed on like everything else: there is no
registry of the process. Telemetry never holds content: no prompt, no file, no token, no path that a stranger chose.
"""

from modelyard.infra.telemetry.logs import configure_logging
from modelyard.infra.telemetry.metrics import Metrics
from modelyard.infra.telemetry.requests import RequestTelemetry

__all__ = ["Metrics", "RequestTelemetry", "configure_logging"]
