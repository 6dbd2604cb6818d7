"""Ignores in projects and fixtures that are really traced: they silence, they are needed, and then they are not."""

import os

import pytest

from attnlint.cli import main
from attnlint.engine import lint
from attnlint.fixing.ignoring import ignored
from attnlint.rule import all_rules
from attnlint.source import make_source, read_source
from tests.repaired import bad
from tests.test_fixtures import fixture_id
from tests.test_project import MISTAKES, write


def run(capsys, *arguments):
    code = main(["check", "--fail-on", "info", "--output-format", "concise", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def contents(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*.py")}


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each[3] for each in MISTAKES])
def test_a_mistake_that_crosses_files(plant, capsys, mistake):
    root = plant({"pyproject.toml": ""})
    write(root, [mistake[:3]])
    assert run(capsys)[0] == 1
    assert main(["check", "--add-ignores"]) == 0
    capsys.readouterr()
    silenced = contents(root)
    assert sum(text.count("# attnlint: ignore[") for text in silenced.values()) > 0
    assert run(capsys)[0] == 0
    for path in sorted(silenced):
        code, _out, err = run(capsys, path, "--fix")
        assert (code, err) == (0, "")
    assert contents(root) == silenced


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each[3] for each in MISTAKES])
def test_an_ignore_that_outlived_its_mistake(plant, capsys, mistake):
    root = plant({"pyproject.toml": ""})
    write(root)
    name, where = mistake[3:5]
    right = contents(root)
    (root / where).write_text(right[where].replace("\n", f"  # attnlint: ignore[{name}]\n", 1))
    # Alone the file cannot tell: another one's trace may find here what is ignored.
    assert run(capsys, where) == (0, "Found nothing wrong in 1 file.\n", "")
    code, out, _err = run(capsys)
    assert (code, out.count(f"ATT100 unused-ignore [info] [*] this ignore of {name} silences nothing\n")) == (1, 1)
    assert run(capsys, "--fix")[0] == 0
    assert contents(root) == right


ONE_OF_EACH = {path.parent.name: path for path in bad() if path.parent.name != "seed"}.values()


@pytest.mark.parametrize("path", ONE_OF_EACH, ids=fixture_id)
def test_what_is_found_in_a_fixture_is_silenced(path):
    source = read_source(str(path))
    found = [each for each in lint(source, all_rules()).diagnostics if each.name != "unused-ignore"]
    made = ignored(source, found, "as in the paper")
    left = lint(make_source(made.text, os.path.basename(path)), all_rules()).diagnostics
    assert {each.name for each in left} <= {"unused-ignore"}
    assert len(left) == 0 or path.parent.name == "unused-ignore"
