"""The pages of money: credit and usage of an account, its statement to print, a receipt, and the operator's top-up."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from modelyard import accounts, metering
from modelyard.accounts import Account, Actor
from modelyard.accounts.http import Authenticator
from modelyard.billing import figures, service
from modelyard.infra import Infra
from modelyard.kernel import CURRENCIES, N_, DeploymentId, DomainError, Kind, Period
from modelyard.kernel.errors import Datum
from modelyard.metering import Dimension, RequestId, Wanted, month_of, period_of
from modelyard.pricing import ProductOwners
from modelyard.pricing.schemas import MoneyView, per_thousand
from modelyard.web import Flash, Form, NavItem, Point, Renderer, see_other

PATH = "/settings/billing"
CREDIT = "/admin/credit"
SETTINGS = NavItem(PATH, N_("Billing"))
ADMINISTRATION = NavItem(CREDIT, N_("Credit"))
_FIELDS = ("account", "amount", "currency", "key")
_OF_THE_FORM = (Kind.INVALID, Kind.NOT_FOUND, Kind.CONFLICT)
MONTHS_BACK = 12
EVENTS_A_PAGE = 50
KIND_WORDS = {"top_up": N_("Credit added"), "reversal": N_("Correction")}
"""Kinds of ledger transactions, as statements name them."""


def build_pages(renderer: Renderer, infra: Infra, auth: Authenticator, owners: ProductOwners) -> list[Route]:
    """Return the routes."""
    pages = BillingPages(renderer, infra, auth, owners)
    return [
        Route(PATH, pages.overview, methods=["GET"]),
        Route(PATH + "/usage", pages.usage, methods=["GET"]),
        Route(PATH + "/statement", pages.statement, methods=["GET"]),
        Route("/receipts/{request}", pages.receipt, methods=["GET"]),
        Route(CREDIT, pages.credit, methods=["GET"]),
        Route(CREDIT, renderer.posted(pages.add_credit), methods=["POST"]),
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Whose money is looked at, by whom, in which month."""

    actor: Actor
    account: Account
    choices: tuple[str, ...]
    month: str
    period: Period

    def context(self, now: datetime) -> dict[str, Any]:
        """Return what every page of an account shows around its own content."""
        return {
            "account": self.account,
            "choices": [(name, name) for name in self.choices],
            "month": self.month,
            "months": [(month, month) for month in _months(now)],
            "period": self.period,
        }


