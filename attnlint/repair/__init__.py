"""How each kind of mistake is repaired, in the author's own words: from what a trace knows to edits of the source."""
