"""Which deployment a person means: by its id, or by the name of the repository that it serves."""

from modelyard.cli.client import Api
from modelyard.serving.errors import ModelNotServed


def deployment_id(api: Api, wanted: str) -> str:
    """Return the id of a deployment; raises ModelNotServed where nothing is served under a name."""
    owner, slash, _ = wanted.partition("/")
    if not slash:
        return wanted
    cursor: str | None = None
    while True:
        page = api.get("deployments", owner=owner, limit=200, cursor=cursor)
        for each in page["items"]:
            if each["model"].lower() == wanted.lower():
                return str(each["id"])
        cursor = page["next"]
        if cursor is None:
            raise ModelNotServed(model=wanted)
