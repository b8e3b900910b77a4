"""The real client library against a real server process."""

import json

from tests.wires.hf.conftest import Client, Hub

LIFE = """
import io, json, os
from huggingface_hub import HfApi, CommitOperationAdd, CommitOperationDelete, HfFileSystem, snapshot_download, hf_hub_download
from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError, EntryNotFoundError, HfHubHTTPError, BadRequestError
api = HfApi()
print(json.dumps(api.whoami()["name"]))
made = api.create_repo("ada/tiny")
assert str(made) == os.environ["HF_ENDPOINT"] + "/ada/tiny", made
again = api.create_repo("ada/tiny", exist_ok=True)
assert str(again) == str(made)
try:
    api.create_repo("ada/tiny")
    raise SystemExit("created twice")
except HfHubHTTPError as error:
    assert error.response.status_code == 409
os.makedirs("up/sub", exist_ok=True)
weights = os.urandom(9_000_000)
open("up/model.safetensors", "wb").write(weights)
open("up/config.json", "w").write('{"a": 1}')
open("up/sub/notes ü.txt", "w").write("hello")
open("up/empty.txt", "w").write("")
open("up/README.md", "w").write("---\\nlicense: mit\\nlanguage: en\\n---\\n# Tiny\\n")
info = api.upload_folder(repo_id="ada/tiny", folder_path="up", commit_message="Upload it all")
assert info.oid and "/commit/" in info.commit_url
file = api.upload_file(path_or_fileobj=b"one more", path_in_repo="more.txt", repo_id="ada/tiny")
commit = api.create_commit("ada/tiny", [
    CommitOperationDelete("sub/"), CommitOperationDelete("more.txt"),
    CommitOperationAdd("config.json", b'{"a": 2}'),
], commit_message="Tidy", commit_description="All of it", parent_commit=file.oid)
tree = list(api.list_repo_tree("ada/tiny", recursive=True, expand=True))
print(json.dumps(sorted(t.path for t in tree)))
model = api.model_info("ada/tiny", files_metadata=True)
assert model.sha == commit.oid, model.sha
assert "license:mit" in model.tags and model.card_data.license == "mit"
assert {s.rfilename for s in model.siblings} == {t.path for t in tree}
lfs = [s for s in model.siblings if s.rfilename == "model.safetensors"][0]
assert lfs.size == 9_000_000 and lfs.lfs.size == 9_000_000
path = hf_hub_download("ada/tiny", "model.safetensors")
assert open(path, "rb").read() == weights
folder = snapshot_download("ada/tiny")
assert open(folder + "/model.safetensors", "rb").read() == weights
assert open(folder + "/config.json").read() == '{"a": 2}'
assert open(folder + "/empty.txt").read() == ""
old = snapshot_download("ada/tiny", revision=info.oid)
assert open(old + "/sub/notes ü.txt").read() == "hello"
fs = HfFileSystem()
assert fs.read_text("ada/tiny/config.json") == '{"a": 2}'
with fs.open("ada/tiny/model.safetensors", "rb") as handle:
    handle.seek(1_000_000)
    assert handle.read(100) == weights[1_000_000:1_000_100]
assert sorted(fs.ls("ada/tiny", detail=False)) == sorted("ada/tiny/" + t.path for t in tree)
api.create_branch("ada/tiny", branch="dev")
api.create_tag("ada/tiny", tag="v1", tag_message="First")
api.upload_file(path_or_fileobj=io.BytesIO(b"x" * 20_000_000), path_in_repo="big.bin", repo_id="ada/tiny", revision="dev")
refs = api.list_repo_refs("ada/tiny")
assert {b.name for b in refs.branches} == {"main", "dev"} and refs.tags[0].target_commit == commit.oid
assert api.file_exists("ada/tiny", "big.bin", revision="dev") and not api.file_exists("ada/tiny", "big.bin")
assert [c.title for c in api.list_repo_commits("ada/tiny")] == ["Tidy", "Upload more.txt with huggingface_hub", "Upload it all", "initial commit"]
api.delete_branch("ada/tiny", branch="dev")
api.delete_tag("ada/tiny", tag="v1")
unchanged = api.upload_file(path_or_fileobj=b'{"a": 2}', path_in_repo="config.json", repo_id="ada/tiny")
assert unchanged.oid == commit.oid
for wanted, call in [
    (RepositoryNotFoundError, lambda: api.model_info("ada/none")),
    (RepositoryNotFoundError, lambda: api.model_info("none")),
    (RepositoryNotFoundError, lambda: hf_hub_download("ada/none", "x")),
    (RevisionNotFoundError, lambda: api.model_info("ada/tiny", revision="none")),
    (RevisionNotFoundError, lambda: hf_hub_download("ada/tiny", "x", revision="none")),
    (EntryNotFoundError, lambda: hf_hub_download("ada/tiny", "none")),
    (EntryNotFoundError, lambda: list(api.list_repo_tree("ada/tiny", "none"))),
    (EntryNotFoundError, lambda: api.delete_file("none", "ada/tiny")),
    (BadRequestError, lambda: api.upload_file(path_or_fileobj=b"", path_in_repo="a/git~1/x", repo_id="ada/tiny")),
    (ValueError, lambda: api.upload_file(path_or_fileobj=b"---\\nlicense: [\\n---\\n", path_in_repo="README.md", repo_id="ada/tiny")),
]:
    try:
        call()
    except wanted:
        continue
    raise SystemExit(f"{wanted} was not raised")
api.update_repo_settings("ada/tiny", visibility="private")
assert api.model_info("ada/tiny").private
assert [m.id for m in api.list_models(author="ada", filter="license:mit")] == ["ada/tiny"]
assert api.auth_check("ada/tiny") is None
api.create_repo("ada/rows", repo_type="dataset", private=True)
api.upload_file(path_or_fileobj=b"a,b\\n1,2\\n", path_in_repo="data/train.csv", repo_id="ada/rows", repo_type="dataset")
assert api.dataset_info("ada/rows").private
assert open(hf_hub_download("ada/rows", "data/train.csv", repo_type="dataset")).read() == "a,b\\n1,2\\n"
api.delete_repo("ada/tiny")
api.delete_repo("ada/tiny", missing_ok=True)
assert not api.repo_exists("ada/tiny")
"""


def test_the_whole_life_of_a_repository(hub_server: Hub, client: Client) -> None:
    name, tree = client(LIFE, hub_server.user("ada")).splitlines()
    assert json.loads(name) == "ada"
    assert json.loads(tree) == [".gitattributes", "README.md", "config.json", "empty.txt", "model.safetensors"]
