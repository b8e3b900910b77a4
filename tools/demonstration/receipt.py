"""The receipt: what was published, used, held, settled and earned, checked to the last atom and set in 80 columns."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from tools.demonstration.actors import Answer, Person, Published, Wrong
from tools.demonstration.screen import WIDTH, bold, line, width
from tools.demonstration.words import say

CURRENCY = "CNY"
PRICE = Decimal("0.005")
PER_TOKENS = 1000
CREDIT = Decimal(10)


@dataclass(frozen=True)
class Sale:
    """What was sold: a deployment of what was published, the digest of its model, and one answer."""

    deployment: str
    published: Published
    sha256: str
    answer: Answer


@dataclass(frozen=True)
class Receipt:
    """All figures of one run; amounts are in CNY."""

    url: str
    sale: Sale
    held: Decimal
    settled: Decimal
    left: Decimal
    still_held: Decimal
    publisher: Decimal
    platform: Decimal
    books: dict[str, Any]

    def check(self) -> None:
        """Raise Wrong unless the figures agree with each other, computed here once more."""
        tokens = self.sale.answer.prompt_tokens + self.sale.answer.completion_tokens
        promises = {
            "settled is price times tokens": self.settled == PRICE * tokens / PER_TOKENS,
            "settled is at most what was held": self.settled <= self.held,
            "no hold is left open": not self.still_held,
            "left is prepaid less settled": self.left == CREDIT - self.settled,
            "publisher and platform share what was settled": self.publisher + self.platform == self.settled,
            "the ledger's checks hold": bool(self.books["ok"]),
        }
        if broken := [promise for promise, kept in promises.items() if not kept]:
            raise Wrong(f"not so: {'; '.join(broken)}")

    def document(self) -> dict[str, Any]:
        """Return the receipt for programs; amounts are decimals as text."""
        figures = asdict(self)
        amounts = {name: str(value) for name, value in figures.items() if isinstance(value, Decimal)}
        return {**figures, **amounts, "prepaid": str(CREDIT), "price": str(PRICE), "per_tokens": PER_TOKENS}


def print_receipt(receipt: Receipt, people: list[Person]) -> None:
    """Print the receipt."""
    answer, books = receipt.sale.answer, receipt.books
    line()
    line("═" * WIDTH)
    line("  " + bold(say("RECEIPT")))
    line("═" * WIDTH)
    _part("Published")
    _pair(say("repository"), receipt.sale.published.repo)
    _pair(say("commit"), receipt.sale.published.commit)
    for name, size in receipt.sale.published.files:
        _pair(name, f"{size:,} B")
    _text(f"sha256 {receipt.sale.sha256}")
    _part("Used")
    _pair(say("tokens in"), f"{answer.prompt_tokens:,}")
    _pair(say("tokens out"), f"{answer.completion_tokens:,}")
    _pair(say("price"), f"{PRICE} {CURRENCY} {say('per 1,000 tokens')}")
    _pair(say("time to first token"), f"{answer.first_token:.3f} s")
    _part("The customer's credit")
    _money(
        (say("prepaid"), CREDIT),
        (say("held while it ran"), receipt.held),
        (say("settled"), receipt.settled),
        (say("left"), receipt.left),
    )
    _part("Who earned it")
    _money(
        (_shared("the publisher", receipt.publisher, receipt.settled), receipt.publisher),
        (_shared("the platform", receipt.platform, receipt.settled), receipt.platform),
    )
    _part("The books")
    counts = {"transactions": books["transactions"], "entries": books["entries"], "checks": len(books["checks"])}
    _text(say("{transactions} transactions, {entries} entries: all {checks} checks hold", **counts))
    _addresses(receipt, people)
    line("═" * WIDTH)


def _addresses(receipt: Receipt, people: list[Person]) -> None:
    pages = {
        f"/{receipt.sale.published.repo}": "model and chat",
        f"/receipts/{receipt.sale.answer.request}": "receipt",
        "/settings/billing/usage": "usage",
        "/settings/billing/statement": "statement",
        "/admin": "people and credit",
    }
    _part("Open in a browser")
    for path, what in pages.items():
        _pair(say(what), receipt.url + path)
    line()
    _text(say("Sign in at {url} as", url=f"{receipt.url}/login"))
    for person in people:
        _pair(person.name, person.password)


def _shared(name: str, part: Decimal, whole: Decimal) -> str:
    return f"{say(name)}, {part / whole:.0%}"


def _part(title: str) -> None:
    line()
    line("  " + bold(say(title)))


def _text(text: str) -> None:
    line("    " + text)


def _pair(name: str, value: str) -> None:
    dots = WIDTH - 8 - width(name) - width(value)
    line(f"    {name} {'·' * max(dots, 1)} {value}")


def _money(*amounts: tuple[str, Decimal]) -> None:
    """Print amounts with their points below each other."""
    written = {name: f"{amount:,f}" for name, amount in amounts}
    digits = max(len(text.partition(".")[2]) for text in written.values())
    for name, text in written.items():
        whole, _, fraction = text.partition(".")
        _pair(name, f"{whole}.{fraction.ljust(max(digits, 2), '0')} {CURRENCY}")
