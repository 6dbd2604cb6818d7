"""Writing: files are replaced whole, several together or none, and what somebody else changed is left alone."""

import errno
import os
import stat

import pytest

from attnlint import writing
from attnlint.writing import Rewrite, Unwritable, create, write

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


@pytest.fixture
def files(tmp_path):
    """Two files to be rewritten."""
    made = []
    for name in "ab":
        path = tmp_path / f"{name}.py"
        path.write_bytes(b"old " + name.encode())
        made.append(Rewrite(str(path), b"old " + name.encode(), b"new " + name.encode()))
    return made


def contents(folder):
    """Everything in a folder, with its bytes: temporary files that stayed would be seen."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


OLD, NEW = {"a.py": b"old a", "b.py": b"old b"}, {"a.py": b"new a", "b.py": b"new b"}


def test_all_are_written(files, tmp_path):
    write(files)
    assert contents(tmp_path) == NEW


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o755, 0o4755])
def test_mode_is_kept(files, mode):
    os.chmod(files[0].path, mode)
    write(files[:1])
    assert stat.S_IMODE(os.stat(files[0].path).st_mode) == mode


@pytest.mark.skipif(not ROOT, reason="only root may give files away")
def test_owner_is_kept(files):
    os.chown(files[0].path, 12345, 12346)
    write(files[:1])
    known = os.stat(files[0].path)
    assert (known.st_uid, known.st_gid) == (12345, 12346)


def test_owner_that_may_not_be_kept_is_no_failure(files, tmp_path, monkeypatch):
    def chown(*_arguments):
        raise PermissionError(errno.EPERM, "no")

    known = os.stat(files[0].path)
    monkeypatch.setattr(os, "chown", chown)
    other = os.stat_result((*known[:4], known.st_uid + 1, *known[5:]))
    writing._own(files[0].path, other)
    assert contents(tmp_path) == OLD


def test_link_stays_a_link(files, tmp_path):
    (tmp_path / "folder").mkdir()
    goal = tmp_path / "folder" / "goal.py"
    goal.write_bytes(b"old")
    link = tmp_path / "link.py"
    link.symlink_to("folder/goal.py")
    write([Rewrite(str(link), b"old", b"new")])
    assert os.readlink(link) == "folder/goal.py"
    assert contents(tmp_path / "folder") == {"goal.py": b"new"}


def test_hard_link_keeps_the_old_content(files, tmp_path):
    os.link(files[0].path, tmp_path / "c.py")
    write(files)
    assert contents(tmp_path) == {**NEW, "c.py": b"old a"}


@pytest.mark.parametrize("changed", [0, 1])
def test_what_was_changed_meanwhile_is_left_alone_with_all_that_belongs_to_it(files, tmp_path, changed):
    with open(files[changed].path, "wb") as file:
        file.write(b"theirs")
    with pytest.raises(Unwritable, match="was changed by somebody else meanwhile") as error:
        write(files)
    assert error.value.path == files[changed].path
    assert contents(tmp_path) == {**OLD, os.path.basename(files[changed].path): b"theirs"}


def test_vanished_file(files, tmp_path):
    os.unlink(files[1].path)
    with pytest.raises(Unwritable, match="cannot be written: No such file or directory"):
        write(files)
    assert contents(tmp_path) == {"a.py": b"old a"}


def test_what_is_no_file(files, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(Unwritable, match="is no regular file"):
        write([Rewrite(str(tmp_path / "folder"), b"", b"x")])
    assert contents(tmp_path / "folder") == {}


@pytest.mark.skipif(ROOT, reason="root may write anywhere")
def test_read_only_file_and_folder(files, tmp_path):
    os.chmod(files[1].path, 0o444)
    with pytest.raises(Unwritable, match="may not be written"):
        write(files)
    os.chmod(files[1].path, 0o644)
    os.chmod(tmp_path, 0o555)
    try:
        with pytest.raises(Unwritable, match="cannot be written: Permission denied"):
            write(files)
    finally:
        os.chmod(tmp_path, 0o755)
    assert contents(tmp_path) == OLD


def test_file_that_may_not_be_written(files, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, _mode: not path.endswith("b.py"))
    with pytest.raises(Unwritable, match="may not be written"):
        write(files)
    assert contents(tmp_path) == OLD


def broken(call, number, error):
    """The function, which fails when it is called for the n-th time."""
    count = [0]

    def failing(*arguments, **named):
        count[0] += 1
        if count[0] == number:
            raise error
        return call(*arguments, **named)

    return failing


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("name", ["replace", "fsync", "chmod"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_failure_anywhere_leaves_everything_as_it_was(files, tmp_path, monkeypatch, name, number, error):
    monkeypatch.setattr(os, name, broken(getattr(os, name), number, error))
    with pytest.raises(KeyboardInterrupt if isinstance(error, KeyboardInterrupt) else Unwritable):
        write(files)
    assert contents(tmp_path) == OLD


def test_interrupt_just_after_a_file_was_replaced(files, tmp_path, monkeypatch):
    real = os.replace
    done = []

    def replace(source, goal):
        real(source, goal)
        done.append(goal)
        if len(done) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(KeyboardInterrupt):
        write(files)
    assert contents(tmp_path) == OLD
    assert len(done) == 4  # both were written, and both were brought back


def test_folder_that_takes_no_new_file(files, tmp_path, monkeypatch):
    def mkstemp(**_named):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(writing.tempfile, "mkstemp", mkstemp)
    with pytest.raises(Unwritable, match="cannot be written: Permission denied"):
        write(files)
    assert contents(tmp_path) == OLD


def test_very_long_name(tmp_path):
    path = tmp_path / ("n" * 250 + ".py")
    path.write_bytes(b"old")
    write([Rewrite(str(path), b"old", b"new")])
    assert contents(tmp_path) == {path.name: b"new"}


def test_a_new_file_is_whole_and_has_the_mode_of_new_files(tmp_path):
    mask = os.umask(0o027)
    try:
        create(str(tmp_path / "new.json"), b"new")
    finally:
        os.umask(mask)
    assert contents(tmp_path) == {"new.json": b"new"}
    assert stat.S_IMODE((tmp_path / "new.json").stat().st_mode) == 0o640


def test_what_is_there_is_not_created(tmp_path):
    (tmp_path / "new.json").write_bytes(b"old")
    with pytest.raises(Unwritable, match="somebody else"):
        create(str(tmp_path / "new.json"), b"new")
    with pytest.raises(Unwritable, match="No such file"):
        create(str(tmp_path / "none" / "new.json"), b"new")
    assert contents(tmp_path) == {"new.json": b"old"}
