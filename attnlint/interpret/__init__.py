"""Runs the IR on abstract values: a trace of what the code does to its tensors."""
