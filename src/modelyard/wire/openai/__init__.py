"""OpenAI's protocol: models, chat completions and completions, streamed and whole, with its own error bodies.

    routes = build_routes(gateway, catalogs, clock, auth)      # Starlette routes under /v1
    problems = Problems(renderer, faces={"/v1/": face})        # what else is asked for there

The routes parse, validate and shape; every token goes through the serving gateway. What the protocol has and Modelyard
does not is refused by the name of its parameter, never ignored in silence.
"""

from modelyard.wire.openai.errors import face
from modelyard.wire.openai.routes import build_routes

__all__ = ["build_routes", "face"]
