"""A private repository and one that does not exist are the same to strangers, on every route there is."""

import json

import pytest
from starlette.routing import Route

from modelyard.infra import Infra
from tests.wires.hf.inside import Inside, wires

SHA = "ab" * 32
BODIES = {
    "/repos/delete": {"name": "{name}", "organization": "ada"},
    "/preupload/": {"files": [{"path": "x", "size": 1, "sample": ""}]},
    "/objects/batch": {"operation": "download", "objects": [{"oid": SHA, "size": 1}]},
    "/tag/": {"tag": "v9"},
}
COMMIT = b"""{"key": "header", "value": {"summary": "x"}}
{"key": "file", "value": {"path": "x", "content": "", "encoding": "base64"}}"""
PARAMETERS = {"rev": "main", "path": "README.md", "ref": "v1", "right": "write"}
CALLER = ("whoami-v2", "tasks", "telemetry", "agent-harnesses", "validate-yaml", "repos/create")
ELSEWHERE = ("/_lfs/", *(f"/api/{word}" for word in CALLER))


def targets(infra: Infra) -> list[tuple[str, str]]:
    """Return method and address template of every route that names a repository; a new route shows up by itself."""
    found = []
    for route in wires(infra):
        assert isinstance(route, Route)
        path = route.path
        if path.startswith(ELSEWHERE) or path == "/api/{kind}" or ("{ns}" not in path and "delete" not in path):
            continue
        found += [(method, path) for method in sorted(route.methods or ())]
    return found


def ask(within: Inside, method: str, template: str, name: str, who: str) -> tuple[int, str, str]:
    kind = "models" if template.startswith("/api/") else ""
    path = template.replace(":path", "")
    for word, value in {**PARAMETERS, "kind": kind, "ns": "ada", "name": name}.items():
        path = path.replace(f"{{{word}}}", value)
    body = next((body for part, body in BODIES.items() if part in path), {})
    data = COMMIT if "/commit/" in path else json.dumps(body).replace("{name}", name).encode()
    content = None if method in ("GET", "HEAD") else data
    response = within.client.request(method, path, headers=within.header(who), content=content)
    text = response.text.replace(name, "NAME")
    return response.status_code, response.headers.get("x-error-code", ""), text


def test_every_route_hides_what_is_private(within: Inside) -> None:
    within.publish("secret", {"README.md": b"# Secret\n"}, private=True)
    routes = targets(within.infra)
    assert len(routes) > 30
    for method, template in routes:
        for who in ("", "eve"):
            hidden = ask(within, method, template, "secret", who)
            absent = ask(within, method, template, "absent", who)
            assert hidden == absent, (method, template, who)
            expected = (404, "RepoNotFound") if "delete" not in template or who else (401, "SignInRequired")
            assert hidden[:2] == expected, (method, template, who, hidden)


@pytest.mark.parametrize("token", ["Bearer hf_wrong", "Basic !!!", "Bearer", "Digest x"])
def test_bad_credentials_are_401_on_every_route(within: Inside, token: str) -> None:
    within.publish("open", {"README.md": b"# Open\n"})
    for path in ("/api/whoami-v2", "/api/models/ada/open", "/ada/open/resolve/main/README.md", "/api/models"):
        response = within.client.get(path, headers={"Authorization": token})
        assert response.status_code == 401
        assert response.headers["x-error-message"] == "Invalid credentials in Authorization header"
        assert response.headers["x-request-id"]


def test_a_reader_may_not_write(within: Inside) -> None:
    within.publish("open", {"README.md": b"# Open\n"})
    for method, path in (
        ("POST", "/api/models/ada/open/commit/main"),
        ("POST", "/api/models/ada/open/branch/x"),
        ("DELETE", "/api/models/ada/open/branch/x"),
        ("PUT", "/api/models/ada/open/settings"),
        ("GET", "/api/models/ada/open/auth-check/write"),
    ):
        assert within.client.request(method, path, headers=within.header("eve")).status_code == 403
        assert within.client.request(method, path).status_code == 401
