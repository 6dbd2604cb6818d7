"""Applying fixes: edits on a text, what becomes of the findings, and the rounds until nothing is left to do."""
