"""What the tests of the trace ask: the shapes that it knows, and whether these are the shapes that Python makes."""

import numpy as np
import pytest

from attnlint.analyse import traces
from attnlint.cli import main
from attnlint.source import make_source
from attnlint.tensor import Tensor, show_shape
from attnlint.values import Choice, Unknown

# Its assertions tell what differs, as those of a test do.
pytest.register_assert_rewrite("tests.proof.laws")


@pytest.fixture(autouse=True)
def a_cache_of_its_own(monkeypatch, tmp_path_factory):
    """No test finds what another kept."""
    monkeypatch.setenv("ATTNLINT_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(autouse=True)
def no_words_of_the_environment(monkeypatch):
    """No test is told of colours and widths but by itself."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def plant(tmp_path, monkeypatch):
    """Write files below the current folder, by their paths."""
    monkeypatch.chdir(tmp_path)

    def plant(files):
        for path, text in files.items():
            target = tmp_path / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path

    return plant


@pytest.fixture
def check(capsys):
    """Run `attnlint check`: its exit code, standard output and standard error."""

    def check(*arguments):
        code = main(["check", *arguments])
        return code, *capsys.readouterr()

    return check


def tensor_of(value):
    if isinstance(value, Choice):
        value = next((option for option in value.options if isinstance(option, Tensor)), value)
    if isinstance(value, Unknown):
        value = value.tensor
    return value if isinstance(value, Tensor) else None


def bound(code):
    """The last tensor that each name was bound to, in whatever function; None for what is no tensor."""
    return {each.name: tensor_of(each.value) for trace in traces(make_source(code)) for each in trace.bindings}


@pytest.fixture
def shapes():
    """The shapes that the trace knows, as a reader would see them, of the names asked for."""

    def shapes(code, names):
        found = bound(code)
        tensors = [found.get(name) for name in names.split()]
        return " ".join("?" if tensor is None else show_shape(tensor.shape) for tensor in tensors)

    return shapes


def sizes(tensor):
    if tensor is None or tensor.rank is None:
        return None
    return tuple(axis.size.value for axis in tensor.axes)


@pytest.fixture
def agrees():
    """Run NumPy code, trace it, and compare the shapes of its module's arrays: every one must be known and right."""

    def agrees(code):
        code = "import numpy as np\n" + code
        ran = {}
        exec(compile(code, "<code>", "exec"), ran)
        wanted = {name: value.shape for name, value in ran.items() if isinstance(value, np.ndarray)}
        assert wanted, "the code makes no array"
        (script,) = (trace for trace in traces(make_source(code)) if trace.is_script)
        top = {each.name: each.value for each in script.bindings if not each.frame.name}
        assert {name: sizes(tensor_of(top.get(name))) for name in wanted} == wanted

    return agrees


@pytest.fixture
def sites():
    """The attention of a file, over all its traces."""

    def sites(code):
        return [site for trace in traces(make_source(code)) for site in trace.sites]

    return sites
