"""Drawing a statement: balances and flows from the ledger, lines from usage events, and both must agree."""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from modelyard import ledger
from modelyard.billing.errors import StatementDoesNotAddUp
from modelyard.billing.statements import Movement, SaleLine, SalesStatement, UsageLine, WalletStatement
from modelyard.kernel import AccountId, Currency, DeploymentId, Money, Period, PriceId
from modelyard.ledger import AccountKind, LedgerAccount
from modelyard.metering import Amounts, Dimension, Total
from modelyard.pricing import PriceVersion

USAGE = "usage"


class Drawing:
    """Draws the parts of one statement."""

    def __init__(
        self, session: Session, account: AccountId, period: Period, prices: dict[PriceId, PriceVersion]
    ) -> None:
        self._session = session
        self._account = account
        self._period = period
        self._prices = prices

    def wallet(self, of: Currency, spent: list[Total]) -> WalletStatement:
        """Draw the prepaid credit in one currency; raises StatementDoesNotAddUp."""
        books = LedgerAccount(AccountKind.CUSTOMER_WALLET, of, self._account)
        drawn = WalletStatement(
            opening=self._balance(books, at_end=False),
            movements=self._movements(books),
            usage=tuple(self._usage_line(total, amounts) for total, amounts in _in(of, spent)),
            used=-self._booked_usage(books),
            closing=self._balance(books, at_end=True),
        )
        self._check(of, adds_up=drawn.adds_up)
        return drawn

    def sales(self, of: Currency, sold: list[Total]) -> SalesStatement:
        """Draw what is owed for sales in one currency; raises StatementDoesNotAddUp."""
        books = LedgerAccount(AccountKind.SELLER_PAYABLE, of, self._account)
        lines = tuple(self._sale_line(total, amounts) for total, amounts in _in(of, sold))
        net, platform = self._booked_usage(books), sum((line.platform for line in lines), Money.zero(of))
        drawn = SalesStatement(
            opening=self._balance(books, at_end=False),
            sales=lines,
            movements=self._movements(books),
            gross=net + platform,
            platform=platform,
            net=net,
            closing=self._balance(books, at_end=True),
        )
        self._check(of, adds_up=drawn.adds_up)
        return drawn

    def _balance(self, books: LedgerAccount, *, at_end: bool) -> Money:
        before = self._period.end if at_end else self._period.start
        return Money(-ledger.balance_atoms(self._session, books.id, before=before), books.currency)

    def _booked_usage(self, books: LedgerAccount) -> Money:
        flows = ledger.flows(self._session, books.id, self._period)
        return Money(-sum(flow.atoms for flow in flows if flow.kind == USAGE), books.currency)

    def _movements(self, books: LedgerAccount) -> tuple[Movement, ...]:
        found = ledger.bookings(self._session, books.id, self._period, besides=USAGE)
        of = books.currency
        return tuple(Movement(each.txn, each.kind, each.booked_at, Money(-each.atoms, of)) for each in found)

    def _usage_line(self, total: Total, amounts: Amounts) -> UsageLine:
        product, price = self._what(total)
        counts = (total.requests, total.prompt_tokens, total.completion_tokens)
        return UsageLine(product, price, *counts, amount=amounts.charged)

    def _sale_line(self, total: Total, amounts: Amounts) -> SaleLine:
        product, price = self._what(total)
        counts = (total.requests, total.prompt_tokens, total.completion_tokens)
        return SaleLine(product, price, *counts, gross=amounts.charged, platform=amounts.platform, net=amounts.seller)

    def _what(self, total: Total) -> tuple[DeploymentId, PriceVersion]:
        return DeploymentId(total.by[Dimension.PRODUCT]), self._prices[PriceId(total.by[Dimension.PRICE])]

    def _check(self, of: Currency, *, adds_up: bool) -> None:
        if not adds_up:
            raise StatementDoesNotAddUp(account=self._account, currency=of.code)


def _in(of: Currency, totals: Iterable[Total]) -> list[tuple[Total, Amounts]]:
    return [(total, total.amounts) for total in totals if total.amounts and total.amounts.rated.currency == of]
