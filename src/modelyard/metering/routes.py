"""Usage, sales and receipts under /api/v1."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime

from modelyard.accounts import find_account
from modelyard.accounts.http import Authenticator
from modelyard.infra import Infra
from modelyard.kernel import DeploymentId, InvalidInput, TokenId
from modelyard.metering import service
from modelyard.metering.periods import period_of
from modelyard.metering.schemas import EventList, EventView, ReceiptView, TotalList, TotalView
from modelyard.metering.usage import Dimension, Wanted
from modelyard.metering.values import RequestId

SALES_BY = (Dimension.DAY, Dimension.PRODUCT, Dimension.PRICE)


@dataclass(frozen=True, slots=True)
class Asked:
    """The filters that all questions about usage share: a month, or a start and an end; one deployment; one token."""

    month: Annotated[str, Query(max_length=7, description="Such as 2026-01; this month without it.")] = ""
    start: AwareDatetime | None = None
    end: AwareDatetime | None = None
    deployment: Annotated[str | None, Query(max_length=100)] = None
    token: Annotated[str | None, Query(max_length=100)] = None


By = Annotated[
    str, Query(max_length=60, description="What to tell apart, comma-separated: day, product, price, token.")
]


def build_router(infra: Infra, auth: Authenticator) -> APIRouter:
    """Return the router of the room; mount it without a prefix, its paths carry /api/v1."""
    router = APIRouter(prefix="/api/v1", tags=["usage"])
    faces = UsageRoutes(infra, auth)
    router.add_api_route("/accounts/{name}/usage", faces.events, methods=["GET"])
    router.add_api_route("/accounts/{name}/usage/totals", faces.spending, methods=["GET"])
    router.add_api_route("/accounts/{name}/sales/totals", faces.sales, methods=["GET"])
    router.add_api_route("/receipts/{request_id}", faces.receipt, methods=["GET"])
    return router


@dataclass(frozen=True, slots=True)
class UsageRoutes:
    """The endpoints; each opens one reader and calls one verb."""

    infra: Infra
    auth: Authenticator

    def events(
        self,
        request: Request,
        name: str,
        asked: Annotated[Asked, Depends()],
        cursor: str | None = None,
        limit: Annotated[int, Query(ge=1, le=service.MAX_PAGE)] = 100,
    ) -> EventList:
        """List the requests of an account, the newest first."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            account = find_account(session, name).id
            wanted = self._wanted(asked)
            page = service.events(session, actor=actor, account=account, wanted=wanted, before=cursor, limit=limit)
        return EventList(items=[EventView.of(event) for event in page.items], next=page.next)

    def spending(self, request: Request, name: str, asked: Annotated[Asked, Depends()], by: By = "") -> TotalList:
        """Sum what an account used."""
        actor, wanted, dimensions = self.auth.require_user(request), self._wanted(asked), _dimensions(by, Dimension)
        with self.infra.db.reader() as session:
            account = find_account(session, name).id
            totals = service.spending(session, actor=actor, account=account, wanted=wanted, by=dimensions)
        views = [TotalView.of(total) for total in totals]
        return TotalList(start=wanted.period.start, end=wanted.period.end, items=views)

    def sales(self, request: Request, name: str, asked: Annotated[Asked, Depends()], by: By = "") -> TotalList:
        """Sum what an account sold, told apart by day, product and price, never by customer."""
        actor, wanted, dimensions = self.auth.require_user(request), self._wanted(asked), _dimensions(by, SALES_BY)
        if wanted.token is not None:
            raise InvalidInput(field="token", name="token", reason="sales are not told apart by customer")
        with self.infra.db.reader() as session:
            account = find_account(session, name).id
            totals = service.sales(session, actor=actor, seller=account, wanted=wanted, by=dimensions)
        views = [TotalView.of(total) for total in totals]
        return TotalList(start=wanted.period.start, end=wanted.period.end, items=views)

    def receipt(self, request: Request, request_id: str) -> ReceiptView:
        """Return the receipt of a settled request, to those who may read the account that paid."""
        actor = self.auth.require_user(request)
        with self.infra.db.reader() as session:
            return ReceiptView.of(service.receipt(session, actor=actor, request=RequestId(request_id)))

    def _wanted(self, asked: Asked) -> Wanted:
        return Wanted(
            period_of(asked.month, asked.start, asked.end, now=self.infra.clock.now()),
            DeploymentId(asked.deployment) if asked.deployment else None,
            TokenId(asked.token) if asked.token else None,
        )


def _dimensions(by: str, known: type[Dimension] | tuple[Dimension, ...]) -> list[Dimension]:
    words = {dimension.value: dimension for dimension in known}
    wanted = [word.strip() for word in by.split(",") if word.strip()]
    if unknown := [word for word in wanted if word not in words]:
        reason = f"{unknown[0][:20]!r} is not one of {', '.join(words)}"
        raise InvalidInput(field="by", name="by", reason=reason)
    return [words[word] for word in dict.fromkeys(wanted)]
