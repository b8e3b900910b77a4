"""Lists, trees, refs: what they hold, page by page, by absolute links."""

from typing import Any

import pytest

from tests.wires.hf.inside import ORIGIN, Inside


def everything(within: Inside, path: str, who: str = "") -> list[dict[str, Any]]:
    """Follow the links of a list to its end."""
    found: list[dict[str, Any]] = []
    while path:
        response = within.client.get(path, headers=within.header(who))
        assert response.status_code == 200, response.text
        found += response.json()
        link = response.headers.get("link", "")
        assert not link or link.startswith(f"<{ORIGIN}/")
        path = link[len(ORIGIN) + 1 : link.index(">")] if link else ""
    return found


def test_a_list_is_filtered_sorted_and_paged(within: Inside) -> None:
    for number in range(7):
        card = f"---\nlicense: {'mit' if number % 2 else 'apache-2.0'}\nlanguage: zh\n---\n"
        within.publish(f"m{number}", {"README.md": card.encode()}, private=number == 3)
    within.publish("rows", {}, kind="dataset")
    assert {item["id"] for item in everything(within, "/api/models?limit=2")} == {
        f"ada/m{number}" for number in range(7) if number != 3
    }
    for sort in ("lastModified", "createdAt", "downloads", "likes", "trendingScore"):
        assert len(everything(within, f"/api/models?limit=3&sort={sort}", "ada")) == 7
    assert len(everything(within, "/api/models?filter=license:mit&filter=language:zh", "ada")) == 3
    assert len(everything(within, "/api/models?search=M1")) == 1
    assert len(everything(within, "/api/models?search=%25")) == 0
    assert len(everything(within, "/api/models?author=eve")) == 0
    assert len(everything(within, "/api/datasets")) == 1
    assert within.client.get("/api/models?cursor=nonsense").json() == []
    assert within.client.get("/api/models?sort=nonsense").status_code == 400
    assert within.client.get("/api/models?search=%00&author=%ff").json() == []
    expanded = everything(within, "/api/models?expand=downloads&expand[]=tags&limit=1")[0]
    assert set(expanded) == {"_id", "id", "downloads", "tags"}
    assert everything(within, "/api/models?full=true&limit=1")[0]["siblings"]


def test_a_page_with_all_files_ends_early(within: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelyard.wire.hf.repositories._MOST_SIBLINGS", 5)
    for number in range(4):
        within.publish(f"m{number}", {f"f{n}": b"x" for n in range(3)})
    first = within.client.get("/api/models?full=true")
    assert len(first.json()) == 2
    found = everything(within, "/api/models?full=true")
    assert {item["id"] for item in found} == {f"ada/m{number}" for number in range(4)}
    assert all(len(item["siblings"]) == 4 for item in found)


def test_a_tree_is_paged_and_told_in_full(within: Inside) -> None:
    within.publish("open", {f"d{n % 3}/f{n:02}": b"x" * n for n in range(20)})
    tree = "/api/models/ada/open/tree/main"
    found = everything(within, f"{tree}?recursive=true&limit=4")
    assert found == everything(within, f"{tree}?recursive=true")
    assert [item["path"] for item in found if item["type"] == "directory"] == ["d0", "d1", "d2"]
    assert len(found) == 24
    inside_one = everything(within, f"{tree}/d1?expand=true&limit=3")
    assert [item["path"] for item in inside_one] == [f"d1/f{n:02}" for n in range(1, 20, 3)]
    assert all(item["lastCommit"]["title"] == "Add the files" for item in inside_one)
    asked = {"paths": ["d1", "none", "d1/f01"], "expand": "false"}
    told = within.client.post("/api/models/ada/open/paths-info/main", data=asked)
    assert [(item["path"], item["type"]) for item in told.json()] == [("d1", "directory"), ("d1/f01", "file")]
    one = within.client.post("/api/models/ada/open/paths-info/main", json={"paths": "d0"})
    assert [item["path"] for item in one.json()] == ["d0"]


@pytest.mark.parametrize("path", ["none", "d0/f00/x", "%2e%2e", "d0/f00"])
def test_a_folder_that_is_not_there(within: Inside, path: str) -> None:
    within.publish("open", {"d0/f00": b"x"})
    response = within.client.get(f"/api/models/ada/open/tree/main/{path}")
    assert (response.status_code, response.headers["x-error-code"]) == (404, "EntryNotFound")


def test_branches_and_tags(within: Inside) -> None:
    commit = within.publish("open", {"a": b"1"})
    ada, repo = within.header("ada"), "/api/models/ada/open"
    make = within.client.post
    assert make(f"{repo}/branch/feature%2Fone", json={"startingPoint": commit}, headers=ada).status_code == 200
    assert make(f"{repo}/branch/feature%2Fone", headers=ada).status_code == 409
    assert make(f"{repo}/branch/bad..name", headers=ada).status_code == 400
    nowhere = make(f"{repo}/branch/x", json={"startingPoint": "none"}, headers=ada)
    assert nowhere.headers["x-error-code"] == "RevisionNotFound"
    assert make(f"{repo}/tag/main", json={"tag": "v1"}, headers=ada).status_code == 200
    assert make(f"{repo}/tag/main", json={"tag": "v1"}, headers=ada).status_code == 409
    refs = within.client.get(f"{repo}/refs?include_prs=1").json()
    assert [ref["name"] for ref in refs["branches"]] == ["feature/one", "main"]
    assert refs["tags"] == [{"name": "v1", "ref": "refs/tags/v1", "targetCommit": commit}]
    assert (refs["converts"], refs["pullRequests"]) == ([], [])
    assert within.client.get(f"{repo}/revision/feature%2Fone").json()["sha"] == commit
    assert within.client.delete(f"{repo}/branch/main", headers=ada).status_code == 400
    assert within.client.delete(f"{repo}/branch/feature%2Fone", headers=ada).status_code == 200
    assert within.client.delete(f"{repo}/branch/feature%2Fone", headers=ada).status_code == 404


def test_who_am_i(within: Inside) -> None:
    told = within.client.get("/api/whoami-v2", headers=within.header("ada")).json()
    assert (told["name"], told["type"], told["orgs"]) == ("ada", "user", [])
    assert told["auth"]["accessToken"]["role"] == "write"
    assert within.client.get("/api/whoami-v2").status_code == 401
