"""Discovery: what is walked, what is left out, and that a named file is always read."""

import pytest

from attnlint.diagnostic import Fault
from attnlint.discover import Target, discover


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def plant(*paths, **contents):
        for path in paths:
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(contents.get("text", ""))
        return tmp_path

    return plant


def paths(*asked):
    return [target.path for target in discover(asked or (".",))]


def test_order_and_spelling(tree):
    root = tree("b.py", "a/z.py", "a/c/d.py", "e/f.pyw", "a.txt", "README")
    assert paths() == ["b.py", "a/z.py", "a/c/d.py", "e/f.pyw"]
    assert paths("./a/") == ["a/z.py", "a/c/d.py"]
    assert paths(str(root / "a")) == [str(root / "a/z.py"), str(root / "a/c/d.py")]


def test_suffixes_may_be_in_capitals(tree):
    names = ["A.PY", "B.IPYNB", "C.MD", "D.Rst", "E.Markdown"]
    tree(*names, "F.TXT", "G.PYC")
    assert paths() == names


@pytest.mark.parametrize(
    "folder",
    ["node_modules", "__pycache__", ".git", "build", "dist", ".tox", "lib/site-packages", "x.egg-info", ".venv"],
)
def test_left_out(tree, folder):
    tree("a.py", f"{folder}/b.py", f"{folder}/deep/c.py")
    assert paths() == ["a.py"]
    assert paths(folder) == [f"{folder}/b.py", f"{folder}/deep/c.py"]


def test_virtual_environment_by_its_marker(tree):
    tree("a.py", "my_env/pyvenv.cfg", "my_env/lib/b.py")
    assert paths() == ["a.py"]


def test_gitignore_nested_and_negated(tree):
    root = tree("a.py", "gen/b.py", "gen/keep.py", "pkg/c.py", "pkg/tmp_d.py", "pkg/sub/tmp_e.py", "other/tmp_f.py")
    (root / ".gitignore").write_text("/gen/*\n!/gen/keep.py\n")
    (root / "pkg" / ".gitignore").write_text("tmp_*.py\n")
    (root / "pkg" / "sub" / ".gitignore").write_text("!tmp_e.py\n")
    assert paths() == ["a.py", "gen/keep.py", "other/tmp_f.py", "pkg/c.py", "pkg/sub/tmp_e.py"]


def test_gitignore_above_the_named_folder_up_to_the_repository(tree):
    root = tree("repo/pkg/a.py", "repo/pkg/b_pb2.py", "repo/.git/HEAD")
    (root / ".gitignore").write_text("a.py\n")  # outside the repository: has no say
    (root / "repo" / ".gitignore").write_text("*_pb2.py\n")
    assert paths("repo/pkg") == ["repo/pkg/a.py"]


def test_exclude_file_of_the_repository(tree):
    root = tree("a.py", "b.py", ".git/info/exclude")
    (root / ".git/info/exclude").write_text("b.py\n")
    assert paths() == ["a.py"]


def test_ignored_folder_that_is_named_is_walked(tree):
    root = tree("out/a.py", ".git/HEAD")
    (root / ".gitignore").write_text("out/\n")
    assert paths() == []
    assert paths("out") == ["out/a.py"]


def test_named_file_is_always_read(tree):
    root = tree("build/a", ".git/HEAD")
    (root / ".gitignore").write_text("a\n")
    assert list(discover(["build/a"])) == [Target("build/a", named=True)]


def test_each_file_once(tree):
    tree("a.py", "b/c.py")
    assert paths("b", "b/c.py", ".", "./a.py") == ["b/c.py", "a.py"]


def test_standard_input():
    assert list(discover(["-"])) == [Target("-", named=True)]


def test_missing_path_is_a_fault_and_the_rest_goes_on(tree):
    tree("a.py")
    missing, found = discover(["none", "a.py"])
    assert missing == Target("none", named=True, fault=Fault("missing", "no such file or folder"))
    assert found == Target("a.py", named=True)


def test_directory_loop_is_named_and_not_followed(tree):
    root = tree("a/b/c.py")
    (root / "a/b/back").symlink_to(root / "a", target_is_directory=True)
    (root / "a/up").symlink_to("..", target_is_directory=True)
    found = {target.path: target.fault for target in discover(["a"])}
    assert sorted(found) == ["a/b/back", "a/b/c.py", "a/up"]
    assert found["a/b/c.py"] is None
    for link in ("a/b/back", "a/up"):
        assert found[link].kind == "skipped"
        assert "directory loop" in found[link].message


def test_linked_folder_is_walked_once(tree):
    root = tree("src/a.py", "elsewhere/b.py")
    (root / "src/one").symlink_to(root / "elsewhere", target_is_directory=True)
    (root / "src/two").symlink_to(root / "elsewhere", target_is_directory=True)
    assert paths("src") == ["src/a.py", "src/one/b.py"]


def test_folder_with_the_suffix_of_a_file(tree):
    tree("odd.py/a.py")
    assert paths() == ["odd.py/a.py"]


def test_dangling_link(tree):
    root = tree("a.py")
    (root / "gone.py").symlink_to(root / "nowhere.py")
    (root / ".#a.py").symlink_to("someone@somewhere:1")
    assert paths() == ["a.py", "gone.py"]
