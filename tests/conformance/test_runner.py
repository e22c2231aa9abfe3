# SPDX-License-Identifier: BSD-3-Clause
"""The conformance runner sees what it is there to see.

Each test writes a tiny package of test modules and a loop class that says who it is, and runs the
runner on them as a user does. No Qt and no qtinter is needed: what is asked here is whether a lost
test, a hang or a death could slip through.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conformance import deviations
from tests.conformance import run as runner_program
from tests.conformance.deviations import DEVIATIONS, Deviation
from tests.conformance.verdict import ModuleRun, Retry, Seen, lost_tests, newly_altered

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="the runner replaces asyncio's Unix loop"),
]

RUN = Path(__file__).with_name("run.py")

LOOPS = """
import asyncio

class Ours(asyncio.SelectorEventLoop):
    def _run_once(self):
        self._wake()

    def _wake(self):
        super()._run_once()
"""

HEADER = """
import asyncio, os, pathlib, signal, time, unittest

HERE = pathlib.Path(__file__).parent

def ours():
    loop = asyncio.new_event_loop()
    loop.close()
    return type(loop).__name__ == "Ours"

def nth_time(name):  # counts over all processes
    with open(HERE / name, "a+") as file:
        file.write("x")
        return file.tell()
"""

Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def conform(tmp_path: Path) -> Run:
    """Runs the runner on modules given by their text; more keywords are more modules."""

    def conform(*options: str, loop: str = "loops:Ours", **modules: str) -> object:
        package = tmp_path / "fakes"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
        (tmp_path / "loops.py").write_text(LOOPS, encoding="utf-8")
        for name, body in modules.items():
            text = f"{HEADER}\nclass Case(unittest.TestCase):\n{body}"
            (package / f"{name}.py").write_text(text, encoding="utf-8")
        fixed = ["--package=fakes", f"--loop={loop}", "--binding=none", f"--cache={tmp_path}/cache"]
        return subprocess.run(
            [sys.executable, str(RUN), *fixed, *options],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

    return conform  # type: ignore[return-value]


def row(run: subprocess.CompletedProcess[str], name: str = "total") -> list[str]:
    """The numbers of a line of the table: tests, stock, ours, lost, Qt."""
    line = next(text for text in run.stdout.splitlines() if text.startswith(f"{name} "))
    return line.split()[1:6]


PASSES = """
    def test_passes(self):
        asyncio.run(asyncio.sleep(0))
"""

RUNS_NO_LOOP = """
    def test_runs_no_loop(self):
        asyncio.new_event_loop().close()
"""


def test_equal_loops_conform_and_the_turns_from_qt_are_counted_per_test(conform: Run) -> None:
    run = conform(
        test_a=RUNS_NO_LOOP,
        test_b=PASSES
        + """
    def test_runs_twice(self):
        asyncio.run(asyncio.sleep(0))
        asyncio.run(asyncio.sleep(0))
""",
    )

    assert run.returncode == 0, run.stdout + run.stderr
    assert row(run, "test_a") == ["1", "1", "1", "0", "0"]
    assert row(run, "test_b") == ["2", "2", "2", "0", "2"]
    assert row(run) == ["3", "3", "3", "0", "2"]


def test_every_name_of_the_concrete_loop_is_replaced_and_no_abstract_base(conform: Run) -> None:
    run = conform(
        test_a="""
    def test_names(self):
        from asyncio import unix_events
        names = ("SelectorEventLoop", "EventLoop", "_UnixSelectorEventLoop")
        found = {getattr(m, n) for m in (asyncio, unix_events) for n in names if hasattr(m, n)}
        self.assertEqual(1, len(found))
        loop = asyncio.new_event_loop()
        loop.close()
        self.assertIs(found.pop(), type(loop))
    def test_bases(self):
        from asyncio import base_events as base, selector_events as selector
        self.assertEqual("asyncio.base_events", base.BaseEventLoop.__module__)
        self.assertEqual("asyncio.selector_events", selector.BaseSelectorEventLoop.__module__)
    def test_fails_on_ours(self):
        self.assertFalse(ours())
