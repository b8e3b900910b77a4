"""One path for every request that spends: snapshot, durable hold, engine, durable settlement.

Wires parse and shape; the gateway decides and pays. It speaks of calls, streams and receipts, and knows no HTTP of the
client's side: a client that goes away is a task that is cancelled.
"""

from modelyard.serving.gateway.assemble import answer_text, usage
from modelyard.serving.gateway.front import Gateway
from modelyard.serving.gateway.stream import Stream
from modelyard.serving.gateway.words import Call, Spent, Timing, Who, Whole

__all__ = ["Call", "Gateway", "Spent", "Stream", "Timing", "Who", "Whole", "answer_text", "usage"]
