"""The parts of `make demo`: a stage on which real clients play a publisher, an operator and a customer."""
