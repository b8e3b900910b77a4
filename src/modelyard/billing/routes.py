"""Credit and statements under /api/v1."""

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from modelyard.accounts import find_account
from modelyard.accounts.http import Authenticator
from modelyard.billing import service
from modelyard.billing.schemas import AddCredit, BalanceList, BalanceView, CreditAdded, StatementView
from modelyard.billing.sheets import as_csv
from modelyard.infra import Infra
from modelyard.metering import period_of

_ACCOUNT = "/accounts/{name}"


def build_router(infra: Infra, auth: Authenticator) -> APIRouter:
    """Return the router of the room; mount it without a prefix, its paths carry /api/v1."""
    router = APIRouter(prefix="/api/v1", tags=["billing"])
    faces = BillingRoutes(infra, auth)
    router.add_api_route(f"{_ACCOUNT}/credit", faces.credit, methods=["GET"])
    router.add_api_route(f"{_ACCOUNT}/credit", faces.add_credit, methods=["POST"], status_code=201)
    router.add_api_route(
        f"{_ACCOUNT}/statement",
        faces.statement,
        methods=["GET"],
        response_model=StatementView,
        responses={200: {"content": {"text/csv": {}}}},
    )
    return router


@dataclass(frozen=True, slots=True)
class BillingRoutes:
    """The endpoints; each opens one unit of work and calls one verb."""

    infra: Infra
    auth: Authenticator

    def credit(self, request: Request, name: str) -> BalanceList:
        """Return an account's credit, one wallet for each currency."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            balances = service.credit_of(session, actor=actor, account=find_account(session, name).id)
        return BalanceList(items=[BalanceView.of(balance) for balance in balances])

    def add_credit(self, request: Request, name: str, body: AddCredit, response: Response) -> CreditAdded:
        """Book prepaid credit, as an administrator; a key that was booked before answers 200 and changes nothing."""
        actor = self.auth.require_user(request)
        amount = body.amount.read("amount")
        with self.infra.db.unit() as session:
            account = find_account(session, name).id
            done = service.top_up(
                session, actor=actor, account=account, amount=amount, key=body.key, clock=self.infra.clock
            )
        response.status_code = 201 if done.new else 200
        return CreditAdded.of(done)

    def statement(
        self,
        request: Request,
        name: str,
        month: Annotated[str, Query(max_length=7, description="Such as 2026-01; this month without it.")] = "",
        start: AwareDatetime | None = None,
        end: AwareDatetime | None = None,
        form: Annotated[Literal["json", "csv"], Query(alias="format")] = "json",
    ) -> StatementView | Response:
        """Draw an account's statement of a month, or from a start to an end, from posted entries."""
        actor, clock = self.auth.require_user(request), self.infra.clock
        period = period_of(month, start, end, now=clock.now())
        with self.infra.db.reader() as session:
            account = find_account(session, name)
            drawn = service.statement(session, actor=actor, account=account.id, period=period, clock=clock)
        if form == "csv":
            disposition = {"Content-Disposition": f'attachment; filename="statement-{account.name}.csv"'}
            return Response(as_csv(drawn), media_type="text/csv; charset=utf-8", headers=disposition)
        return StatementView.of(drawn, account.name)
