import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from modelyard import accounts
from modelyard.accounts.errors import InvalidToken
from modelyard.cli.main import run
from modelyard.infra import Database, Settings
from modelyard.kernel import ManualClock

FOREIGN = "hf_" + "Ab1" * 11


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


class Terminal:
    """Runs `modelyard admin` on one data folder."""

    def __init__(self, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.data = data
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def admin(self, *words: str, stdin: str = "") -> tuple[int, str, str]:
        """Return exit code, standard output and standard error."""
        self._monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        code = run(["admin", "--data", str(self.data), *words])
        said = self._capsys.readouterr()
        return code, said.out, said.err

    def database(self) -> Database:
        """Open the database as a server beside would."""
        return Database(Settings(data_dir=self.data).resolved_database_url)


@pytest.fixture
def terminal(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(data, capsys, monkeypatch)


def test_the_first_command_creates_the_data_folder(terminal: Terminal) -> None:
    code, out, err = terminal.admin(
        "create-user", "ada", "--full-name", "Ada L.", "--email", "a@example.org", "--admin"
    )
    assert code == 0
    assert out.startswith("ada  acc_")
    assert "reset-link ada" in err
    assert (terminal.data / "modelyard.db").is_file()
    with terminal.database().reader() as session:
        user = accounts.find_user(session, "ada")
    assert (user.account.full_name, user.email, user.admin, user.has_password) == (
        "Ada L.",
        "a@example.org",
        True,
        False,
    )


def test_a_password_is_read_from_standard_input_and_judged(terminal: Terminal) -> None:
    assert terminal.admin("create-user", "ada", "--password-stdin", stdin="correct horse\n")[0] == 0
    with terminal.database().reader() as session:
        assert accounts.find_user(session, "ada").has_password
    code, out, err = terminal.admin("create-user", "bob", "--password-stdin", stdin="short\n")
    assert (code, out) == (2, "")
    assert err == "The password is shorter than 10 characters.\nChoose a longer one; a few unrelated words are good.\n"


def test_a_taken_name_is_a_conflict_in_words_and_in_json(terminal: Terminal) -> None:
    terminal.admin("create-user", "ada")
    code, out, err = terminal.admin("create-user", "ADA")
    assert (code, out) == (4, "")
    assert err.splitlines()[0] == "The name ADA is taken."
    code, out, err = terminal.admin("create-org", "Ada", "--json")
    assert (code, out) == (4, "")
    assert json.loads(err)["error"] | {"hint": ""} == {
        "code": "name_taken",
        "sentence": "The name Ada is taken.",
        "hint": "",
        "field": "name",
        "data": {"name": "Ada"},
    }


def test_failures_speak_the_language_of_the_terminal(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    assert "名称 settings 为系统保留" in terminal.admin("create-user", "settings")[2]
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    assert terminal.admin("create-user", "settings")[2].startswith("settings is reserved.")


def test_an_organization_comes_with_its_members(terminal: Terminal) -> None:
    for name in ("ada", "bob"):
        terminal.admin("create-user", name)
    code, out, _ = terminal.admin(
        "create-org", "acme", "--full-name", "Acme Ltd", "--member", "ada:owner", "--member", "BOB:Write", "--json"
    )
    made = json.loads(out)
    assert code == 0
    assert (made["name"], made["full_name"], made["kind"]) == ("acme", "Acme Ltd", "organization")
    assert [(each["name"], each["role"]) for each in made["members"]] == [("ada", "owner"), ("bob", "write")]
    assert terminal.admin("set-role", "acme", "bob:admin")[0] == 0
    assert terminal.admin("set-role", "acme", "ada:none")[0] == 4
    assert terminal.admin("set-role", "acme", "bob:none")[0] == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["create-org", "acme", "--member", "nobody:write"], 3),
        (["create-org", "acme", "--member", "ada:king"], 2),
        (["create-org", "acme", "--member", "ada"], 2),
        (["create-token", "ada"], 2),
        (["create-token", "ada", "--role", "king"], 2),
        (["create-token", "nobody", "--role", "read"], 3),
        (["create-token", "ada", "--role", "read", "--expires", "0"], 2),
        (["create-token", "ada", "--role", "read", "--value-stdin"], 2),
        (["revoke-token", "tok_none"], 3),
        (["reset-link", "nobody"], 3),
        (["create-user", "a--b"], 2),
        (["nonsense"], 2),
    ],
)
def test_bad_calls_have_exit_codes_and_leave_nothing_behind(terminal: Terminal, words: list[str], code: int) -> None:
    terminal.admin("create-user", "ada")
    found, out, err = terminal.admin(*words, stdin="short\n")
    assert (found, out) == (code, "")
    assert err
    with terminal.database().reader() as session:
        assert session.scalars(text("SELECT count(*) FROM account")).one() == 1
        assert session.scalars(text("SELECT count(*) FROM access_token")).one() == 0


