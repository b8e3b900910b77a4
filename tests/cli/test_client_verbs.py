import csv
import io
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from modelyard.cli.main import run
from tests.support.yard import MICRO, MODELYARD, Yard, yard

REPO = "ada/tiny"


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return json.loads(self.err)["error"]


@dataclass(frozen=True)
class Terminal:
    """A person at a terminal, with a server's address and a token in the environment.

    The commands run in this process, since each would spend a second on starting Python; the server is a real one.
    """

    endpoint: str
    token: str

    def __call__(self, *words: str, typed: str = "", language: str = "C.UTF-8") -> Said:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in ("LC_ALL", "LC_MESSAGES"):
                patch.delenv(name, raising=False)
            patch.setenv("LANG", language)
            patch.setenv("MODELYARD_ENDPOINT", self.endpoint)
            patch.setenv("MODELYARD_TOKEN", self.token)
            patch.setattr(sys, "stdin", io.StringIO(typed))
            code = run(list(words))
        return Said(code, out.getvalue(), err.getvalue())


@dataclass(frozen=True)
class Site:
    """A running server with an operator, a publisher and a customer at their terminals."""

    yard: Yard
    operator: Terminal
    ada: Terminal
    cho: Terminal


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Site]:
    """A server on which ada serves the micro model at 0.005 CNY for 1,000 tokens, and cho has 10 CNY."""
    with yard(tmp_path_factory.mktemp("site"), template=sqlite_template) as running:
        tokens = [member(running.data, "opal", "--admin"), member(running.data, "ada"), member(running.data, "cho")]
        running.start()
        people = Site(running, *(Terminal(running.url, token) for token in tokens))
        assert people.ada("repos", "create", "tiny").code == 0
        push(running, tokens[1], REPO, {"tiny.gguf": MICRO.read_bytes()})
        started = people.ada("deployments", "create", "--repo", REPO, "--file", "tiny.gguf", "--wait")
        assert started.code == 0, started.err
        assert people.ada("prices", "set", REPO, "--prompt", "0.005", "--currency", "CNY").code == 0
        paid = people.operator("credit", "add", "cho", "10", "--currency", "CNY", "--key", "first")
        assert paid.code == 0, paid.err
        yield people


def member(data: Path, name: str, *options: str) -> str:
    """Create a user and return a token."""
    admin, operator = ("admin", "--data", str(data)), Terminal("", "")
    assert operator(*admin, "create-user", name, *options).code == 0
    return operator(*admin, "create-token", name, "--role", "write").out.strip()


