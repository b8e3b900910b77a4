"""Who may do what: the question that every verb of every room asks first."""

from sqlalchemy.orm import Session

from modelyard.accounts import store
from modelyard.accounts.actor import Actor
from modelyard.accounts.errors import Forbidden, OperatorsOnly, SignInRequired
from modelyard.accounts.rules.roles import Role
from modelyard.accounts.rules.scopes import Scope, needed_for
from modelyard.kernel import AccountId


def role_of(session: Session, actor: Actor, owner: AccountId) -> Role | None:
    """Return the actor's role over what an account owns: all over one's own, a member's role over an organization's."""
    if actor.admin or (actor.account is not None and actor.account == owner):
        return Role.OWNER
    if actor.account is None:
        return None
    return store.members.role(session, organization=owner, user=actor.account)


def allow(session: Session, actor: Actor, owner_id: AccountId, role: Role) -> bool:
    """Tell whether the actor has at least this role over the owner's things, and credentials wide enough to use it."""
    if needed_for(role) not in actor.scopes:
        return False
    held = role_of(session, actor, owner_id)
    return held is not None and held.covers(role)


def require(session: Session, actor: Actor, owner_id: AccountId, role: Role) -> None:
    """Return quietly when `allow` says yes; raise SignInRequired for a visitor and Forbidden for anybody else."""
    if allow(session, actor, owner_id, role):
        return
    _require_known(actor)
    raise Forbidden(role=role.value)


def require_admin(actor: Actor) -> None:
    """Return quietly for an administrator of the server with wide enough credentials; raise OperatorsOnly otherwise."""
    _require_known(actor)
    if not actor.admin or Scope.WRITE not in actor.scopes:
        raise OperatorsOnly


def known(actor: Actor) -> AccountId:
    """Return the id of the person who acts, whatever the scope; raises SignInRequired for a visitor and the system."""
    if actor.account is None:
        raise SignInRequired
    return actor.account


def require_user(actor: Actor, scope: Scope = Scope.WRITE) -> AccountId:
    """Return the id of a signed-in person whose credentials have the scope; raise SignInRequired or Forbidden."""
    account = known(actor)
    if scope not in actor.scopes:
        raise Forbidden(role=scope.value)
    return account


def _require_known(actor: Actor) -> None:
    if actor.account is None and not actor.admin:
        raise SignInRequired