def test_a_token_is_all_that_is_printed(terminal: Terminal, clock: ManualClock) -> None:
    terminal.admin("create-user", "ada")
    code, out, err = terminal.admin("create-token", "ada", "--role", "write", "--name", "laptop")
    assert (code, err) == (0, "")
    with terminal.database().reader() as session:
        actor = accounts.authenticate_token(session, out.strip(), clock)
    assert (actor.name, actor.scopes) == ("ada", accounts.EVERY_SCOPE)
    code, out, _ = terminal.admin(
        "create-token", "ada", "--role", "read", "--role", "inference", "--expires", "30", "--json"
    )
    made = json.loads(out)
    assert made["scopes"] == ["inference", "read"]
    assert made["secret"].endswith(made["preview"][-4:])
    assert made["expires_at"] > made["created_at"]


def test_a_token_moves_here_from_another_hub(terminal: Terminal, clock: ManualClock) -> None:
    terminal.admin("create-user", "ada")
    words = ("create-token", "ada", "--role", "write", "--value-stdin")
    assert terminal.admin(*words, stdin=FOREIGN + "\r\n")[:2] == (0, FOREIGN + "\n")
    with terminal.database().reader() as session:
        assert accounts.authenticate_token(session, FOREIGN, clock).name == "ada"
    code, _, err = terminal.admin(*words, stdin=FOREIGN)
    assert code == 4
    assert FOREIGN not in err


def test_a_server_beside_sees_a_revocation_at_once(terminal: Terminal, clock: ManualClock) -> None:
    terminal.admin("create-user", "ada")
    secret = terminal.admin("create-token", "ada", "--role", "write")[1].strip()
    server = terminal.database()
    with server.reader() as session:
        token = accounts.authenticate_token(session, secret, clock).token
        before = session.scalars(text("SELECT value FROM epoch")).one()
    listed = terminal.admin("list-tokens", "ada")[1]
    assert listed.split()[0] == token
    assert secret not in listed
    assert terminal.admin("revoke-token", str(token))[0] == 0
    with server.reader() as session:
        assert session.scalars(text("SELECT value FROM epoch")).one() > before
        with pytest.raises(InvalidToken):
            accounts.authenticate_token(session, secret, clock)
    assert terminal.admin("list-tokens", "ada", "--json")[1] == '{"items": [], "next": null}\n'


def test_a_reset_link_points_at_the_server(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.admin("create-user", "ada")
    assert terminal.admin("reset-link", "ada")[1].startswith("http://127.0.0.1:8000/reset/")
    monkeypatch.setenv("MODELYARD_PUBLIC_URL", "https://hub.example.org")
    assert terminal.admin("reset-link", "ada")[1].startswith("https://hub.example.org/reset/")
    link = json.loads(terminal.admin("reset-link", "ada", "--origin", "http://10.0.0.1:9/", "--json")[1])["link"]
    assert link.startswith("http://10.0.0.1:9/reset/")


def test_a_suspended_user_is_locked_out_until_restored(terminal: Terminal, clock: ManualClock) -> None:
    terminal.admin("create-user", "ada")
    secret = terminal.admin("create-token", "ada", "--role", "write")[1].strip()
    assert terminal.admin("suspend-user", "ada")[0] == 0
    with terminal.database().reader() as session, pytest.raises(InvalidToken):
        accounts.authenticate_token(session, secret, clock)
    assert terminal.admin("restore-user", "ada")[0] == 0
    with terminal.database().reader() as session:
        accounts.authenticate_token(session, secret, clock)


def test_the_operator_is_named_in_the_audit_trail(terminal: Terminal) -> None:
    terminal.admin("create-user", "ada")
    with terminal.database().reader() as session:
        line = accounts.audit_page(session, actor=accounts.Actor.system("test"), owner=None).items[0]
    assert (line.actor_name, line.actor_id, line.act) == ("cli", None, "user.created")


def test_a_bad_setting_is_named(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELYARD_PORT", "many")
    code, _, err = terminal.admin("create-user", "ada")
    assert code == 2
    assert "MODELYARD_PORT" in err


def test_help_is_cheap() -> None:
    program = "import sys; from modelyard.cli.main import run; run(['admin', '--help']); print(*sys.modules)"
    seen = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert "create-token" in seen
    assert not {"sqlalchemy", "fastapi", "starlette", "modelyard.infra"} & set(seen)
