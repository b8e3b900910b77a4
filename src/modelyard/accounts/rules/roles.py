"""Who may do what to whom inside an organization."""

from enum import StrEnum


class Role(StrEnum):
    """A member's standing; each role may do everything that the ones before it may."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"
    OWNER = "owner"

    @property
    def rank(self) -> int:
        """Return the place in the order, 0 for the weakest."""
        return _ORDER.index(self)

    def covers(self, needed: "Role") -> bool:
        """Tell whether this role is at least the needed one (`<` would compare spelling, so it is not used)."""
        return self.rank >= needed.rank


_ORDER = (Role.READ, Role.WRITE, Role.ADMIN, Role.OWNER)


def may_grant(granter: Role | None, role: Role) -> bool:
    """Tell whether a member may give this role: an owner any, an admin those below its own, others none."""
    if granter is Role.OWNER:
        return True
    return granter is Role.ADMIN and not role.covers(Role.ADMIN)


def may_change(changer: Role | None, *, present: Role, wanted: Role | None, own: bool = False) -> bool:
    """Tell whether a member may move another from one role to another, or out (`wanted` None).

    With `own` the member changes itself, and may always go down or leave.
    """
    if own and (wanted is None or present.covers(wanted)):
        return True
    return may_grant(changer, present) and (wanted is None or may_grant(changer, wanted))


def leaves_no_owner(*, owners: int, present: Role, wanted: Role | None) -> bool:
    """Tell whether the change would take the last owner away, which nobody may do."""
    return present is Role.OWNER and wanted is not Role.OWNER and owners <= 1
