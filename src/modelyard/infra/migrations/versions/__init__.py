"""One file for each step of the schema; a landed file never changes."""
