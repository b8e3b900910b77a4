"""A server's refusal, as it came over the wire: sentence and hint are said already, in the language asked for."""

import dataclasses
from collections.abc import Mapping

from modelyard.kernel import Kind
from modelyard.kernel.errors import Datum


@dataclasses.dataclass(eq=False)
class Refusal(Exception):
    """What a problem of /api/v1 says; `kind` is None for a fault of the server itself."""

    kind: Kind | None
    code: str
    sentence: str
    hint: str
    field: str | None = None
    data: Mapping[str, Datum] = dataclasses.field(default_factory=dict)