"""
    )

    assert row(run)[:4] == ["3", "3", "2", "1"], run.stdout


def test_a_test_that_fails_only_on_ours_is_lost(conform: Run) -> None:
    run = conform(
        test_a=PASSES
        + """
    def test_lost(self):
        self.assertFalse(ours(), "the reason")
"""
    )

    assert run.returncode == 1
    assert "LOST: fakes.test_a.Case.test_lost: failed" in run.stdout
    assert "the reason" in run.stdout
    assert row(run)[:4] == ["2", "2", "1", "1"]


def test_a_test_that_only_ours_skips_is_lost(conform: Run) -> None:
    run = conform(
        test_a="""
    def test_skips(self):
        if ours():
            self.skipTest("not for us")
"""
    )

    assert run.returncode == 1
    assert "LOST: fakes.test_a.Case.test_skips: skipped" in run.stdout


def test_a_failing_subtest_makes_its_test_a_lost_one(conform: Run) -> None:
    run = conform(
        test_a="""
    def test_parts(self):
        for part in (1, 2):
            with self.subTest(part=part):
                self.assertFalse(part == 1 and ours())
"""
    )

    assert run.returncode == 1
    assert "LOST: fakes.test_a.Case.test_parts: failed" in run.stdout


def test_tests_that_a_failing_class_set_up_takes_along_are_lost(conform: Run) -> None:
    run = conform(
        test_a="""
    @classmethod
    def setUpClass(cls):
        if ours():
            raise OSError("no class")
    def test_one(self): pass
    def test_two(self): pass
"""
    )

    assert run.returncode == 1
    assert row(run)[:4] == ["2", "2", "0", "2"]
    assert "OUTSIDE A TEST: setUpClass" in run.stdout
    assert "no class" in run.stdout


def test_a_module_that_cannot_be_imported_on_ours_is_lost(conform: Run) -> None:
    run = conform(
        test_a=PASSES
        + """
if ours():
    raise OSError("no module")
"""
    )

    assert run.returncode == 1
    assert row(run)[:4] == ["1", "1", "0", "1"]
    assert "no module" in run.stdout


def test_a_hang_is_ended_with_all_stacks_and_costs_no_other_test(conform: Run) -> None:
    run = conform(
        "--timeout=2",
        "--retries=0",
        test_a="""
    def test_1(self): pass
    def test_2_hangs(self):
        if ours():
            self.wait_for_nothing()
    def test_3(self): pass
    def wait_for_nothing(self):
        time.sleep(600)
""",
    )

    assert run.returncode == 1
    assert "LOST: fakes.test_a.Case.test_2_hangs: hung" in run.stdout
    assert "in wait_for_nothing" in run.stdout
    assert row(run)[:4] == ["3", "3", "2", "1"]


@pytest.mark.parametrize(
    ("death", "text"),
    [
        ("os.kill(os.getpid(), signal.SIGSEGV)", "killed by SIGSEGV"),
        ("os.abort()", "killed by SIGABRT"),
        ("os._exit(0)", "ended early with status 0"),
        ("os._exit(3)", "exit status 3"),
    ],
)
def test_a_process_that_dies_in_a_test_is_a_failure_and_costs_no_other_test(
    conform: Run, death: str, text: str
) -> None:
    run = conform(
        "--retries=0",
        test_a=f"""
    def test_1(self): pass
    def test_2_dies(self):
        if ours():
            {death}
    def test_3(self): pass
""",
    )

    assert run.returncode == 1
    assert "LOST: fakes.test_a.Case.test_2_dies: crashed" in run.stdout
    assert text in run.stdout
    assert row(run)[:4] == ["3", "3", "2", "1"]


def test_a_process_that_dies_after_its_last_test_is_a_failure(conform: Run) -> None:
    run = conform(
        test_a=PASSES
        + """
if ours():
    import atexit
    atexit.register(os._exit, 5)
