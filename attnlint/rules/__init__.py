"""The rules, one file each; the package is walked, so a new file is a new rule."""
