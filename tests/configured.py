"""What the tests of the configuration ask: what is wrong with one."""

import os

import pytest

from attnlint.config.file import Misconfigured
from attnlint.config.nearest import Configured


def wrong(path, **options):
    """What is wrong with the configuration of a file, as (file, line, message)."""
    with pytest.raises(Misconfigured) as caught:
        Configured(**options).settings(path)
    return [(os.path.relpath(place.path), place.line, message) for place, message in caught.value.wrong]
