"""Protocols of foreign clients, each in its own words; the rooms below know nothing of them."""
