"""What the room announces through the outbox."""

from dataclasses import dataclass
from typing import ClassVar

from modelyard.accounts.values import InvitationId


@dataclass(frozen=True, slots=True)
class InvitationCreated:
    """Somebody was invited; whoever mails the link asks `renew_link` for one, since links are not stored."""

    name: ClassVar[str] = "invitation.created"

    invitation: InvitationId

    @property
    def subject(self) -> str:
        """The invitation."""
        return self.invitation
