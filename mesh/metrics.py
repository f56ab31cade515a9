"""What a worker process measures, as Prometheus metrics, counted per batch and never per event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

if TYPE_CHECKING:
    from mesh.batch import Batch
    from mesh.engine import Engine

BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 5.0)
DISPOSITIONS = ("effected", "duplicate", "stale", "ignored", "parked", "dead")


class Metrics:
    """The metrics of one process, in a registry of their own."""

    def __init__(self, worker: str) -> None:
        self.registry = CollectorRegistry()
        labels = {"worker": worker}
        self._events = Counter(
            "coralserve_events", "Events by worker and disposition", ["worker", "disposition"], registry=self.registry
        )
        self._by_disposition = [(name, self._events.labels(worker, name)) for name in DISPOSITIONS]
        self._batches = Counter("coralserve_batches", "Committed batches", ["worker"], registry=self.registry).labels(
            **labels
        )
        self._age = Histogram(
            "coralserve_publish_to_commit_seconds", "Broker time to commit of a batch's oldest event", ["worker"],
            buckets=BUCKETS_S, registry=self.registry,
        ).labels(**labels)  # fmt: skip
        self._queued = Gauge(
            "coralserve_queued_records", "Fetched, not yet handled", ["worker"], registry=self.registry
        )
        self._worker = worker

    def committed(self, batch: Batch, *, age_s: float | None) -> None:
        """Count one committed batch; `age_s` is how long its oldest fresh record waited since the broker had it."""
        self._batches.inc()
        for name, counter in self._by_disposition:
            count = sum(getattr(tally, name) for tally in batch.tallies.values())
            if count:
                counter.inc(count)
        if age_s is not None:
            self._age.observe(max(age_s, 0.0))

    def watch(self, engine: Engine) -> None:
        self._queued.labels(self._worker).set_function(
            lambda: float(sum(len(lane.queue) for lane in engine.lanes.values()))
        )
