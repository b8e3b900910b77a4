"""Decisions of metering, pure: the most that a request may cost, and what it came to."""

import hashlib
from datetime import datetime

from modelyard.economics import share, total
from modelyard.kernel import LedgerTxnId, Money
from modelyard.ledger import AccountKind, Draft, LedgerAccount, Move, credit, debit
from modelyard.metering.values import GATEWAY, Ask, Charge, Hold, Receipt, Usage


def amount_to_hold(ask: Ask) -> Money | None:
    """Return the price of the bound: the most that the request may cost; None where no price is set."""
    return None if ask.price is None else total(ask.price.price, ask.bound.quantities)


def set_aside(hold: Hold) -> list[Move]:
    """Return what a hold does to its wallet; nothing where nothing is held."""
    return _moves(hold, posted=0, held=hold.atoms)


def release(hold: Hold, *, spent: int = 0) -> list[Move]:
    """Return what resolving a hold does to its wallet, when so many atoms were spent of it."""
    return _moves(hold, posted=-spent, held=-hold.atoms)


def charge(hold: Hold, usage: Usage) -> Charge | None:
    """Return what the usage comes to under the price that the hold pinned, never more of it charged than was held.

    Only what is charged is shared: what nobody paid is owed to nobody, or sellers would have requests outgrow holds.
    """
    price = hold.ask.price
    if price is None or hold.amount is None:
        return None
    rated = total(price.price, usage.quantities)
    charged = min(rated, hold.amount)
    shares = share(charged, price.platform_share_bp)
    return Charge(hold.amount, rated, charged, rated - charged, shares.seller, shares.platform)


def draft(ask: Ask, due: Charge) -> Draft | None:
    """Return the ledger transaction of a charge, or None when nothing is due.

    The customer's wallet is debited what is charged, the seller and the platform's revenue are credited their shares of
    it. What exceeds the hold is computing that the platform gave away: the usage event tells it, and no entry.
    """
    if not due.charged:
        return None
    currency = due.charged.currency
    sides = (
        debit(LedgerAccount(AccountKind.CUSTOMER_WALLET, currency, ask.account), due.charged),
        credit(LedgerAccount(AccountKind.SELLER_PAYABLE, currency, ask.seller), due.seller),
        credit(LedgerAccount(AccountKind.PLATFORM_REVENUE, currency), due.platform),
    )
    return Draft(GATEWAY, ask.request, "usage", tuple(side for side in sides if side.atoms))


def receipt(hold: Hold, usage: Usage, due: Charge | None, txn: LedgerTxnId | None, at: datetime) -> Receipt:
    """Return the receipt of a hold that was settled for this usage, which came to what is due."""
    ask = hold.ask
    return Receipt(
        request=ask.request,
        account=ask.account,
        seller=ask.seller,
        product=ask.product,
        token=ask.token,
        price=ask.price.id if ask.price else None,
        usage=usage,
        charge=due,
        txn=txn,
        settled_at=at,
    )


def payload_hash(ask: Ask, usage: Usage) -> str:
    """Return SHA-256 over all that a usage event says, so that another event under the same id is noticed.

    Whether the counts are estimated is left out: a count that turns out to be right is the same count.
    """
    price = ask.price.id if ask.price else ""
    facts = (ask.account, ask.seller, ask.product, ask.token or "", price)
    text = "\n".join((GATEWAY, ask.request, *facts, str(usage.prompt_tokens), str(usage.completion_tokens)))
    return hashlib.sha256(text.encode()).hexdigest()


def same_request(known: Ask, ask: Ask) -> bool:
    """Tell whether two asks are the same logical request; the snapshot's epoch may differ between its tries."""
    return (known.account, known.seller, known.product, known.token, known.price, known.bound) == (
        ask.account,
        ask.seller,
        ask.product,
        ask.token,
        ask.price,
        ask.bound,
    )


def _moves(hold: Hold, *, posted: int, held: int) -> list[Move]:
    return [Move(hold.ask.account, hold.amount.currency.code, posted, held)] if hold.amount else []
