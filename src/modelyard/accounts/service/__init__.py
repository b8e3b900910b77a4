"""The verbs of the room, one file a noun: check, write, record, announce; none of them commits."""
