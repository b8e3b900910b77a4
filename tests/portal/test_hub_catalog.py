"""The lists over the real hub, serving and pricing, on both databases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from modelyard import hub, pricing, serving
from modelyard.accounts import ANONYMOUS, EVERY_SCOPE, Actor, NewUser, create_user
from modelyard.economics import Meter, PerUnit, Price
from modelyard.hub import Message, RepoKind, RepoPath, Visibility
from modelyard.infra import Infra
from modelyard.kernel import CURRENCIES, ManualClock, Money, RepoId
from modelyard.portal import HubCatalog, RepoCard, ServedOffers, TokenPrice, Wish
from modelyard.serving import ServedFile

CNY = CURRENCIES["CNY"]
Publish = Callable[..., RepoId]


class Nothing:
    """Nobody serves anything."""

    def of(self, session: Session, repositories: Sequence[RepoId]) -> Mapping[RepoId, TokenPrice | None]:
        return {}


@dataclass
class OneFile:
    """Repositories that hold one file."""

    file: ServedFile

    def find_file(self, session: Session, *, actor: Actor, repo: str, revision: str, path: str) -> ServedFile:
        return self.file

    def readable(self, session: Session, *, actor: Actor, repo: RepoId) -> bool:
        return True

    def blob_path(self, sha256: str) -> Path | None:
        return None


@pytest.fixture
def ada(infra: Infra) -> Actor:
    with infra.db.unit() as session:
        new = NewUser("ada")
        user = create_user(session, actor=Actor.system("test"), new=new, password_hash=None, clock=infra.clock)
    return Actor(user.account.id, "ada", EVERY_SCOPE)


@pytest.fixture
def publish(infra: Infra, ada: Actor, clock: ManualClock) -> Publish:
    def with_card(name: str, card: str, kind: str = "model", *, private: bool = False) -> RepoId:
        clock.advance(timedelta(seconds=1))
        path = RepoPath(RepoKind(kind), "ada", name)
        shown = Visibility.PRIVATE if private else Visibility.PUBLIC
        with infra.db.unit() as session:
            repository = hub.create_repository(session, actor=ada, path=path, visibility=shown, clock=clock)
        draft = hub.open_draft(infra, actor=ada, path=path, revision="main")
        draft.add_file("README.md", f"---\n{card}\n---\n# {name}\n".encode())
        draft.land(Message("Add the card"))
        return repository.id

    return with_card


def names(infra: Infra, wish: Wish, actor: Actor = ANONYMOUS) -> list[str]:
    return [each.name for each in cards(infra, wish, actor)]


def cards(infra: Infra, wish: Wish, actor: Actor = ANONYMOUS) -> Sequence[RepoCard]:
    with infra.db.reader() as session:
        return HubCatalog(Nothing()).search(session, actor=actor, wish=wish).items


def test_lists_filter_order_and_hide(infra: Infra, ada: Actor, publish: Publish) -> None:
    publish("chat", "license: apache-2.0\npipeline_tag: text-generation\nlanguage: [zh, en]")
    publish("embed", "license: mit\npipeline_tag: sentence-similarity")
    publish("secret", "license: mit", private=True)
    publish("poems", "license: cc-by-4.0", "dataset")
    assert names(infra, Wish("model")) == ["embed", "chat"]
    assert names(infra, Wish("model"), ada) == ["secret", "embed", "chat"]
    assert names(infra, Wish("dataset")) == ["poems"]
    assert names(infra, Wish("model", text="CHA ada")) == ["chat"]
    assert names(infra, Wish("model", filters={"license": "mit"})) == ["embed"]
    assert names(infra, Wish("model", filters={"task": "text-generation", "language": "zh"})) == ["chat"]
    assert names(infra, Wish("model", owner="eve")) == []
    assert names(infra, Wish("model", text="nul\x00byte")) == []


def test_a_card_says_what_people_choose_by(infra: Infra, publish: Publish) -> None:
    publish("chat", "license: apache-2.0\npipeline_tag: text-generation")
    [chat] = cards(infra, Wish("model"))
    assert (chat.address, chat.task, chat.license) == ("/ada/chat", "text-generation", "apache-2.0")
    assert (chat.private, chat.serving, chat.price) == (False, False, None)


def test_a_long_list_goes_on(infra: Infra, publish: Publish) -> None:
    for number in range(3):
        publish(f"m{number}", "license: mit")
    with infra.db.reader() as session:
        catalog = HubCatalog(Nothing())
        first = catalog.search(session, actor=ANONYMOUS, wish=Wish("model", limit=2))
        rest = catalog.search(session, actor=ANONYMOUS, wish=Wish("model", limit=2, cursor=first.next))
    assert [each.name for each in (*first.items, *rest.items)] == ["m2", "m1", "m0"]
    assert rest.next is None


def test_filters_show_what_could_be_chosen_instead(infra: Infra, publish: Publish) -> None:
    publish("a", "license: mit\npipeline_tag: text-generation")
    publish("b", "license: apache-2.0\npipeline_tag: text-generation")
    publish("c", "license: apache-2.0\npipeline_tag: translation")
    with infra.db.reader() as session:
        wish = Wish("model", filters={"license": "mit"})
        facets = HubCatalog(Nothing()).facets(session, actor=ANONYMOUS, wish=wish)
    found = {facet.name: {each.value: each.count for each in facet.values} for facet in facets}
    assert found["license"] == {"apache-2.0": 2, "mit": 1}
    assert found["task"] == {"text-generation": 1}


def test_what_is_served_is_offered_at_its_price(infra: Infra, ada: Actor, publish: Publish, clock: ManualClock) -> None:
    plain, served = publish("plain", "license: mit"), publish("served", "license: mit")
    assert ada.account is not None
    file = ServedFile(served, ada.account, "ada/served", "0" * 40, "model.gguf", "0" * 64, 1)
    with infra.db.unit() as session:
        wanted = serving.Draft("ada/served", "model.gguf")
        made = serving.create_deployment(session, actor=ada, repositories=OneFile(file), draft=wanted, clock=clock)
    offers = ServedOffers(clock)
    with infra.db.reader() as session:
        assert offers.of(session, [plain, served]) == {served: None}
    price = Price(CNY, (PerUnit(Meter.PROMPT_TOKENS, 2_000), PerUnit(Meter.COMPLETION_TOKENS, 5_000)))
    with infra.db.unit() as session:
        product = pricing.Product(made.id, made.owner)
        pricing.set_price(session, actor=ada, product=product, terms=pricing.Terms(price, 2000), clock=clock)
    with infra.db.reader() as session:
        asked = TokenPrice(Money.parse("0.002", CNY), Money.parse("0.005", CNY))
        assert offers.of(session, [plain, served]) == {served: asked}
    with infra.db.unit() as session:
        serving.stop_deployment(session, actor=ada, deployment=made.id, clock=clock)
    with infra.db.reader() as session:
        assert offers.of(session, [plain, served]) == {}
