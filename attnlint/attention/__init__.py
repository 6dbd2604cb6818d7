"""Attention facts: what the ops of a trace mean once they are read as attention."""
