"""Customer wallets: the one balance that is kept beside the entries, because admission hangs on it.

`posted` is what the entries say and `held` the sum of the open holds; both are written in the transaction that changes
the entries or the holds, `0 <= held <= posted` is a constraint, and `modelyard ledger verify` compares them with what
they mirror. The row can be rebuilt from the entries at any time.
"""

from dataclasses import dataclass

from modelyard.infra import Statements
from modelyard.kernel import AccountId, Currency, Money

_OPEN = "INSERT INTO wallet (account, currency, posted_atoms, held_atoms) VALUES (?, ?, 0, 0) ON CONFLICT DO NOTHING"
_MOVE = (
    "UPDATE wallet SET posted_atoms = posted_atoms + ?, held_atoms = held_atoms + ?"
    " WHERE account = ? AND currency = ? AND posted_atoms - held_atoms >= ? AND held_atoms >= ?"
)
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


def move(statements: Statements, account: AccountId, currency: Currency, *, posted: int, held: int) -> bool:
    """Add to what is posted and to what is held, in one conditional update; False means that nothing was changed.

    It changes nothing when there is no wallet, or when less than nothing would be held or left available.
    """
    return statements.execute(_MOVE, (posted, held, account, currency.code, held - posted, -held)) == 1


def balance(statements: Statements, account: AccountId, currency: Currency) -> Balance | None:
    """Return the wallet, or None where the account never had credit in this currency."""
    row = statements.one(_READ, (account, currency.code))
    return None if row is None else Balance(Money(row[0], currency), Money(row[1], currency))
