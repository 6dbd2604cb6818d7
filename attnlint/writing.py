"""Replaces files whole or not at all: several of them together, and none that somebody else has changed meanwhile."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass


class Unwritable(Exception):
    """A file that could not be replaced; `path` is its path as the user knows it, and the message says why."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file, the bytes that it must have still, and those that it is to have."""

    path: str
    before: bytes
    after: bytes


def write(rewrites: Sequence[Rewrite]) -> None:
    """Replace all of the files, or leave all of them as they are and raise `Unwritable`.

    Each is written to a temporary file beside it, which then takes its place, so that an interrupted run leaves only
    whole files. Mode and, where that is allowed, owner are kept. A symbolic link stays one, and what it leads to is
    replaced; of a file with several hard links only this name gets the new content, the others keep the old one.
    """
    staged: list[str] = []
    replaced: list[Rewrite] = []
    try:
        for rewrite in rewrites:
            _stage(rewrite.path, rewrite.after, staged)
        for rewrite, temporary in zip(rewrites, list(staged), strict=True):
            _compare(rewrite)
            # Noted first: an interrupt may come between the two.
            replaced.append(rewrite)
            _replace(rewrite.path, temporary)
            staged.remove(temporary)
    except BaseException:
        for rewrite in replaced:
            _restore(rewrite, staged)
        raise
    finally:
        for temporary in staged:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def create(path: str, data: bytes) -> None:
    """Write a file that is not there yet, whole or not at all; raises `Unwritable`, also where it is there by now."""
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(
            prefix=f".{os.path.basename(path)[:100]}.", dir=os.path.dirname(path) or "."
        )
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o666 & ~_umask())
        if os.path.lexists(path):
            raise Unwritable(path, "was written by somebody else meanwhile, and is left as it is now")
        os.replace(temporary, path)
        temporary = ""
    except OSError as error:
        raise Unwritable(path, f"cannot be written: {error.strerror or error}") from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                os.unlink(temporary)


def _umask() -> int:
    """The mask of this process, which can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _stage(path: str, data: bytes, staged: list[str]) -> None:
    """Write the data to a new file beside the one at `path`, with its mode and owner; its name goes to `staged`."""
    goal = os.path.realpath(path)
    try:
        known = os.stat(goal)
        if not stat.S_ISREG(known.st_mode):
            raise Unwritable(path, "is no regular file")
        if not os.access(goal, os.W_OK):
            raise Unwritable(path, "may not be written")
        handle, temporary = tempfile.mkstemp(prefix=f".{os.path.basename(goal)[:100]}.", dir=os.path.dirname(goal))
        staged.append(temporary)
        with open(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        _own(temporary, known)
    except OSError as error:
        raise Unwritable(path, f"cannot be written: {error.strerror or error}") from error


def _own(temporary: str, known: os.stat_result) -> None:
    made = os.stat(temporary)
    if hasattr(os, "chown") and (made.st_uid, made.st_gid) != (known.st_uid, known.st_gid):
        with contextlib.suppress(PermissionError):
            os.chown(temporary, known.st_uid, known.st_gid)
    os.chmod(temporary, stat.S_IMODE(known.st_mode))  # after the owner, whose change would clear some of it


def _compare(rewrite: Rewrite) -> None:
    try:
        with open(rewrite.path, "rb") as file:
            now = file.read()
    except OSError as error:
        raise Unwritable(rewrite.path, f"cannot be read again: {error.strerror or error}") from error
    if now != rewrite.before:
        raise Unwritable(rewrite.path, "was changed by somebody else meanwhile, and is left as it is now")


def _replace(path: str, temporary: str) -> None:
    try:
        os.replace(temporary, os.path.realpath(path))
    except OSError as error:
        raise Unwritable(path, f"cannot be written: {error.strerror or error}") from error


def _restore(rewrite: Rewrite, staged: list[str]) -> None:
    """Put the old content back, if the new one is there; a second failure cannot be helped."""
    with contextlib.suppress(Unwritable, OSError):
        with open(rewrite.path, "rb") as file:
            if file.read() != rewrite.after:
                return
        _stage(rewrite.path, rewrite.before, staged)
        _replace(rewrite.path, staged[-1])
