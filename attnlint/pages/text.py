"""What a page comes to when it is read: the text of its Python and the layout of that."""

from __future__ import annotations

from dataclasses import dataclass

from attnlint.pages.layout import Layout


class NotAPage(Exception):
    """A page that cannot be read as what its name says; the message says why, and `row` where."""

    def __init__(self, message: str, row: int = 0) -> None:
        super().__init__(message)
        self.row = row


@dataclass(frozen=True, slots=True)
class PageText:
    """The Python of a page as one text, and where its rows stand."""

    text: str
    layout: Layout
