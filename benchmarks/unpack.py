"""Unpack a wheel or a source archive without trusting it.

Only plain files are written, only below the target, and only up to a total size. Links, devices and the like are
skipped; a name that would leave the target condemns the whole archive.
"""

from __future__ import annotations

import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

LIMIT = 1 << 30
BLOCK = 1 << 20


class UnsafeArchiveError(Exception):
    """The archive holds what no honest package holds."""


def unpack(archive: Path, target: Path, limit: int = LIMIT) -> int:
    """Unpack `archive` into `target`, replacing what was there, and return the number of files written.

    The target appears only once everything is written: an archive that is refused leaves nothing behind.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as scratch:
        root = Path(scratch) / "content"
        root.mkdir()
        written = _write_members(archive, root, limit)
        if target.exists():
            shutil.rmtree(target)
        root.rename(target)
    return written


def safe_destination(root: Path, name: str) -> Path:
    """The place below `root` for a member called `name`; raises when the name points elsewhere."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = path.parts
    if not parts or path.is_absolute() or ".." in parts or ":" in parts[0] or "\0" in name:
        raise UnsafeArchiveError(f"member name leaves the archive: {name!r}")
    return root.joinpath(*parts)


def _write_members(archive: Path, root: Path, limit: int) -> int:
    """Write every plain file of the archive below `root`."""
    count, room = 0, limit
    with _members(archive) as members:
        for name, stream in members:
            destination = safe_destination(root, name)
            destination.parent.mkdir(parents=True, exist_ok=True)
            with destination.open("wb") as out:
                while block := stream.read(min(BLOCK, room + 1)):
                    room -= len(block)
                    if room < 0:
                        raise UnsafeArchiveError(f"{archive.name} unpacks to more than {limit} bytes")
                    out.write(block)
            count += 1
    return count


@contextmanager
def _members(archive: Path) -> Iterator[Iterator[tuple[str, IO[bytes]]]]:
    """Open the archive for a walk over its plain files."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as zipped:
            yield _zip_members(zipped)
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            yield _tar_members(tar)
    else:
        raise UnsafeArchiveError(f"{archive.name} is neither a zip nor a tar archive")


def _zip_members(zipped: zipfile.ZipFile) -> Iterator[tuple[str, IO[bytes]]]:
    """The plain files of a zip archive; Unix modes stand in the upper half of `external_attr`."""
    for info in zipped.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not info.is_dir() and kind in (0, stat.S_IFREG):
            with zipped.open(info) as stream:
                yield info.filename, stream


def _tar_members(tar: tarfile.TarFile) -> Iterator[tuple[str, IO[bytes]]]:
    """The plain files of a tar archive."""
    for info in tar:
        stream = tar.extractfile(info) if info.isreg() else None
        if stream is not None:
            with stream:
                yield info.name, stream
