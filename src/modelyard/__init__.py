"""Modelyard takes an open model from repository to revenue.

The rooms of this package are stacked; a room imports only from rooms below it. `docs/adr/0001` says why, and the
walls are checked on every commit. Start reading at `modelyard.app`, the only module that knows every room.
"""