"""
    )

    assert run.returncode == 1
    assert row(run)[:4] == ["1", "1", "1", "0"]
    assert "BROKEN OFF" in run.stdout
    assert "exit status 5" in run.stdout


def test_a_fork_that_runs_on_into_the_next_tests_is_not_heard(conform: Run) -> None:
    run = conform(
        test_a=PASSES
        + """
    def test_1_forks(self):
        pid = os.fork()
        if pid:
            os.waitpid(pid, 0)
    def test_2_counts(self):
        self.assertGreaterEqual(nth_time("runs"), 2)
"""
    )

    # the fork runs test_2_counts first, on either loop, and fails there: nobody hears it
    assert run.returncode == 0, run.stdout
    assert row(run)[:4] == ["3", "3", "3", "0"]


def test_a_test_that_fails_now_and_then_is_named_as_flaky(conform: Run) -> None:
    run = conform(
        test_a=PASSES
        + """
    def test_flaky(self):
        if ours():
            self.assertNotEqual(1, nth_time("ours"))
"""
    )

    assert run.returncode == 0, run.stdout
    assert "flaky: fakes.test_a.Case.test_flaky: failed" in run.stdout
    assert "alone on ours: passed, passed; with its module again: passed" in run.stdout
    assert "1 flaky" in run.stdout


def test_a_test_that_passes_only_when_alone_is_lost(conform: Run) -> None:
    run = conform(
        test_a="""
    dirty = False
    def test_1_leaves_dirt(self):
        type(self).dirty = True
    def test_2_meets_it(self):
        self.assertFalse(self.dirty and ours())
"""
    )

    assert run.returncode == 1
    assert "LOST: fakes.test_a.Case.test_2_meets_it" in run.stdout
    assert "with its module again: failed" in run.stdout


def test_a_test_that_fails_on_stock_too_is_not_asked_of_ours_but_named(conform: Run) -> None:
    run = conform(
        test_a=PASSES
        + """
    def test_fails(self):
        self.fail("everywhere")
"""
    )

    assert run.returncode == 0, run.stdout
    assert row(run)[:4] == ["2", "1", "1", "0"]
    assert (
        "not asked of ours: fakes.test_a.Case.test_fails: failed on stock, failed on ours"
        in run.stdout
    )


def test_a_test_that_passes_on_stock_at_the_second_time_is_asked_of_ours(conform: Run) -> None:
    run = conform(
        test_a="""
    def test_flaky_on_stock(self):
        self.assertTrue(ours() or nth_time("stock") > 1)
    def test_lost(self):
        self.assertTrue(not ours() and nth_time("lost") > 1)
"""
    )

    assert run.returncode == 1
    assert row(run)[:4] == ["2", "2", "1", "1"]


def test_stock_results_are_remembered_until_fresh_ones_are_asked_for(
    conform: Run, tmp_path: Path
) -> None:
    body = f"""{PASSES}
    def test_counts(self):
        if not ours():
            nth_time("stock")
"""
    times = []
    for options in ((), (), ("--fresh",)):
        assert conform(*options, test_a=body).returncode == 0
        times.append(len((tmp_path / "fakes" / "stock").read_text(encoding="utf-8")))

    assert times == [1, 1, 2]


def test_only_the_modules_asked_for_are_run(conform: Run) -> None:
    run = conform("--modules=test_b", test_a=PASSES, test_b=PASSES)

    assert run.returncode == 0
    assert row(run)[0] == "1"
    assert not re.search("^test_a ", run.stdout, re.MULTILINE)


def test_stock_alone_needs_no_loop_of_ours(conform: Run) -> None:
    run = conform("--stock", loop="nowhere:Nothing", test_a=PASSES)

    assert run.returncode == 0
    assert row(run)[:2] == ["1", "1"]


@pytest.mark.parametrize("options", [("--package=absent.tests",), ("--modules=test_absent",)])
def test_nothing_to_check_is_said_and_is_no_success(conform: Run, options: tuple[str, ...]) -> None:
    run = conform(*options, test_a=PASSES)

    assert run.returncode == 2
    assert "NOTHING WAS CHECKED" in run.stderr


def test_a_run_in_which_qt_never_woke_the_loop_proves_nothing(conform: Run) -> None:
    run = conform(test_a=RUNS_NO_LOOP)

    assert run.returncode == 1
    assert "VACUOUS" in run.stdout


def test_a_loop_that_cannot_be_made_is_no_success(conform: Run) -> None:
    run = conform(loop="loops:Absent", test_a=PASSES)

    assert run.returncode == 1
    assert row(run)[:4] == ["1", "1", "0", "1"]
    assert "BROKEN OFF" in run.stdout


def test_a_warning_of_qt_is_no_success(conform: Run) -> None:
    warning = "QSocketNotifier: Invalid socket 8 and type 'Read', disabling..."
    run = conform(
        test_a=f"""{PASSES}
    def test_warns(self):
        os.write(2, b"QFontDatabase: no fonts\\n")
        if ours():
            os.write(2, {warning.encode()!r} + b"\\n")
