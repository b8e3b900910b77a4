"""Keeps one supervised engine process for each model that is asked for, and none for the others.

    runtime = Runtime(infra, repositories, engines={"llamacpp": LlamaCpp()}, limits=Limits())
    await runtime.open()
    async with runtime.lease(deployment) as lease: ...        # warm, or started for this request
    await runtime.close()

All of it lives in the server's event loop; a deployment's stages are written down as they are reached.
"""

from modelyard.serving.runtime.manager import Runtime
from modelyard.serving.runtime.replica import Lease, Limits, Status

__all__ = ["Lease", "Limits", "Runtime", "Status"]
