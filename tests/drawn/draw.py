"""A draw: the source of a module without its mistake and with it, and how to run either."""

import itertools
import random
import sys
import types
from dataclasses import dataclass, replace

from tests.drawn.form import FRAMEWORKS, OFTEN, Form
from tests.drawn.runs import APART, run_of
from tests.drawn.source import source_of

count = itertools.count()


@dataclass(frozen=True)
class Drawn:
    """`right` and `wrong` are the sources of one module, which differ in the mistake alone."""

    seed: int
    framework: str
    mistake: str
    right: str
    wrong: str
    form: Form

    def run(self, module, sizes=APART):
        """The module, of either source, at work."""
        return run_of(self.form, module, sizes)


def draw(seed, *frameworks):
    """The module of a seed, in one of these frameworks or in any."""
    frameworks = frameworks or FRAMEWORKS
    often = [OFTEN[name] for name in frameworks]
    framework = random.Random(f"{seed} framework").choices(frameworks, often)[0]
    form = Form(seed, framework)
    return Drawn(seed, framework, form.planted, source_of(form), source_of(replace(form, wrong=True)), form)


def module_of(source):
    """The source as a module that was imported."""
    module = types.ModuleType(f"drawn_{next(count)}")
    sys.modules[module.__name__] = module
    exec(compile(source, module.__name__, "exec"), module.__dict__)
    return module
