"""The lengths of the infrastructure's own queues, as numbers."""

from collections.abc import Mapping

from sqlalchemy import func, select

from modelyard.infra import jobs
from modelyard.infra.db import Database
from modelyard.infra.outbox import DeliveryRow
from modelyard.infra.telemetry import Metrics


def watch_queues(metrics: Metrics, db: Database) -> None:
    """Have jobs by kind and state, and waiting or dead deliveries by consumer, read with the numbers."""

    def jobs_now() -> Mapping[tuple[str, ...], float]:
        with db.reader() as session:
            return {(item.kind, item.state.value): item.jobs for item in jobs.backlog(session)}

    def deliveries_now() -> Mapping[tuple[str, ...], float]:
        query = (
            select(DeliveryRow.consumer, DeliveryRow.state, func.count())
            .where(DeliveryRow.state != "done")
            .group_by(DeliveryRow.consumer, DeliveryRow.state)
        )
        with db.reader() as session:
            return {(consumer, state): count for consumer, state, count in session.execute(query)}

    metrics.levels("modelyard_jobs", "Jobs by kind and state.", ("kind", "state"), jobs_now)
    metrics.levels(
        "modelyard_outbox_deliveries", "Events not heard yet, or never.", ("consumer", "state"), deliveries_now
    )
