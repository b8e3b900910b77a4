"""Customer wallets: the one balance that is kept beside the entries, because admission hangs on it.

`posted` is what the entries say and `held` the sum of the open holds; both are written in the transaction that changes
the entries or the holds, `0 <= held <= posted` is a constraint, and `modelyard ledger verify` compares them with what
they mirror. The row can be rebuilt from the entries at any time.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from modelyard.infra import Statements
from modelyard.infra.sets import parts
from modelyard.kernel import AccountId, Currency, Money
from modelyard.kernel.money import MAX_ATOMS

_OPEN = "INSERT INTO wallet (account, currency, posted_atoms, held_atoms) VALUES (?, ?, 0, 0) ON CONFLICT DO NOTHING"
_READ = "SELECT posted_atoms, held_atoms FROM wallet WHERE account = ? AND currency = ?"


@dataclass(frozen=True, slots=True)
class Balance:
    """A wallet: what is posted, and how much of it is held for requests that still run."""

    posted: Money
    held: Money

    @property
    def available(self) -> Money:
        """What may still be held."""
        return self.posted - self.held


def open_wallet(statements: Statements, account: AccountId, currency: Currency) -> None:
    """Make sure that the account has a wallet in this currency."""
    statements.execute(_OPEN, (account, currency.code))


class Move(NamedTuple):
    """What to add to one wallet: to what is posted and to what is held, in atoms."""

    account: AccountId
    currency: str
    posted: int
    held: int


def move(statements: Statements, account: AccountId, currency: Currency, *, posted: int, held: int) -> bool:
    """Add to what is posted and to what is held, in one conditional update; False means that nothing was changed.

    It changes nothing when there is no wallet, when less than nothing would be held or left available, or when more
    would be posted than 64 bits hold.
    """
    return move_all(statements, [Move(account, currency.code, posted, held)])


def move_all(statements: Statements, moves: Iterable[Move]) -> bool:
    """Move many wallets, each as `move` does and by the sum of its moves.

    Some may have been moved when it returns False; the caller then rolls back. Wallets are locked in the order of their
    names, so that two processes that move the same ones do not wait for each other in a circle.
    """
    return all(
        statements.execute(_move_many(len(part)), [value for row in part for value in row]) == len(part)
        for part in parts(_summed(moves))
    )


def _summed(moves: Iterable[Move]) -> list[tuple[str, str, int, int, int]]:
    """Return one row a wallet, by name: account, currency, posted, held, and the most that may be posted before."""
    sums: dict[tuple[AccountId, str], tuple[int, int]] = {}
    for account, currency, more_posted, more_held in moves:
        posted, held = sums.get((account, currency), (0, 0))
        sums[account, currency] = (posted + more_posted, held + more_held)
    return [(*wallet, *sums[wallet], MAX_ATOMS - max(0, sums[wallet][0])) for wallet in sorted(sums)]


@cache
def _move_many(count: int) -> str:
    given = "(CAST(? AS TEXT), CAST(? AS TEXT), CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT))"
    return (
        "UPDATE wallet SET posted_atoms = posted_atoms + m.column3, held_atoms = held_atoms + m.column4"  # noqa: S608 - constants only
        f" FROM (VALUES {', '.join([given] * count)}) AS m"
        " WHERE account = m.column1 AND currency = m.column2 AND posted_atoms <= m.column5"
        " AND posted_atoms - held_atoms >= m.column4 - m.column3 AND held_atoms >= -m.column4"
    )


def balance(statements: Statements, account: AccountId, currency: Currency) -> Balance | None:
    """Return the wallet, or None where the account never had credit in this currency."""
    row = statements.one(_READ, (account, currency.code))
    return None if row is None else Balance(Money(row[0], currency), Money(row[1], currency))
