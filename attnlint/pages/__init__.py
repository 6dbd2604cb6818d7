"""Python inside of other files: the code of notebooks and of pages of text, laid out as one text with a way back."""
