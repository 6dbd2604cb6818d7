"""The pinned packages: which they are, where they are unpacked, and which of their files are Python."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINS = HERE / "packages.toml"
UNPACKED = HERE / ".packages"
ARCHIVES = UNPACKED / "archives"


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned package; `sha256` is that of its archive, or empty when any content will do."""

    name: str
    version: str
    sha256: str = ""

    @property
    def label(self) -> str:
        """The package as its folder is called: `timm-1.0.31`."""
        return f"{self.name}-{self.version}"

    @property
    def folder(self) -> Path:
        """Where the package is unpacked."""
        return UNPACKED / self.label

    def files(self) -> list[Path]:
        """All Python files of the unpacked package, in a stable order; empty when it was not fetched."""
        return sorted(path for path in self.folder.rglob("*.py") if path.is_file())


def load_pins(path: Path = PINS) -> list[Package]:
    """Read the pinned packages, in the order in which they are written."""
    with path.open("rb") as file:
        entries = tomllib.load(file)["package"]
    return [Package(entry["name"], entry["version"], entry.get("sha256", "")) for entry in entries]


def choose(names: list[str], pins: list[Package]) -> list[Package]:
    """The pinned packages of these names, or all of them for no name; a name that is not pinned is an error."""
    unknown = sorted(set(names) - {package.name for package in pins})
    if unknown:
        pinned = ", ".join(package.name for package in pins)
        raise SystemExit(f"not pinned in {PINS.name}: {', '.join(unknown)} (pinned: {pinned})")
    return [package for package in pins if not names or package.name in names]