@dataclass(frozen=True, slots=True)
class BillingPages:
    """Overview, usage, statement, receipt, and credit."""

    renderer: Renderer
    infra: Infra
    auth: Authenticator
    owners: ProductOwners

    def overview(self, request: Request) -> Response:
        """Show the credit that is left, and this month in short."""
        now = self.infra.clock.now()
        with self.infra.db.reader() as session:
            asked = self._asked(session, request)
            balances = service.credit_of(session, actor=asked.actor, account=asked.account.id)
            owed = service.owed_to(session, actor=asked.actor, account=asked.account.id)
            used = self._used(session, asked)
        return self.renderer.page(
            request, "billing/overview.html", balances=balances, owed=owed, used=used, **asked.context(now)
        )

    def usage(self, request: Request) -> Response:
        """Show a month by day, by model, and request by request."""
        now = self.infra.clock.now()
        with self.infra.db.reader() as session:
            asked = self._asked(session, request)
            wanted, actor, account = Wanted(asked.period), asked.actor, asked.account.id
            totals = metering.spending(session, actor=actor, account=account, wanted=wanted, by=[Dimension.DAY])
            used = self._used(session, asked)
            cursor = request.query_params.get("cursor")
            page = metering.events(
                session, actor=actor, account=account, wanted=wanted, before=cursor, limit=EVENTS_A_PAGE
            )
            titles = self._titles(session, (event.product for event in page.items))
        days = figures.days_of(totals, asked.period, now)
        say = self.renderer.say
        points = [
            Point(day.date.isoformat(), day.tokens, say(request, N_("{n} tokens"), {"n": f"{day.tokens:,}"}))
            for day in days
        ]
        return self.renderer.page(
            request,
            "billing/usage.html",
            days=days,
            points=points,
            used=used,
            page=page,
            titles=titles,
            **asked.context(now),
        )

    def statement(self, request: Request) -> Response:
        """Show a month's statement, to be printed."""
        now = self.infra.clock.now()
        with self.infra.db.reader() as session:
            asked = self._asked(session, request)
            drawn = service.statement(
                session, actor=asked.actor, account=asked.account.id, period=asked.period, clock=self.infra.clock
            )
            used = {line.product for part in drawn.wallets for line in part.usage}
            sold = {line.product for part in drawn.sales for line in part.sales}
            titles = self._titles(session, used | sold)
        return self.renderer.page(
            request,
            "billing/statement.html",
            drawn=drawn,
            titles=titles,
            per_thousand=per_thousand,
            kinds=KIND_WORDS,
            **asked.context(now),
        )

    def receipt(self, request: Request) -> Response:
        """Show what one request came to."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            found = metering.receipt(session, actor=actor, request=RequestId(request.path_params["request"]))
            titles = self._titles(session, [found.product])
        return self.renderer.page(
            request, "billing/receipt.html", receipt=found, title=titles.get(found.product, found.product)
        )

    def credit(self, request: Request) -> Response:
        """Offer the operator's form for credit that came in outside."""
        accounts.require_admin(self.auth.require_user(request))
        query = request.query_params
        return self._credit_form(request, {"account": query.get("account", "")}, status=200)

    def add_credit(self, request: Request, form: Form) -> Response:
        """Book the credit, or show the form again with what is wrong."""
        actor = self.auth.require_user(request)
        sent = {name: form.text(name) for name in _FIELDS}
        try:
            amount = MoneyView(amount=sent["amount"][:40], currency=sent["currency"][:3]).read("amount")
            with self.infra.db.unit() as session:
                account = accounts.find_account(session, sent["account"])
                done = service.top_up(
                    session, actor=actor, account=account.id, amount=amount, key=sent["key"], clock=self.infra.clock
                )
        except DomainError as error:
            if error.kind not in _OF_THE_FORM:
                raise
            return self._credit_form(request, sent, status=422, error=error)
        sentence = N_("{amount} {currency} was added for {name}.") if done.new else N_("This key was booked before.")
        said: dict[str, Datum] = {"amount": sent["amount"], "currency": amount.currency.code, "name": account.name}
        return see_other(CREDIT, Flash(sentence, data=said), secure=self.renderer.site.links.secure)

    def _credit_form(
        self, request: Request, sent: Mapping[str, str], *, status: int, error: DomainError | None = None
    ) -> Response:
        errors = dict.fromkeys(("", *_FIELDS), "")
        if error is not None:
            errors |= self.renderer.field_errors(request, error)
        known = {"account": "", "amount": "", "currency": self.infra.settings.default_currency, "key": ""}
        return self.renderer.page(
            request,
            "billing/credit.html",
            status=status,
            sent=known | dict(sent),
            errors=errors,
            currencies=[(code, code) for code in sorted(CURRENCIES)],
        )

    def _asked(self, session: Session, request: Request) -> _Asked:
        actor, query = self.auth.require_user(request), request.query_params
        me = accounts.account_by_id(session, accounts.require_user(actor, accounts.Scope.READ))
        mine = (me.name, *(member.account.name for member in accounts.memberships(session, me.id)))
        account = accounts.find_account(session, query["account"]) if query.get("account") else me
        month = query.get("month", "") or month_of(self.infra.clock.now())
        period = period_of(month, None, None, now=self.infra.clock.now())
        return _Asked(actor, account, mine if account.name in mine else (*mine, account.name), month, period)

    def _used(self, session: Session, asked: _Asked) -> list[figures.Used]:
        totals = metering.spending(
            session,
            actor=asked.actor,
            account=asked.account.id,
            wanted=Wanted(asked.period),
            by=[Dimension.PRODUCT],
        )
        titles = self._titles(session, (DeploymentId(total.by[Dimension.PRODUCT]) for total in totals))
        return figures.by_product(totals, titles)

    def _titles(self, session: Session, products: Iterable[DeploymentId]) -> Mapping[DeploymentId, str]:
        wanted = set(products)
        return {product: str(product) for product in wanted} | dict(self.owners.titles(session, wanted))


def _months(now: datetime) -> list[str]:
    """Return this month and those before it, the newest first."""
    months, instant = [], now
    for _ in range(MONTHS_BACK):
        months.append(month_of(instant))
        instant = instant.replace(day=1) - timedelta(days=1)
    return months
