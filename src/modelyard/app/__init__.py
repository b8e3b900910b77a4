"""The composition root: the only place that knows every room.

    app = build_app(settings)        # an ASGI application; its lifespan opens and closes everything behind it

`building` constructs the parts and plugs one room's answers into another's questions (`joints`); `life` starts and
stops what runs in the background; `addresses` puts every face at its path.
"""

from modelyard.app.building import build_app

__all__ = ["build_app"]
