"""Configuration: the keys there are, the files that say them, and what holds for one linted file."""
