"""Every statement of metering, as plain SQL on a `Statements`: the hot path has no row objects to pay for."""

from collections.abc import Sequence

from modelyard import ledger, pricing
from modelyard.infra import Statements, from_micros, to_micros
from modelyard.infra.epoch import EPOCH_SQL
from modelyard.infra.sets import insert_many, marks, parts
from modelyard.infra.writer import Row
from modelyard.kernel import AccountId, DeploymentId, Money, PriceId, TokenId
from modelyard.metering import rules
from modelyard.metering.values import GATEWAY, Ask, Charge, Hold, HoldState, ProcessId, Receipt, RequestId, Usage

_HOLD = (
    "SELECT request, account, seller, product, token, price, bound_prompt, bound_completion, bound_atoms, expires_at,"
    " state, checkpoint_prompt, checkpoint_completion FROM hold"
)
_ONE_HOLD = f"{_HOLD} WHERE request = ?"
_OVERDUE = f"{_HOLD} WHERE state = 'open' AND process = ? AND expires_at <= ? ORDER BY expires_at LIMIT ?"
_ORPHANED = (
    f"{_HOLD} WHERE state = 'open' AND NOT EXISTS"  # noqa: S608 - constants only
    " (SELECT 1 FROM process_lease WHERE process_lease.id = hold.process)"
    " ORDER BY expires_at LIMIT ?"
)
_HOLDS = (
    "INSERT INTO hold (request, account, seller, product, token, price, currency,"
    " bound_prompt, bound_completion, bound_atoms, state, process, created_at, expires_at)"
)
_CHECKPOINT = (
    "UPDATE hold SET checkpoint_prompt = ?, checkpoint_completion = ?, expires_at = ?"
    " WHERE request = ? AND state = 'open'"
)
_RESOLVE = "UPDATE hold SET state = ?, resolved_at = ? WHERE state = 'open' AND request IN "
_RESOLVE_UNMOVED = "UPDATE hold SET state = ?, resolved_at = ? WHERE state = 'open' AND request = ? AND expires_at = ?"
_EVENTS = (
    "INSERT INTO usage_event (source, id, account, seller, product, token, price, currency, prompt_tokens,"
    " completion_tokens, rated_atoms, charged_atoms, platform_atoms, occurred_at, estimated, payload_hash)"
)
_EVENT = (
    "SELECT prompt_tokens, completion_tokens, estimated, occurred_at, payload_hash FROM usage_event"
    " WHERE source = ? AND id = ?"
)
_SHARED_CLOCK = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
_BEAT = (
    "INSERT INTO process_lease (id, started_at, beat_at) VALUES (?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at"
)


def insert_holds(statements: Statements, holds: Sequence[tuple[Hold, ProcessId, int, int]]) -> bool:
    """Write new holds; False, and the others of them written, when a request has one already."""
    rows = [(*_hold_facts(hold), "open", process, at, expires_at) for hold, process, at, expires_at in holds]
    return insert_many(statements, _HOLDS, rows, "ON CONFLICT DO NOTHING") == len(rows)


def find_hold(statements: Statements, request: RequestId) -> Hold | None:
    """Return the hold of a request; its ask carries no epoch, since none was kept."""
    row = statements.one(_ONE_HOLD, (request,))
    return None if row is None else _hold(statements, row)


def holder(statements: Statements, request: RequestId) -> ProcessId | None:
    """Return the process that holds for a request, or None when there is no hold."""
    row = statements.one("SELECT process FROM hold WHERE request = ?", (request,))
    return None if row is None else ProcessId(row[0])


def overdue(statements: Statements, process: ProcessId, before: int, limit: int) -> list[tuple[Hold, Usage | None]]:
    """Return open holds of one process whose time has run out, oldest first, each with its last checkpoint.

    Times of expiry were taken from that process's clock, so no other one may judge them.
    """
    return [_open(statements, row) for row in statements.all(_OVERDUE, (process, before, limit))]


def orphaned(statements: Statements, limit: int) -> list[tuple[Hold, Usage | None]]:
    """Return open holds of processes that have no lease, oldest first, each with its last checkpoint.

    A checkpoint of nothing at all is none: it only gave the hold its full time again.
    """
    return [_open(statements, row) for row in statements.all(_ORPHANED, (limit,))]


def checkpoint(statements: Statements, request: RequestId, usage: Usage, expires_at: int) -> bool:
    """Keep what was used so far and move the expiry; False when the hold is not open."""
    return statements.execute(_CHECKPOINT, (usage.prompt_tokens, usage.completion_tokens, expires_at, request)) == 1


