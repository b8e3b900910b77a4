"""The whole life of a repository, lived by the unmodified client in a process of its own: any failure ends it."""

import io
import os
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    HfFileSystem,
    hf_hub_download,
    snapshot_download,
)
from huggingface_hub.errors import (
    BadRequestError,
    EntryNotFoundError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

REPO = "ada/tiny"
WEIGHTS = os.urandom(9_000_000)
CONFIG = b'{"a": 2}'
api = HfApi()


def raises(wanted: type[Exception], call: Callable[[], object]) -> Exception:
    """Return what the call raised, which must be of this class."""
    try:
        call()
    except wanted as error:
        return error
    msg = f"{wanted.__name__} was not raised"
    raise AssertionError(msg)


def create() -> None:
    """Create a repository, once."""
    assert api.whoami()["name"] == "ada"
    made = api.create_repo(REPO)
    assert str(made) == f"{os.environ['HF_ENDPOINT']}/{REPO}"
    assert api.create_repo(REPO, exist_ok=True) == made
    again = raises(HfHubHTTPError, lambda: api.create_repo(REPO))
    assert isinstance(again, HfHubHTTPError)
    assert again.response.status_code == 409


def upload() -> tuple[str, str]:
    """Upload by folder, by file and by commit; return the first and the last commit."""
    folder = Path("up")
    (folder / "sub").mkdir(parents=True)
    (folder / "model.safetensors").write_bytes(WEIGHTS)
    (folder / "config.json").write_text('{"a": 1}')
    (folder / "sub" / "notes ü.txt").write_text("hello")
    (folder / "empty.txt").write_text("")
    (folder / "README.md").write_text("---\nlicense: mit\nlanguage: en\n---\n# Tiny\n")
    first = api.upload_folder(repo_id=REPO, folder_path=folder, commit_message="Upload it all")
    assert "/commit/" in first.commit_url
    more = api.upload_file(path_or_fileobj=b"one more", path_in_repo="more.txt", repo_id=REPO)
    operations = [
        CommitOperationDelete("sub/"),
        CommitOperationDelete("more.txt"),
        CommitOperationAdd("config.json", CONFIG),
    ]
    last = api.create_commit(REPO, operations, commit_message="Tidy", parent_commit=more.oid)
    late = [CommitOperationAdd("late.txt", b"late")]
    stale = raises(HfHubHTTPError, lambda: api.create_commit(REPO, late, commit_message="x", parent_commit=more.oid))
    assert isinstance(stale, HfHubHTTPError)
    assert stale.response.status_code == 412
    unchanged = api.upload_file(path_or_fileobj=CONFIG, path_in_repo="config.json", repo_id=REPO)
    assert unchanged.oid == last.oid
    return first.oid, last.oid


def read(last: str) -> None:
    """Read trees and info."""
    tree = list(api.list_repo_tree(REPO, recursive=True, expand=True))
    paths = sorted(item.path for item in tree)
    assert paths == [".gitattributes", "README.md", "config.json", "empty.txt", "model.safetensors"]
    info = api.model_info(REPO, files_metadata=True)
    assert info.sha == last
    assert info.card_data is not None
    assert info.card_data.license == "mit"
    assert "license:mit" in (info.tags or [])
    sizes = {sibling.rfilename: (sibling.size, sibling.lfs and sibling.lfs.size) for sibling in info.siblings or []}
    assert sorted(sizes) == paths
    assert sizes["model.safetensors"] == (len(WEIGHTS), len(WEIGHTS))
    assert [model.id for model in api.list_models(author="ada", filter="license:mit")] == [REPO]


def download(first: str) -> None:
    """Download one file, all files, all files of an old commit, and a part of a file."""
    assert Path(hf_hub_download(REPO, "model.safetensors")).read_bytes() == WEIGHTS
    folder = Path(snapshot_download(REPO))
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "config.json").read_bytes() == CONFIG
    assert (folder / "empty.txt").read_bytes() == b""
    assert (Path(snapshot_download(REPO, revision=first)) / "sub" / "notes ü.txt").read_text() == "hello"
    files = HfFileSystem()
    assert files.read_bytes(f"{REPO}/config.json") == CONFIG
    assert len(files.ls(REPO)) == 5
    with files.open(f"{REPO}/model.safetensors", "rb") as file:
        file.seek(1_000_000)
        assert file.read(100) == WEIGHTS[1_000_000:1_000_100]


