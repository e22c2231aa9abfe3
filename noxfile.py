# SPDX-License-Identifier: BSD-3-Clause
"""The test matrix: one session for each pair of Python and binding that is worth a run.

    nox -l                       all cells
    nox -t ci                    those that CI runs, each for a reason given below
    nox -t full                  every supported pair, and the oldest versions that work
    nox -s "tests(3.14-pyqt6)"   one cell; arguments after -- go to pytest

`make test` is the everyday run, with the Python at hand; this is for the others. Cells run one
after the other and share nothing but uv's cache. A Python that is missing is skipped, in CI it is
an error.
"""

from __future__ import annotations

import os
import pathlib

import nox

nox.needs_version = ">=2025.2.9"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.tags = ["ci"]
nox.options.error_on_missing_interpreters = bool(os.environ.get("CI"))

# What the cells leave out: slow tests, tests of the project's own tools, and, where there is a
# binding, those of the scheduler and the overlay generator, which don't need it. `make test` has
# them all.
SELECTED = "not timing and not conformance and not typing and not slow"
LEFT_OUT = ["tests/benchmarks", "tests/conformance", "tests/docs"]

# name: (value of QTINTERBINDING, requirements)
BINDINGS = {
    "pyqt6": ("PyQt6", ["PyQt6"]),
    "pyside6": (
        "PySide6",
        [  # why: see the extra in pyproject.toml
            "PySide6-Essentials; python_version >= '3.12'",
            "PySide6-Essentials!=6.12.*; python_version < '3.12'",
        ],
    ),
    "pyside6-noglib": ("PySide6", ["PySide6-Essentials"]),
    "pyqt5": ("PyQt5", ["PyQt5"]),
    "pyside2": ("PySide2", ["PySide2==5.15.2.1"]),
    "none": ("none", []),
    # The oldest that work. PyQt's wheels don't pin the wheel that holds Qt: without the second
    # requirement an old PyQt would run on the newest Qt.
    "pyqt6-6.2": ("PyQt6", ["PyQt6==6.2.3", "PyQt6-Qt6==6.2.4"]),
    "pyqt6-6.5": ("PyQt6", ["PyQt6==6.5.3", "PyQt6-Qt6==6.5.3"]),
    "pyside6-6.3": ("PySide6", ["PySide6-Essentials==6.3.2"]),
    "pyside6-6.8": ("PySide6", ["PySide6-Essentials==6.8.3"]),
    "pyqt5-5.15.4": ("PyQt5", ["PyQt5==5.15.4", "PyQt5-Qt5==5.15.2"]),
}

CI = [
    ("3.10", "pyside2"),  # the only Python with a working PySide2; no Runner, no TaskGroup
    ("3.10", "pyqt6-6.2"),  # the floor of Python and of Qt 6
    ("3.11", "pyqt5"),  # Qt 5; the first Runner and TaskGroup
    ("3.12", "pyside6-noglib"),  # eager tasks; Qt's own dispatcher instead of GLib's
    ("3.13", "pyqt6"),  # the run_forever that is split in two
    ("3.14", "pyqt6"),  # running loop per thread, no implicit loop, policies deprecated
    ("3.14", "pyside6"),  # the same with the other binding's lifetimes
    ("3.15", "pyside6"),  # contexts of transports, lazy imports
    ("3.12", "none"),  # where the scheduler's coverage comes from
]
PYTHONS = ["3.10", "3.11", "3.12", "3.13", "3.14", "3.15"]
FULL = [
    *((python, binding) for binding in ("pyqt6", "pyside6", "pyqt5") for python in PYTHONS),
    ("3.10", "pyside2"),
    ("3.10", "pyqt6-6.2"),
    ("3.10", "pyside6-6.3"),
    ("3.10", "pyqt5-5.15.4"),
    ("3.12", "pyqt6-6.5"),
    ("3.13", "pyside6-6.8"),
    ("3.12", "pyside6-noglib"),
    *((python, "none") for python in PYTHONS),
]

