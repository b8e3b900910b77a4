"""What happened, told to other rooms after the transaction in which it happened.

An event is a frozen dataclass with a stable `name` and a `subject`: the id of the thing that it is about.

    announce(session, RepositoryCreated(repo=repo.id))            # the same transaction as the change itself
    consumers.on("hub.search", RepositoryCreated, index)          # index(session, event, event_id)

Each consumer hears each of its events at least once, and those of one subject in order. Its writes commit together
with the mark that it has heard, so as far as the database goes it is once exactly; `event_id` is for the rest. A
consumer that fails is called again later, and holds up only its own events of that subject; after `MAX_TRIES` that
delivery is dead and the next one goes on. Consumers are short; long work is a job that they enqueue.

The outbox is no log to be read by the public, and events of the past are forgotten when all have heard them.
"""

from modelyard.infra.outbox.announce import Event, announce, announce_by
from modelyard.infra.outbox.consumers import Consumers
from modelyard.infra.outbox.dispatcher import MAX_TRIES, Dispatcher
from modelyard.infra.outbox.models import DeliveryRow, EventRow

__all__ = [
    "MAX_TRIES",
    "Consumers",
    "DeliveryRow",
    "Dispatcher",
    "Event",
    "EventRow",
    "announce",
    "announce_by",
]