def branch(last: str) -> None:
    """Make a branch and a tag, work on them, delete them."""
    api.create_branch(REPO, branch="dev")
    raises(HfHubHTTPError, lambda: api.create_branch(REPO, branch="dev"))
    api.create_tag(REPO, tag="v1", tag_message="First")
    api.create_tag(REPO, tag="v1", exist_ok=True)
    content = io.BytesIO(b"x" * 20_000_000)
    api.upload_file(path_or_fileobj=content, path_in_repo="big.bin", repo_id=REPO, revision="dev")
    refs = api.list_repo_refs(REPO)
    assert {ref.name for ref in refs.branches} == {"main", "dev"}
    assert [ref.target_commit for ref in refs.tags] == [last]
    assert api.file_exists(REPO, "big.bin", revision="dev")
    assert not api.file_exists(REPO, "big.bin")
    titles = [commit.title for commit in api.list_repo_commits(REPO)]
    assert titles[::2] == ["Tidy", "Upload it all"]
    assert len(titles) == 4
    api.delete_branch(REPO, branch="dev")
    api.delete_tag(REPO, tag="v1")


def fail() -> None:
    """Get each error of the client by its own class."""
    yaml = b"---\nlicense: [\n---\n"
    raises(RepositoryNotFoundError, lambda: api.model_info("ada/none"))
    raises(RepositoryNotFoundError, lambda: api.model_info("none"))
    raises(RepositoryNotFoundError, lambda: hf_hub_download("ada/none", "x"))
    raises(RepositoryNotFoundError, lambda: HfApi(token=False).model_info("ada/hidden"))
    raises(RevisionNotFoundError, lambda: api.model_info(REPO, revision="none"))
    raises(RevisionNotFoundError, lambda: hf_hub_download(REPO, "x", revision="none"))
    raises(EntryNotFoundError, lambda: hf_hub_download(REPO, "none"))
    raises(EntryNotFoundError, lambda: list(api.list_repo_tree(REPO, "none")))
    raises(EntryNotFoundError, lambda: api.delete_file("none", REPO))
    raises(BadRequestError, lambda: api.upload_file(path_or_fileobj=b"", path_in_repo="a/git~1/x", repo_id=REPO))
    raises(ValueError, lambda: api.upload_file(path_or_fileobj=yaml, path_in_repo="README.md", repo_id=REPO))
    raises(HfHubHTTPError, lambda: HfApi(token="hf_wrong").whoami())


def hide() -> None:
    """Hide a repository, keep a data set, delete both."""
    api.update_repo_settings(REPO, visibility="private")
    assert api.model_info(REPO).private
    api.auth_check(REPO)
    raises(RepositoryNotFoundError, lambda: HfApi(token=False).model_info(REPO))
    api.create_repo("ada/rows", repo_type="dataset", private=True)
    rows = b"a,b\n1,2\n"
    api.upload_file(path_or_fileobj=rows, path_in_repo="data/train.csv", repo_id="ada/rows", repo_type="dataset")
    assert api.dataset_info("ada/rows").private
    assert Path(hf_hub_download("ada/rows", "data/train.csv", repo_type="dataset")).read_bytes() == rows
    api.create_repo("ada/app", repo_type="space", space_sdk="gradio")
    api.upload_file(path_or_fileobj=b"print()", path_in_repo="app.py", repo_id="ada/app", repo_type="space")
    assert "app.py" in [sibling.rfilename for sibling in api.space_info("ada/app").siblings or []]
    for name, kind in ((REPO, "model"), ("ada/rows", "dataset"), ("ada/app", "space")):
        api.delete_repo(name, repo_type=kind)
        api.delete_repo(name, repo_type=kind, missing_ok=True)
        assert not api.repo_exists(name, repo_type=kind)


if __name__ == "__main__":
    create()
    first_commit, last_commit = upload()
    read(last_commit)
    download(first_commit)
    branch(last_commit)
    fail()
    hide()
