"""The language server: what attnlint knows of a file, told to an editor while the file is being written."""
