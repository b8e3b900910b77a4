"""Decisions of the hub over plain values: names, paths, trees, cards. No I/O, no clock, no tables."""