def push(running: Yard, token: str, repo: str, files: Mapping[str, bytes]) -> None:
    """Push large files with the real client, in a process of its own: it reads its environment when imported."""
    script = (
        "import sys, pathlib; from huggingface_hub import CommitOperationAdd, HfApi\n"
        "HfApi().create_commit(sys.argv[1], [CommitOperationAdd(pathlib.Path(p).name, p) for p in sys.argv[2:]],"
        " commit_message='push')"
    )
    folder = running.data.parent / "push"
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    home = {"HF_HOME": str(folder / ".hf"), "HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
    environment = {**os.environ, **home, "HF_ENDPOINT": running.url, "HF_TOKEN": token}
    line = [MODELYARD.with_name("python"), "-c", script, repo, *(str(folder / name) for name in files)]
    done = subprocess.run(line, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def ask(site: Site) -> Mapping[str, int]:
    """Let cho chat once; return the counts."""
    body = {"model": REPO, "messages": [{"role": "user", "content": "Hello"}], "temperature": 0}
    answer = site.yard.good("POST", "/v1/chat/completions", token=site.cho.token, body=body)
    usage: Mapping[str, int] = answer["usage"]
    return usage


def test_a_repository_is_created_listed_shown_hidden_and_deleted(site: Site) -> None:
    made = site.ada("repos", "create", "ada/notes", "--kind", "dataset")
    assert (made.code, made.out) == (0, f"{site.yard.url}/datasets/ada/notes\n")
    assert "ada/notes  dataset  public" in site.ada("repos", "list", "--kind", "dataset").out
    shown = site.ada("repos", "show", "ada/notes", "--kind", "dataset", "--json").json
    assert (shown["namespace"], shown["name"], shown["kind"]) == ("ada", "notes", "dataset")

    hidden = site.ada("repos", "visibility", "ada/notes", "private", "--kind", "dataset")
    assert hidden.out == "ada/notes  private\n"
    assert site.cho("repos", "show", "ada/notes", "--kind", "dataset").code == 3

    assert site.ada("repos", "delete", "ada/notes", "--kind", "dataset", typed="n\n").code == 130
    assert site.ada("repos", "delete", "ada/notes", "--kind", "dataset", "--yes").err == "ada/notes is deleted.\n"
    assert site.ada("repos", "show", "ada/notes", "--kind", "dataset").code == 3


def test_a_list_goes_on_where_the_page_before_ended(site: Site) -> None:
    for name in ("one", "two"):
        site.cho("repos", "create", name)
    first = site.cho("repos", "list", "--author", "cho", "--limit", "1")
    cursor = first.err.removeprefix("There is more: --cursor ").strip()
    second = site.cho("repos", "list", "--author", "cho", "--limit", "1", "--cursor", cursor)
    names = [said.out.splitlines()[1].split()[0] for said in (first, second)]
    assert sorted(names) == ["cho/one", "cho/two"]
    nothing = site.cho("repos", "list", "--search", "no-such-name")
    assert (nothing.code, nothing.out) == (0, "")
    assert "modelyard repos create NAME" in nothing.err


def test_a_deployment_is_named_by_its_repository_or_its_id(site: Site) -> None:
    shown = site.ada("deployments", "show", REPO, "--json").json
    assert site.ada("deployments", "show", shown["id"], "--json").json["model"] == REPO
    row = site.ada("deployments", "list", "--owner", "ada").out.splitlines()[1].split()
    assert (row[0], row[1], row[-1]) == (REPO, "warm", shown["id"])
    assert "872.35 kB" in site.ada("deployments", "show", REPO).out
    assert site.ada("deployments", "show", "ada/nothing").code == 3


def test_stages_are_said_while_waiting_and_data_stays_on_standard_output(site: Site) -> None:
    assert site.ada("deployments", "stop", REPO).out.split()[-1] == "stopped"
    again = site.ada("deployments", "start", REPO, "--wait", "--json")
    assert [line.split()[-1] for line in again.err.splitlines()] == ["queued", "verifying", "loading", "warm"]
    assert again.json["stage"]["stage"] == "warm"
    kept = site.ada("deployments", "stages", REPO).out.splitlines()
    assert kept[-1].split()[-1] == "warm"
    assert site.ada("deployments", "log", REPO).code == 0


def test_a_start_that_fails_says_the_reason_and_leaves_a_code(site: Site) -> None:
    site.ada("repos", "create", "broken")
    push(site.yard, site.ada.token, "ada/broken", {"broken.gguf": b"GGUF and then nothing"})
    failed = site.ada("deployments", "create", "--repo", "ada/broken", "--file", "broken.gguf", "--wait")
    assert (failed.code, failed.out) == (10, "")
    assert "ada/broken did not start (verifying): The GGUF file cannot be served" in failed.err
    assert "`modelyard deployments log dep_" in failed.err
    assert "failed" in site.ada("deployments", "show", "ada/broken").out

    again = site.ada("deployments", "start", "ada/broken", "--wait", "--json")
    told = json.loads(again.err.splitlines()[-1])["error"]
    assert (again.code, told["code"], told["data"]["stage"]) == (10, "deployment_did_not_start", "verifying")

    assert site.ada("deployments", "delete", "ada/broken", "--yes").code == 0
    assert site.ada("deployments", "show", "ada/broken").code == 3


def test_a_price_is_set_shown_and_kept_in_its_history(site: Site) -> None:
    shown = site.cho("prices", "show", REPO)
    assert "0.005 CNY / 1,000 tokens" in shown.out
    later = ("--from", "2999-01-01T00:00:00Z")
    terms = site.ada("prices", "set", REPO, "--prompt", "2", "--per", "1000000", "--currency", "CNY", *later, "--json")
    assert (terms.json["number"], terms.json["prompt"]) == (2, {"amount": "0.002", "currency": "CNY"})
    history = site.ada("prices", "history", REPO).out.splitlines()
    assert [line.split()[0] for line in history] == ["Version", "2", "1"]
    assert "20%" in history[1]

    assert site.cho("prices", "set", REPO, "--prompt", "0", "--currency", "CNY").code == 5
    fine = site.ada("prices", "set", REPO, "--prompt", "0.0000001", "--currency", "CNY", "--json")
    assert (fine.code, fine.error["code"], fine.error["field"]) == (2, "price_too_fine", "prompt")
    assert site.ada("prices", "set", REPO, "--prompt", "1", "--currency", "CNY", "--from", "soon").code == 2


def test_credit_is_booked_once_by_an_operator(site: Site) -> None:
    words = ("credit", "add", "opal", "1234.5", "--currency", "USD", "--key", "transfer 1")
    assert site.cho(*words).code == 5
    assert site.operator(*words).out.splitlines()[1].split() == ["1,234.50", "USD", "0.00", "USD", "1,234.50", "USD"]
    again = site.operator(*words)
    assert "This key was booked before, as txn_" in again.err
    assert site.operator("credit", "show", "--json").json["items"][0]["posted"]["amount"] == "1234.50"
    other = ("credit", "add", "opal", "1", "--currency", "USD", "--key", "transfer 1")
    assert site.operator(*other).code == 4
    assert site.ada("credit", "show", "cho").code == 5
    assert "ada has no credit yet" in site.ada("credit", "show").err


def test_what_is_used_is_told_the_same_by_every_verb(site: Site) -> None:
    used = [ask(site), ask(site)]
    tokens = sum(each["total_tokens"] for each in used)
    cost = Decimal("0.005") * tokens / 1000

    page = site.cho("usage", "list", "--json").json["items"]
    assert [each["prompt_tokens"] + each["completion_tokens"] for each in page] == [
        each["total_tokens"] for each in reversed(used)
    ]
    receipt = site.cho("usage", "receipt", page[0]["request"])
    assert f"{page[0]['completion_tokens']} tokens" in receipt.out
    assert site.ada("usage", "receipt", page[0]["request"]).code == 3

    (bought,) = site.cho("usage", "by", "product", "--json").json["items"]
    (sold,) = site.ada("usage", "by", "product,price", "--sales", "--deployment", REPO, "--json").json["items"]
    assert Decimal(bought["amounts"]["charged"]["amount"]) == Decimal(sold["amounts"]["rated"]["amount"]) == cost
    assert "2" in site.cho("usage", "by", "day").out.splitlines()[1].split()
    assert site.cho("usage", "by", "customer").code == 2
    assert site.cho("usage", "list", "--month", "2020-01").err == "Nothing was used in this time.\n"

    left = site.cho("credit", "show", "--json").json["items"][0]["available"]["amount"]
    assert Decimal(left) == 10 - cost
    statement = site.cho("statements", "show").out
    assert f"{left} CNY" in statement.splitlines()[-1]
    rows = list(csv.DictReader(io.StringIO(site.cho("statements", "show", "--csv").out)))
    assert [row["line"] for row in rows] == ["opening", "top_up", "usage", "closing"]
    assert Decimal(rows[2]["amount"]) == -cost
    sales = site.ada("statements", "show", "--json").json["sales"][0]
    assert Decimal(sales["platform"]["amount"]) + Decimal(sales["net"]["amount"]) == cost
    assert "The platform's share" in site.ada("statements", "show").out
    assert site.cho("statements", "show", "--csv", "--json").code == 2


def test_a_token_comes_from_the_environment_or_standard_input_and_never_from_an_argument(site: Site) -> None:
    stranger = Terminal(site.yard.url, "")
    needed = stranger("credit", "show")
    assert needed.code == 6
    assert "MODELYARD_TOKEN" in needed.err
    typed = stranger("credit", "show", "--token-stdin", typed=site.cho.token + "\n")
    assert typed.code == 0, typed.err
    assert stranger("credit", "show", "--token-stdin", typed="\n").code == 2
    assert stranger("credit", "show", "--token", site.cho.token).code == 2
    wrong = Terminal(site.yard.url, "my_" + "x" * 40)("credit", "show", "--json")
    assert (wrong.code, wrong.error["code"]) == (6, "invalid_token")
    assert stranger("repos", "list").code == 0


def test_refusals_are_said_in_the_language_of_the_terminal(site: Site) -> None:
    said = site.ada("repos", "show", "ada/nothing", language="zh_CN.UTF-8")
    assert said.code == 3
    assert said.err.startswith("仓库 ada/nothing 不存在")
    assert "提示词" in site.ada("prices", "show", REPO, language="zh_CN.UTF-8").out
    named = site.ada("repos", "show", "nothing")
    assert (named.code, "OWNER/NAME" in named.err) == (2, True)


def test_where_no_server_is_the_command_says_how_to_start_one() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused, and nobody else gets the port
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        said = Terminal("http://127.0.0.1:1", "my_x")("repos", "list", "--endpoint", nowhere)
    assert said.code == 10
    assert said.err.splitlines()[0] == f"No server answers at {nowhere}."
    assert "modelyard up" in said.err
    for address in ("127.0.0.1:8000", "ftp://127.0.0.1", "http://", "http://host/?q=1"):
        wrong = Terminal(address, "")("repos", "list", "--json")
        assert (wrong.code, wrong.error["field"]) == (2, "--endpoint")


@pytest.mark.parametrize(
    ("answer", "code", "exit_code"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "not_modelyard", 10),
        (b"HTTP/1.1 302 Found\r\nLocation: https://example.org/\r\nContent-Length: 0\r\n\r\n", "not_modelyard", 10),
        (b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", "not_modelyard", 10),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n{", "server_silent", 10),
        (b"", "server_silent", 10),
    ],
    ids=["a page", "a redirect", "a gateway's failure", "cut in the middle", "hung up"],
)
def test_what_answers_and_is_no_server_of_ours_is_explained(answer: bytes, code: str, exit_code: int) -> None:
    with answering(answer) as address:
        said = Terminal(address, "my_x")("repos", "list", "--json")
    assert (said.code, said.error["code"]) == (exit_code, code), said.err
    assert said.out == ""


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Answer one connection with these bytes, whatever it asks, and hang up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer_once() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        server = Thread(target=answer_once)
        server.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.join()
