"""The numbers of one server, in Prometheus' words."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0)
_BATCHES = (1, 2, 4, 8, 16, 32, 64, 128, 256)

Levels: TypeAlias = Callable[[], Mapping[tuple[str, ...], float]]
"""Reads levels when they are asked for: a value for each combination of label values."""


class Metrics:
    """Counts and times what the server does; safe to use from every thread.

    Names of its own begin with `modelyard_`; times are in seconds.
    """

    content_type = "text/plain; version=0.0.4; charset=utf-8"

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self._requests = Histogram(
            "modelyard_request_seconds",
            "Time from the first byte of a request to the last byte of its answer.",
            ("method", "route", "status"),
            buckets=_FAST,
            registry=self.registry,
        )
        self._batch = Histogram(
            "modelyard_writer_batch_items",
            "Works in one commit of the writer.",
            buckets=_BATCHES,
            registry=self.registry,
        )
        self._commit = Histogram(
            "modelyard_writer_commit_seconds",
            "Time of one batch of the writer, its fsync included.",
            buckets=_FAST,
            registry=self.registry,
        )
        self._children: dict[tuple[str, str, int], Histogram] = {}

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Note an answered request; `route` is its template, never the path itself."""
        key = (method, route, status)
        child = self._children.get(key)
        if child is None:
            child = self._children[key] = self._requests.labels(method, route, str(status))
        child.observe(seconds)

    def batch(self, items: int, seconds: float) -> None:
        """Note a batch of the writer; this is the writer's observer."""
        self._batch.observe(items)
        self._commit.observe(seconds)

    def counter(self, name: str, about: str, labels: Iterable[str] = ()) -> Counter:
        """Return a new counter of a room."""
        return Counter(name, about, tuple(labels), registry=self.registry)

    def histogram(
        self, name: str, about: str, labels: Iterable[str] = (), *, buckets: tuple[float, ...] = _FAST
    ) -> Histogram:
        """Return a new histogram of a room; the default buckets are for seconds."""
        return Histogram(name, about, tuple(labels), buckets=buckets, registry=self.registry)

    def levels(self, name: str, about: str, labels: Iterable[str], read: Levels) -> None:
        """Have levels read whenever the numbers are asked for, such as the length of a queue."""
        self.registry.register(_Levels(name, about, tuple(labels), read))

    def text(self) -> bytes:
        """Return all numbers in Prometheus' text format."""
        return generate_latest(self.registry)


class _Levels(Collector):
    def __init__(self, name: str, about: str, labels: tuple[str, ...], read: Levels) -> None:
        self._name = name
        self._about = about
        self._labels = labels
        self._read = read

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily(self._name, self._about, labels=self._labels)
        for labels, value in self._read().items():
            family.add_metric(labels, value)
        yield family