CELLS = [
    nox.param(
        python,
        binding,
        id=f"{python}-{binding}",
        tags=[tag for tag, cells in (("ci", CI), ("full", FULL)) if (python, binding) in cells],
    )
    for python, binding in dict.fromkeys([*CI, *FULL])
]


@nox.session
@nox.parametrize("python,binding", CELLS)
def tests(session: nox.Session, binding: str) -> None:
    """The suite on one Python and one binding, without what is slow or a matter of timing."""
    name, requirements = BINDINGS[binding]
    session.install("--group", "test", "--editable", ".", *requirements)
    selected = f"{SELECTED} and not qt" if name == "none" else SELECTED
    env = {"QT_NO_GLIB": "1"} if binding.endswith("-noglib") else {}
    cell = f"{session.python}-{binding}"
    left_out = LEFT_OUT if name == "none" else [*LEFT_OUT, "tests/scheduler", "tests/stubs"]
    ignored = [f"--ignore={folder}" for folder in left_out]
    session.run(
        "python", "scripts/suite.py", cell, name, "-m", selected, *ignored, *session.posargs,
        env=env,
    )  # fmt: skip


# On Windows itself the cells above do; here Wine runs a Windows Python.
WINDOWS = [("3.10", "PyQt6"), ("3.12", "PyQt6"), ("3.13", "PyQt6"), ("3.12", "PySide6")]


@nox.session(python=False, tags=["full"])
@nox.parametrize(
    "version,name",
    [nox.param(*cell, id=f"{cell[0]}-{cell[1].lower()}") for cell in WINDOWS],
)
def windows(session: nox.Session, version: str, name: str) -> None:
    """The suite and CPython's own tests on Windows, where there is a lane for it."""
    if not pathlib.Path("../shared/winlane/setup.sh").exists():
        session.skip("there is no Windows lane beside this checkout")
    session.run("bash", "scripts/winlane.sh", version, name, external=True)


@nox.session(python="3.12", tags=["gui"])
def xvfb(session: nox.Session) -> None:
    """The tests that open widgets, on a real X server: needs xvfb-run and Qt's xcb libraries."""
    session.install("--group", "test", "--editable", ".", "PyQt6")
    session.run(
        "xvfb-run", "--auto-servernum", "python", "scripts/suite.py", "xvfb", "PyQt6",
        "-m", f"gui and {SELECTED}", *session.posargs,
        external=True, env={"QT_QPA_PLATFORM": "xcb"},
    )  # fmt: skip


TYPING = [("3.12", "pyqt6"), ("3.12", "pyside6"), ("3.11", "pyqt5"), ("3.10", "pyside2")]


@nox.session(tags=["typing"])
@nox.parametrize("python,binding", [nox.param(*cell, id="-".join(cell)) for cell in TYPING])
def typing(session: nox.Session, binding: str) -> None:
    """The types of signals, with the stubs of a binding and with an overlay."""
    name, requirements = BINDINGS[binding]
    session.install("--group", "typing", "--editable", ".", *requirements)
    session.run(
        "python", "scripts/suite.py", f"typing-{binding}", name,
        "-m", "typing and not timing", "tests/typing", *session.posargs,
    )  # fmt: skip


# Debian's builds of 3.14 and 3.15 come without these tests.
CONFORMANCE = [(python, "pyqt6") for python in ("3.10", "3.11", "3.12", "3.13")]
CONFORMANCE.append(("3.12", "pyside6"))


@nox.session(tags=["conformance"])
@nox.parametrize("python,binding", [nox.param(*cell, id="-".join(cell)) for cell in CONFORMANCE])
def conformance(session: nox.Session, binding: str) -> None:
    """CPython's own asyncio tests with our loops in place of asyncio's."""
    name, requirements = BINDINGS[binding]
    session.install("--editable", ".", *requirements)
    session.run("python", "tests/conformance/run.py", "--binding", name, *session.posargs)


@nox.session(python="3.12")
def bench_gate(session: nox.Session) -> None:
    """Instructions per operation against benchmarks/gate.json; needs valgrind."""
    session.install("--editable", ".", "PyQt6")
    session.run("python", "-m", "benchmarks.gate", *session.posargs)
