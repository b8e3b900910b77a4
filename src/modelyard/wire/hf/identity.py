"""Who am I; and the small questions that clients ask by the way."""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from modelyard import accounts
from modelyard.accounts import Actor, Member, Scope, SignInRequired, Token, User
from modelyard.wire.hf.calls import Call, Desk
from modelyard.wire.hf.shapes import Json, instant


class Identity:
    """Handlers that speak of the caller."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def whoami(self, call: Call) -> Response:
        """Tell the caller's name, organizations and token."""
        actor = call.actor
        if actor.account is None:
            raise SignInRequired
        with self._desk.infra.db.reader() as session:
            user = accounts.the_user(session, actor)
            members = accounts.memberships(session, user.account.id)
            token = accounts.find_token(session, actor=actor, token=actor.token) if actor.token else None
        return JSONResponse(_person(user, members) | {"auth": _auth(actor, token)})

    def nothing(self, _call: Call) -> Response:
        """Answer a question that only the public hub knows more about."""
        return JSONResponse({})


def _person(user: User, members: Sequence[Member]) -> Json:
    return {
        "type": "user",
        "id": user.account.id,
        "name": user.account.name,
        "fullname": user.account.full_name,
        "email": user.email,
        "emailVerified": user.email is not None,
        "isPro": False,
        "canPay": False,
        "periodEnd": None,
        "avatarUrl": "",
        "orgs": [_organization(member) for member in members],
    }


def _organization(member: Member) -> Json:
    return {
        "type": "org",
        "id": member.account.id,
        "name": member.account.name,
        "fullname": member.account.full_name,
        "roleInOrg": "admin" if member.role.value == "owner" else member.role.value,
        "isEnterprise": False,
        "canPay": False,
        "periodEnd": None,
        "avatarUrl": "",
    }


def _auth(actor: Actor, token: Token | None) -> Json:
    if token is None:
        return {"type": "session"}
    role = "write" if Scope.WRITE in actor.scopes else "read"
    return {
        "type": "access_token",
        "accessToken": {"displayName": token.name, "role": role, "createdAt": instant(token.created_at)},
    }
