"""The least that an OpenAI-compatible engine can be: one canned answer, so that only the gateway is measured.

Prints `READY {"addr": "127.0.0.1:port", ...}` like an engine's worker, and serves until it is ended.
"""

import json
import socket
import sys

import uvicorn
import uvloop

ANSWER = json.dumps(
    {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": "trivial",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12},
    },
    separators=(",", ":"),
).encode()
HEADERS = [(b"content-type", b"application/json"), (b"content-length", str(len(ANSWER)).encode())]


async def app(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]  # raw ASGI, kept bare on purpose
    """Answer every request with the same completion."""
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):  # type: ignore[operator]  # raw ASGI, kept bare on purpose
        pass
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})  # type: ignore[operator]  # raw ASGI
    await send({"type": "http.response.body", "body": ANSWER})  # type: ignore[operator]  # raw ASGI


def main() -> None:
    """Serve on a free port of loopback."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    print("READY", json.dumps({"addr": f"127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False, lifespan="off")
    uvloop.run(uvicorn.Server(config).serve(sockets=[listener]))


if __name__ == "__main__":
    sys.exit(main())