def resolve(statements: Statements, holds: Sequence[Hold], state: HoldState, at: int) -> bool:
    """Turn open holds into resolved ones; False, and the others of them resolved, when one is not open."""
    done = sum(
        statements.execute(_RESOLVE + marks(len(part)), (state.value, at, *(hold.request for hold in part)))
        for part in parts(holds)
    )
    return done == len(holds)


def resolve_unmoved(statements: Statements, hold: Hold, state: HoldState, at: int) -> bool:
    """Turn an open hold into a resolved one unless a checkpoint came after it was read; False when it was not."""
    return statements.execute(_RESOLVE_UNMOVED, (state.value, at, hold.request, to_micros(hold.expires_at))) == 1


def insert_events(statements: Statements, events: Sequence[tuple[Ask, Usage, Charge | None, int]]) -> None:
    """Write the usage events of settled requests, each with what is due and when it was."""
    insert_many(statements, _EVENTS, [_event_row(*event) for event in events])


def _event_row(ask: Ask, usage: Usage, due: Charge | None, at: int) -> tuple[object, ...]:
    price = (ask.price.id, ask.price.price.currency.code) if ask.price else (None, None)
    amounts = (due.rated.atoms, due.charged.atoms, due.platform.atoms) if due else (0, 0, 0)
    who = (GATEWAY, ask.request, ask.account, ask.seller, ask.product, ask.token)
    counts = (usage.prompt_tokens, usage.completion_tokens)
    return (*who, *price, *counts, *amounts, at, usage.estimated, rules.payload_hash(ask, usage))


def find_receipt(statements: Statements, request: RequestId) -> tuple[Receipt, str] | None:
    """Return the receipt of a settled request, and its event's payload hash."""
    row = statements.one(_EVENT, (GATEWAY, request))
    hold = None if row is None else find_hold(statements, request)
    if row is None or hold is None:
        return None
    prompt, completion, estimated, occurred_at, payload_hash = row
    usage = Usage(prompt, completion, estimated=bool(estimated))
    posted = ledger.find(statements, GATEWAY, request)
    txn = posted[0] if posted else None
    return rules.receipt(hold, usage, rules.charge(hold, usage), txn, from_micros(occurred_at)), payload_hash


def beat(statements: Statements, process: ProcessId, own: int, dead_after: int) -> None:
    """Renew a process's lease, or take it, and end those that have been silent for longer than so many microseconds.

    Leases are compared by the one clock that all processes share, PostgreSQL's; on SQLite there is one process, and
    its own time will do.
    """
    row = None if statements.sqlite else statements.one(_SHARED_CLOCK)
    at = int(row[0]) if row else own
    statements.execute(_BEAT, (process, at, at))
    statements.execute("DELETE FROM process_lease WHERE beat_at < ?", (at - dead_after,))


def end_lease(statements: Statements, process: ProcessId) -> None:
    """End a process's lease: what it left open is nobody's."""
    statements.execute("DELETE FROM process_lease WHERE id = ?", (process,))


def end_all_leases(statements: Statements) -> None:
    """End every lease, where there can be no other process that lives."""
    statements.execute("DELETE FROM process_lease")


def epoch(statements: Statements) -> int:
    """Return the epoch of this transaction."""
    row = statements.one(EPOCH_SQL)
    return int(row[0]) if row else 0


def _hold_facts(hold: Hold) -> tuple[object, ...]:
    ask, price = hold.ask, hold.ask.price
    who = (ask.request, ask.account, ask.seller, ask.product, ask.token)
    money = (price.id, price.price.currency.code) if price else (None, None)
    return (*who, *money, ask.bound.prompt_tokens, ask.bound.completion_tokens, hold.amount.atoms if hold.amount else 0)


def _hold(statements: Statements, row: Row) -> Hold:
    request, account, seller, product, token, price_id = row[:6]
    prompt, completion, atoms, expires_at, state = row[6:11]
    price = pricing.find(statements, PriceId(price_id)) if price_id else None
    ask = Ask(
        request=RequestId(request),
        account=AccountId(account),
        seller=AccountId(seller),
        product=DeploymentId(product),
        price=price,
        bound=Usage(prompt, completion),
        epoch=0,
        token=TokenId(token) if token else None,
    )
    return Hold(ask, Money(atoms, price.price.currency) if price else None, from_micros(expires_at), HoldState(state))


def _open(statements: Statements, row: Row) -> tuple[Hold, Usage | None]:
    prompt, completion = row[11:13]
    return _hold(statements, row), Usage(prompt, completion, estimated=True) if prompt or completion else None
