"""People, organizations and secrets, by the operator of the server: no sign-in, the data folder is the key."""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from modelyard.cli.options import AsJson, Data
from modelyard.kernel import N_

if TYPE_CHECKING:
    from modelyard.accounts import Actor, Role

app = typer.Typer(
    help="Users, organizations, tokens and reset links; before the first start or beside a running server.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)
E = TypeVar("E", bound=StrEnum)
Name = Annotated[str, typer.Argument(help="Name, in any case.")]
FullName = Annotated[str, typer.Option("--full-name", help="Name for people to read.")]


@app.callback()
def _admin(ctx: typer.Context, data: Data = None) -> None:
    """Users, organizations, tokens and reset links; before the first start or beside a running server."""
    ctx.obj = data


@app.command("create-user")
def create_user(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Letters, digits, '-', '_' and '.'; up to 96.")],
    *,
    full_name: FullName = "",
    email: Annotated[str | None, typer.Option("--email", help="Email address; can be used to sign in.")] = None,
    admin: Annotated[bool, typer.Option("--admin", help="Let the user administer the whole server.")] = False,
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password, one line, from standard input.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create a user; without a password the user needs a reset link before the first sign-in."""
    from modelyard.accounts import NewUser, Passwords, create_user
    from modelyard.accounts.schemas import UserView
    from modelyard.cli.output import remark, result
    from modelyard.cli.workplace import opened

    password = _line() if password_stdin else None
    with opened(ctx.obj) as infra:
        hashed = None if password is None else Passwords().hash_new(password, name=name)
        new = NewUser(name, full_name, email, admin=admin)
        with infra.db.unit() as session:
            user = create_user(session, actor=_operator(), new=new, password_hash=hashed, clock=infra.clock)
    result(UserView.of_user(user).model_dump(mode="json"), f"{user.account.name}  {user.account.id}", as_json=as_json)
    if password is None and not as_json:
        remark(N_("{name} has no password yet: `modelyard admin reset-link {name}` prints a link."), name=name)


@app.command("create-org")
def create_org(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Letters, digits, '-', '_' and '.'; up to 96.")],
    *,
    full_name: FullName = "",
    member: Annotated[
        list[str] | None,
        typer.Option("--member", help="USER:ROLE, where the role is owner, admin, write or read. May be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Create an organization with its members."""
    from modelyard.accounts import create_organization_for, find_user, members
    from modelyard.accounts.schemas import OrganizationView
    from modelyard.cli.output import result
    from modelyard.cli.workplace import opened

    wanted = [_member(each) for each in member or []]
    with opened(ctx.obj) as infra, infra.db.unit() as session:
        people = {find_user(session, user).account.id: role for user, role in wanted}
        made = create_organization_for(
            session, actor=_operator(), name=name, full_name=full_name, members=people, clock=infra.clock
        )
        view = OrganizationView.with_members(made, members(session, made.id))
    result(view.model_dump(mode="json"), f"{made.name}  {made.id}", as_json=as_json)


@app.command("set-role")
def set_role(
    ctx: typer.Context,
    organization: Name,
    member: Annotated[str, typer.Argument(help="USER:ROLE, or USER:none to take the member out.")],
) -> None:
    """Give a member of an organization another role, or take the member out."""
    from modelyard.accounts import Role, change_role, find_organization, find_user
    from modelyard.cli.workplace import opened

    user, _, word = member.partition(":")
    role = None if word == "none" else _choice(word, Role, "ROLE")
    with opened(ctx.obj) as infra, infra.db.unit() as session:
        change_role(
            session,
            actor=_operator(),
            organization=find_organization(session, organization),
            user=find_user(session, user).account,
            role=role,
            clock=infra.clock,
        )


@app.command("create-token")
def create_token(
    ctx: typer.Context,
    user: Name,
    *,
    role: Annotated[
        list[str],
        typer.Option(
            "--role", help="write (which is all three, as hub clients mean it), read or inference; repeatable."
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="What the token is for.")] = "",
    expires: Annotated[int | None, typer.Option("--expires", help="Days to live; without it, no end.")] = None,
    value_stdin: Annotated[
        bool,
        typer.Option("--value-stdin", help="Read the token from standard input: one line, 20 characters or more."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Create an access token and print it, this once; with --value-stdin, one that was made elsewhere."""
    from modelyard.accounts import Scope, TokenWish, as_hub_clients_mean, create_token, find_user
    from modelyard.accounts.schemas import NewTokenView, TokenView
    from modelyard.cli.output import result
    from modelyard.cli.workplace import opened

    granted = frozenset[Scope]().union(*(as_hub_clients_mean(_choice(each, Scope, "--role")) for each in role))
    wish = TokenWish(granted, name, expires, _line() if value_stdin else None)
    with opened(ctx.obj) as infra, infra.db.unit() as session:
        owner = find_user(session, user).account
        made = create_token(session, actor=_operator(), user=owner, wish=wish, clock=infra.clock)
    view = NewTokenView(**dict(TokenView.of(made.token)), secret=made.secret.secret)
    result(view.model_dump(mode="json"), made.secret.secret, as_json=as_json)


@app.command("list-tokens")
def list_tokens(ctx: typer.Context, user: Name, as_json: AsJson = False) -> None:
    """List the tokens of a user that were not revoked, the newest first."""
    from modelyard.accounts import find_user, list_tokens
    from modelyard.accounts.schemas import Listing, TokenView
    from modelyard.cli.output import result, table
    from modelyard.cli.workplace import opened

    with opened(ctx.obj) as infra, infra.db.reader() as session:
        owner = find_user(session, user).account
        views = [TokenView.of(each) for each in list_tokens(session, actor=_operator(), user=owner.id)]
    rows = [[each.id, each.preview, " ".join(each.scopes), each.name] for each in views]
    result(Listing[TokenView](items=views).model_dump(mode="json"), table(rows), as_json=as_json)


@app.command("revoke-token")
def revoke_token(
    ctx: typer.Context, token: Annotated[str, typer.Argument(help="Id of the token, as `list-tokens` shows it.")]
) -> None:
    """Revoke a token and those made with it; a running server refuses them from the next request on."""
    from modelyard.accounts import revoke_token
    from modelyard.cli.workplace import opened
    from modelyard.kernel import TokenId

    with opened(ctx.obj) as infra, infra.db.unit() as session:
        revoke_token(session, actor=_operator(), token=TokenId(token), clock=infra.clock)


@app.command("reset-link")
def reset_link(
    ctx: typer.Context,
    user: Name,
    origin: Annotated[
        str | None, typer.Option("--origin", help="Address of the server; without it, what the settings say.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print a link by which a user chooses a new password, once and within a day."""
    from modelyard.accounts import find_user, reset_link
    from modelyard.cli.output import result
    from modelyard.cli.workplace import opened

    with opened(ctx.obj) as infra, infra.db.unit() as session:
        link = reset_link(
            session,
            actor=_operator(),
            user=find_user(session, user),
            origin=(origin or infra.settings.origin).rstrip("/"),
            clock=infra.clock,
        )
    result({"link": link}, link, as_json=as_json)


@app.command("suspend-user")
def suspend_user(ctx: typer.Context, user: Name) -> None:
    """Lock a user out: sessions end, tokens are refused, nothing is lost."""
    from modelyard.accounts import find_user, suspend_user
    from modelyard.cli.workplace import opened

    with opened(ctx.obj) as infra, infra.db.unit() as session:
        suspend_user(session, actor=_operator(), user=find_user(session, user), clock=infra.clock)


@app.command("restore-user")
def restore_user(ctx: typer.Context, user: Name) -> None:
    """Let a suspended user in again."""
    from modelyard.accounts import find_user, restore_user
    from modelyard.cli.workplace import opened

    with opened(ctx.obj) as infra, infra.db.unit() as session:
        restore_user(session, actor=_operator(), user=find_user(session, user), clock=infra.clock)


def _operator() -> "Actor":
    from modelyard.accounts import Actor

    return Actor.system("cli")


def _line() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _member(text: str) -> "tuple[str, Role]":
    from modelyard.accounts import Role

    user, _, word = text.partition(":")
    return user, _choice(word, Role, "--member")


def _choice(word: str, kind: "type[E]", parameter: str) -> "E":
    try:
        return kind(word.lower())
    except ValueError:
        known = ", ".join(each.value for each in kind)
        raise typer.BadParameter(f"{word!r} is none of {known}.", param_hint=parameter) from None
