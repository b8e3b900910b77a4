"""Money as an integer count of atoms, so that sums are exact on every database.

An atom is 10^-9 of a currency's unit, or 10^-6 for currencies of small unit (JPY, KRW, IDR, VND), so that a signed
64-bit integer holds 9.2 billion units and never overflows in practice. The scale belongs to the currency.
Micro-units would be too coarse: one million embedding calls at 0.02 USD per million tokens drift by 2 %.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import total_ordering

MAX_ATOMS = 2**63 - 1


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one operation."""


class MoneyFormatError(ValueError):
    """A text is not an amount of money, or is finer than one atom."""


@dataclass(frozen=True, slots=True)
class Currency:
    """An ISO 4217 currency: its code, the digits of its minor unit, and the digits of an atom."""

    code: str
    minor_digits: int
    atom_digits: int = 9

    @property
    def atoms_per_unit(self) -> int:
        """Atoms in one unit, such as 1,000,000,000 in one CNY."""
        return int(10**self.atom_digits)

    @property
    def atoms_per_minor(self) -> int:
        """Atoms in one minor unit, such as 10,000,000 in one cent."""
        return int(10 ** (self.atom_digits - self.minor_digits))


CURRENCIES: dict[str, Currency] = {
    c.code: c
    for c in (
        Currency("CNY", 2),
        Currency("USD", 2),
        Currency("EUR", 2),
        Currency("GBP", 2),
        Currency("CHF", 2),
        Currency("HKD", 2),
        Currency("SGD", 2),
        Currency("INR", 2),
        Currency("AUD", 2),
        Currency("CAD", 2),
        Currency("JPY", 0, 6),
        Currency("KRW", 0, 6),
        Currency("VND", 0, 6),
        Currency("IDR", 2, 6),
    )
}


def currency(code: str) -> Currency:
    """Return the currency of an ISO code; raises MoneyFormatError for one that is not kept."""
    try:
        return CURRENCIES[code]
    except KeyError:
        msg = f"unknown currency {code!r}; known are {', '.join(sorted(CURRENCIES))}"
        raise MoneyFormatError(msg) from None


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """A signed amount in atoms of one currency.

    Money.parse("0.005", CNY)   # 5,000,000 atoms
    price * 1_000               # by an integer only
    a + b, a - b, -a, a < b     # same currency, or CurrencyMismatch
    """

    atoms: int
    currency: Currency

    def __post_init__(self) -> None:
        if not -MAX_ATOMS <= self.atoms <= MAX_ATOMS:
            msg = "the amount is beyond 64 bits"
            raise OverflowError(msg)

    @classmethod
    def zero(cls, of: Currency) -> "Money":
        """Return nothing, in this currency."""
        return cls(0, of)

    @classmethod
    def parse(cls, text: str, of: Currency) -> "Money":
        """Read a plain decimal such as `-12.50`; refuses exponents, separators, and digits finer than an atom."""
        sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
        whole, dot, fraction = digits.partition(".")
        plain = whole.isascii() and whole.isdigit() and (not dot or (fraction.isascii() and fraction.isdigit()))
        if not plain or len(digits) > 40:
            msg = f"{text[:50]!r} is not an amount; write it like 0.005"
            raise MoneyFormatError(msg)
        fraction = fraction.rstrip("0")
        if len(fraction) > of.atom_digits:
            msg = f"{text!r} is finer than 10^-{of.atom_digits} {of.code}"
            raise MoneyFormatError(msg)
        atoms = sign * int(whole + fraction.ljust(of.atom_digits, "0"))
        if not -MAX_ATOMS <= atoms <= MAX_ATOMS:
            msg = f"{text!r} is larger than can be kept"
            raise MoneyFormatError(msg)
        return cls(atoms, of)

    def __str__(self) -> str:
        """Return the exact decimal, with at least the currency's minor digits: `0.005`, `12.50`."""
        sign = "-" if self.atoms < 0 else ""
        whole, rest = divmod(abs(self.atoms), self.currency.atoms_per_unit)
        fraction = str(rest).rjust(self.currency.atom_digits, "0").rstrip("0").ljust(self.currency.minor_digits, "0")
        return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.atoms + self._same(other).atoms, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.atoms - self._same(other).atoms, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.atoms, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.atoms * times, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.atoms < self._same(other).atoms

    def __bool__(self) -> bool:
        return self.atoms != 0

    def minor(self) -> int:
        """Round to minor units, half away from zero: the one rounding rule, used once for each invoice line."""
        per = self.currency.atoms_per_minor
        rounded = (abs(self.atoms) + per // 2) // per
        return rounded if self.atoms >= 0 else -rounded

    def split(self, weights: Sequence[int]) -> tuple["Money", ...]:
        """Divide by weights with the largest remainder; the parts always add up to the whole."""
        return tuple(Money(atoms, self.currency) for atoms in split_atoms(self.atoms, weights))

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            msg = f"{self.currency.code} met {other.currency.code}"
            raise CurrencyMismatch(msg)
        return other


def split_atoms(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide an integer by non-negative weights; remainders go to the largest ones, earlier parts first."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        msg = "weights must be non-negative and not all zero"
        raise ValueError(msg)
    sign, whole = (-1, -amount) if amount < 0 else (1, amount)
    parts = [whole * weight // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(whole * weights[i] % total), i))
    for i in by_remainder[: whole - sum(parts)]:
        parts[i] += 1
    return [sign * part for part in parts]
