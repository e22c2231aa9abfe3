# SPDX-License-Identifier: BSD-3-Clause
"""The tests of the scheduler, tested: each planted bug must be caught by the example programs.

A mutant is the source text of a module with one edit of ``mutants.txt``, compiled beside the real
one. An edit whose text is no longer there fails as well: a mutant that is the original would prove
nothing.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from types import ModuleType, SimpleNamespace

import attrs
import pytest

import qtinter.scheduler.host
import qtinter.scheduler.modal
import qtinter.scheduler.scheduler
import qtinter.scheduler.timers
from tests.scheduler.model import compare
from tests.scheduler.programs import PROGRAMS

FILE = Path(__file__).with_name("mutants.txt")

MODULES = {
    "Scheduler": qtinter.scheduler.scheduler,
    "TimerHeap": qtinter.scheduler.timers,
    "ModalSlot": qtinter.scheduler.modal,
    "VirtualHost": qtinter.scheduler.host,
}


@attrs.frozen
class Mutant:
    """An edit of the source of one class's module."""

    name: str
    of: str
    old: str
    new: str

    def package(self) -> SimpleNamespace:
        """Return a stand-in for the package in which one class is the mutant's."""
        classes = {name: getattr(module, name) for name, module in MODULES.items()}
        original = MODULES[self.of]
        source = inspect.getsource(original)
        if source.count(self.old) != 1:
            pytest.fail(f"no longer in {original.__name__}, or not once: {self.old!r}")
        module = ModuleType(f"{original.__name__}_mutant")
        module.__package__ = original.__package__  # for its relative imports
        exec(compile(source.replace(self.old, self.new), self.name, "exec"), module.__dict__)
        classes[self.of] = getattr(module, self.of)
        return SimpleNamespace(**classes)


def read_mutants(text: str) -> list[Mutant]:
    """Read the file of mutants."""
    mutants = []
    for block in text.split("\n== ")[1:]:
        title, *lines = block.splitlines()
        of, _, name = title.partition(": ")
        old = "".join(f"{line[2:]}\n" for line in lines if not line.startswith("+ "))
        new = "".join(f"{line[2:]}\n" for line in lines if not line.startswith("- "))
        mutants.append(Mutant(name, of, old, new))
    return mutants


def problem(package: object) -> str | None:
    """Run the programs until one goes wrong; say what was found."""
    for name, program in PROGRAMS.items():
        for observed in (False, True):
            try:
                compare(program, package, observed=observed)
            except Exception as exc:
                return f"{name}: {type(exc).__name__}: {exc}"[:200]
    return None


MUTANTS = read_mutants(FILE.read_text())


def test_the_original_passes() -> None:
    assert problem(qtinter.scheduler) is None


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_planted_bug_is_caught(mutant: Mutant) -> None:
    assert problem(mutant.package()) is not None


def test_the_mutants_were_found() -> None:
    assert len(MUTANTS) > 70
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


def test_a_mutant_that_changes_nothing_is_told() -> None:
    with pytest.raises(pytest.fail.Exception, match="no longer in"):
        Mutant("gone", "Scheduler", "text that is not there", "").package()
