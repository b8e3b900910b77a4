"""The one way out: HTTP calls to addresses that a stranger may have chosen.

A webhook, a mirror or an import names a URL; this server must not be made to fetch its own neighborhood with it. So
a call is refused unless the address is public or the operator allows it. The name is resolved here, the answer is
checked, and the connection goes to the very address that was checked: a name that answers differently the second time
gains nothing. Each redirect is judged like a first call. Sizes and times are bounded, cookies are not kept, and proxies
of the environment are not used, because behind one the address could not be checked.

Calls to engines of our own do not come through here: the gateway starts those itself and knows their address.
"""

from modelyard.infra.outbound.client import Answer, Incoming, Limits, Outbound
from modelyard.infra.outbound.errors import OutboundFailed, OutboundRefused, OutboundTooLarge
from modelyard.infra.outbound.guard import Guard, Resolver, SystemResolver, is_public

__all__ = [
    "Answer",
    "Guard",
    "Incoming",
    "Limits",
    "Outbound",
    "OutboundFailed",
    "OutboundRefused",
    "OutboundTooLarge",
    "Resolver",
    "SystemResolver",
    "is_public",
]
