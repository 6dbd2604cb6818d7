"""Runs attention code and holds it against what attention is: a reference, and the laws that it keeps."""