"""
    )

    assert run.returncode == 1
    assert row(run)[:4] == ["2", "2", "2", "0"]
    assert f"QT WARNED: fakes.test_a: {warning}" in run.stdout
    assert "1 Qt warnings" in run.stdout


def test_a_leftover_on_ours_only_is_named() -> None:
    clean = ModuleRun({"a": Seen("passed"), "b": Seen("passed", altered=True)}, {})
    altered = ModuleRun({t: Seen("passed", altered=True) for t in clean.tests}, {})

    assert newly_altered(clean, altered) == ["a"]


def test_an_expected_failure_counts_as_passing() -> None:
    stock = ModuleRun({"a": Seen("xfailed"), "b": Seen("passed"), "c": Seen("skipped")}, {})
    ours = ModuleRun({"a": Seen("xfailed"), "b": Seen("xpassed"), "c": Seen("failed")}, {})

    assert list(lost_tests(stock, ours)) == ["b"]


@pytest.mark.parametrize(
    ("retry", "flaky"),
    [
        (Retry(["passed", "passed"], ["passed", "passed"], "passed"), True),
        (Retry(["passed", "passed"], ["passed", "failed"], "passed"), False),
        (Retry(["passed"], ["failed"]), False),
        (Retry(["passed", "passed"], ["passed", "passed"]), False),
        (Retry(["passed", "passed"], ["passed", "passed"], "failed"), False),
        (Retry(["passed", "failed"], ["failed", "failed"]), True),
        (Retry([], []), False),
    ],
)
def test_a_lost_test_is_excused_only_by_stock_failing_too_or_by_passing_from_then_on(
    retry: Retry, flaky: bool
) -> None:
    assert retry.flaky is flaky


def test_a_deviation_covers_its_tests_pythons_and_bindings_only() -> None:
    deviation = Deviation("test_a.*.test_x", "a reason", pythons=("3.12",), bindings=("PyQt6",))

    assert deviation.covers("test_a.Case.test_x", python="3.12", binding="PyQt6")
    assert not deviation.covers("test_b.Case.test_x", python="3.12", binding="PyQt6")
    assert not deviation.covers("test_a.Case.test_x", python="3.13", binding="PyQt6")
    assert not deviation.covers("test_a.Case.test_x", python="3.12", binding="PySide6")


@pytest.mark.parametrize(
    "case",
    [
        ("self.assertFalse(ours())", 0, "deviation: fakes.test_a.Case.test_differs: so it is"),
        ("self.assertTrue(True)", 1, "STALE DEVIATION: fakes.test_a.Case.test_differs"),
    ],
)
def test_a_deviation_excuses_its_test_and_has_to_go_when_that_passes(
    conform: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: tuple[str, int, str],
) -> None:
    body, status, text = case
    # the first run only writes the modules: deviations can be replaced in this process alone
    conform(
        "--stock",
        test_a=f"""{PASSES}
    def test_differs(self):
        {body}
""",
    )
    monkeypatch.setattr(
        deviations, "DEVIATIONS", [Deviation("test_a.Case.test_differs", reason="so it is")]
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "fakes", raising=False)

    got = runner_program.main(
        ["--package=fakes", "--loop=loops:Ours", "--binding=none", f"--cache={tmp_path}/cache"]
    )

    assert text in capsys.readouterr().out
    assert got == status


def test_each_deviation_has_a_reason() -> None:
    assert all(deviation.reason.strip() for deviation in DEVIATIONS)
