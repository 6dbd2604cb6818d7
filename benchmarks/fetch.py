"""Download the pinned packages and unpack them: `python -m benchmarks.fetch [NAME ...]`.

Nothing of a package is installed, imported or built. Only wheels are downloaded, because pip runs the build code of a
source archive even to download it. An archive of either kind that already lies in `.packages/archives/` is used as it
is, so a package without a wheel can be put there by hand.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import zipfile
from pathlib import Path

from benchmarks.corpus import ARCHIVES, Package, choose, load_pins
from benchmarks.unpack import UnsafeArchiveError, unpack

SUFFIXES = (".whl", ".tar.gz", ".tar.bz2", ".tar.xz", ".zip")


class FetchError(Exception):
    """One package could not be fetched."""


def find_archive(package: Package, folder: Path = ARCHIVES) -> Path | None:
    """The package's archive in `folder`, a wheel before any other kind."""
    wanted = f"{_normal(package.name)}-{package.version}"
    found = [
        (SUFFIXES.index(suffix), path)
        for path in sorted(folder.glob("*"))
        for suffix in SUFFIXES
        if path.name.endswith(suffix) and _release(path.name.removesuffix(suffix)) == wanted
    ]
    return min(found)[1] if found else None


def _normal(name: str) -> str:
    """A project's name as archives of all ages agree on."""
    return re.sub(r"[-_.]+", "_", name).lower()


def _release(stem: str) -> str:
    """`name-version` of an archive's stem: project names in archives may hold dashes, versions start with a digit."""
    match = re.match(r"(.+?)-(\d[^-]*)", stem)
    return f"{_normal(match[1])}-{match[2]}" if match else stem


def download(package: Package, folder: Path = ARCHIVES) -> Path:
    """Download the package's wheel, also one that asks for another Python than this: it is only read."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    command += ["--dest", str(folder), f"{package.name}=={package.version}"]
    for extra in ([], ["--ignore-requires-python"]):
        done = subprocess.run([*command, *extra], capture_output=True, text=True, check=False)
        archive = find_archive(package, folder)
        if done.returncode == 0 and archive is not None:
            return archive
    errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    reason = errors[-1] if errors else f"pip ended with code {done.returncode}"
    raise FetchError(f"{reason}; a source archive put into {folder} by hand would be used")


def verify(package: Package, archive: Path) -> None:
    """Raise unless the archive is the pinned one."""
    with archive.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if package.sha256 and digest != package.sha256:
        raise FetchError(f"{archive.name} has sha256 {digest}, but {package.sha256} is pinned")


def fetch(package: Package) -> str:
    """Make sure that the package is unpacked, and say what was done."""
    archive = find_archive(package) or download(package)
    verify(package, archive)
    count = unpack(archive, package.folder)
    return f"{count} files, {len(package.files())} of them Python"


def main(arguments: list[str] | None = None) -> int:
    """Fetch the named packages; 1 when any of them could not be had."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fetch", description="Fetch the pinned packages.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these packages")
    parser.add_argument("--force", action="store_true", help="unpack again what is already there")
    options = parser.parse_args(arguments)
    failed = 0
    for package in choose(options.names, load_pins()):
        if package.folder.is_dir() and not options.force:
            print(f"{package.label}: already there")
            continue
        try:
            print(f"{package.label}: {fetch(package)}")
        except (FetchError, UnsafeArchiveError, OSError, zipfile.BadZipFile) as error:
            print(f"{package.label}: {error}", file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
