"""Runtimes of models, each behind one small protocol: a base URL, a key, and what it can do.

An engine is a process of its own that speaks OpenAI's HTTP protocol on loopback. `llamacpp` is the one that every
installation can run; a larger engine is one more module here that fills in the same protocol.
"""

from modelyard.serving.engines.llamacpp import LlamaCpp
from modelyard.serving.engines.words import Capabilities, Dialect, Endpoint, Engine, ModelFacts, Orders

__all__ = ["Capabilities", "Dialect", "Endpoint", "Engine", "LlamaCpp", "ModelFacts", "Orders"]
