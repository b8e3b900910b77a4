"""What serving and pricing say of repositories in a list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from modelyard import pricing, serving
from modelyard.economics import Meter, Price
from modelyard.kernel import Clock, Money, RepoId
from modelyard.portal.catalog import TokenPrice
from modelyard.serving import Desired

_TOKENS = 1000


@dataclass(frozen=True, slots=True)
class ServedOffers:
    """The `Offers` of this installation, at the prices in force now."""

    clock: Clock

    def of(self, session: Session, repositories: Sequence[RepoId]) -> Mapping[RepoId, TokenPrice | None]:
        """Return those of the repositories that answer requests; the price is None where none was set."""
        served = {repo: serving.deployment_of(session, repo) for repo in repositories}
        now = self.clock.now()
        offers: dict[RepoId, TokenPrice | None] = {}
        for repo, deployment in served.items():
            if deployment is not None and deployment.desired is Desired.RUNNING:
                version = pricing.price_at(session, deployment.id, now)
                offers[repo] = token_price(version.price) if version else None
        return offers


def token_price(price: Price) -> TokenPrice:
    """Return what 1,000 tokens cost at a price."""
    atoms = {each.meter: each.atoms for each in price.rates}
    prompt, completion = (atoms.get(meter, 0) for meter in (Meter.PROMPT_TOKENS, Meter.COMPLETION_TOKENS))
    return TokenPrice(Money(prompt * _TOKENS, price.currency), Money(completion * _TOKENS, price.currency))
