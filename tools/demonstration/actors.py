"""What each person of the demo does, through the clients that such people have."""

import hashlib
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.demonstration.api import Api
from tools.demonstration.server import Server

CARD = Path(__file__).with_name("card.md")
QUESTION = "What is photosynthesis?"
LONGEST_ANSWER = 160
DEPLOY_SECONDS = 300.0


class Wrong(Exception):
    """Something did not come out as it must."""


@dataclass(frozen=True)
class Person:
    """Somebody who can sign in, and whose programs hold a token."""

    name: str
    password: str
    token: str


@dataclass(frozen=True)
class Published:
    """A commit with its files: path and size in bytes."""

    repo: str
    commit: str
    model: str
    files: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class Answer:
    """What a chat came to: the id of its request, its counts, and the seconds to the first token."""

    request: str
    prompt_tokens: int
    completion_tokens: int
    first_token: float


def make_people(server: Server, wanted: Sequence[tuple[str, str, tuple[str, ...]]]) -> list[Person]:
    """Create people from names, passwords and options; each gets a token that may do all that the person may."""

    def make(one: tuple[str, str, tuple[str, ...]]) -> Person:
        name, password, options = one
        server.admin("create-user", name, "--password-stdin", *options, typed=password + "\n")
        return Person(name, password, server.admin("create-token", name, "--role", "write", "--name", "demo"))

    with ThreadPoolExecutor() as pool:
        return list(pool.map(make, wanted))


def publish(url: str, publisher: Person, model: Path) -> Published:
    """Push the model and its card as one commit, with huggingface_hub."""
    from huggingface_hub import CommitOperationAdd, HfApi

    hub = HfApi(endpoint=url, token=publisher.token)
    repo = f"{publisher.name}/SmolLM2-135M-Instruct"
    hub.create_repo(repo)
    done = hub.create_commit(
        repo_id=repo,
        operations=[CommitOperationAdd(model.name, model), CommitOperationAdd("README.md", CARD)],
        commit_message="Publish SmolLM2-135M-Instruct, Q4_1",
    )
    told = hub.model_info(repo, files_metadata=True)
    files = tuple((each.rfilename, each.size or 0) for each in told.siblings or [])
    return Published(repo, done.oid, model.name, files)


def deploy(api: Api, published: Published, show: Callable[[str], None]) -> str:
    """Serve the model and show each stage as it is reached; return the deployment's id."""
    wish = {"repo": published.repo, "file": published.model, "revision": published.commit}
    deployment = str(api.call("POST", "/deployments", wish)["id"])
    for stage in _stages(api, deployment):
        show(stage["stage"])
        if stage["failure"]:
            raise Wrong(f"{stage['failure']['reason']} {stage['failure']['hint']}")
        if stage["stage"] == "warm":
            return deployment
    raise Wrong(f"not warm after {DEPLOY_SECONDS:.0f} seconds")


def _stages(api: Api, deployment: str) -> Iterator[Any]:
    seen, deadline = 0, time.monotonic() + DEPLOY_SECONDS
    while time.monotonic() < deadline:
        reached = api.get(f"/deployments/{deployment}/stages")["items"]
        yield from reached[seen:]
        seen = len(reached)
        time.sleep(0.1)


def chat(url: str, customer: Person, model: str, show: Callable[[str], None]) -> Answer:
    """Stream an answer with openai and show it as it comes."""
    from openai import OpenAI

    began, first, usage = time.monotonic(), 0.0, None
    with OpenAI(base_url=f"{url}/v1", api_key=customer.token, max_retries=0) as client:
        raw = client.chat.completions.with_raw_response.create(
            model=model,
            messages=[{"role": "user", "content": QUESTION}],
            max_tokens=LONGEST_ANSWER,
            temperature=0,
            stream=True,
            stream_options={"include_usage": True},
        )
        for chunk in raw.parse():
            usage = chunk.usage or usage
            text = "".join(choice.delta.content or "" for choice in chunk.choices)
            if text:
                first = first or time.monotonic() - began
                show(text)
    if usage is None or not first:
        raise Wrong("the stream ended without an answer, or without its usage")
    return Answer(raw.headers["x-request-id"], usage.prompt_tokens, usage.completion_tokens, first)


def download(url: str, customer: Person, published: Published, folder: Path, model: Path) -> str:
    """Download the repository with snapshot_download and compare every file; return the model's sha256."""
    from huggingface_hub import snapshot_download

    snapshot_download(published.repo, revision=published.commit, local_dir=folder, endpoint=url, token=customer.token)
    for original, copy in ((model, folder / model.name), (CARD, folder / "README.md")):
        if _sha256(original) != _sha256(copy):
            raise Wrong(f"{copy.name} came back with other bytes")
    shutil.rmtree(folder)
    return _sha256(model)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
