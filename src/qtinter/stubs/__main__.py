# SPDX-License-Identifier: BSD-3-Clause
"""``python -m qtinter.stubs``, which is ``qtinter-stubs``, too: the command line of the generator.

Exit status: 0 if all is well, 1 if an overlay is stale (``--check``) or isn't what was meant, 2 for
a command that can't be carried out.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from qtinter.compat.bindings import BINDINGS

from . import verify
from .configure import advise
from .find import Source, find
from .overlay import Overlay, make, stale


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status."""
    parser = argparse.ArgumentParser(
        prog="qtinter-stubs",
        description="Write stubs of a Qt binding in which every signal is typed.",
    )
    parser.add_argument(
        "--binding",
        action="append",
        choices=BINDINGS,
        help="the binding, more than once for several; default: all that are installed",
    )
    parser.add_argument(
        "--out", type=Path, default=Path("typings"), help="the folder to write; default: typings"
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; the status is 1 if a stub is stale"
    )
    parser.add_argument(
        "--verify",
        action="append",
        choices=(*verify.CHECKERS, "no"),
        help="the checker that is asked about the result; default: mypy, else pyright",
    )
    parser.add_argument(
        "--configure",
        action="store_true",
        help="add what the checkers need to the configuration of the project in this folder",
    )
    options = parser.parse_args(arguments)
    sources = [find(name) for name in options.binding or BINDINGS]
    found = [source for source in sources if source is not None]
    if not found or (options.binding and len(found) < len(sources)):
        wanted = " and ".join(options.binding or ["a binding"])
        parser.error(f"there are no stubs of {wanted} in the environment of {sys.executable}")
    if options.check:
        return max(_check(source, options.out) for source in found)
    status = max(_generate(source, options.out, options.verify or []) for source in found)
    _configure(options.out, change=options.configure)
    return status


def _check(source: Source, folder: Path) -> int:
    why = stale(source, folder)
    print(f"{source.binding} {source.version} in {folder}: {why or 'up to date'}")
    return 1 if why else 0


def _generate(source: Source, folder: Path, checkers: Sequence[str]) -> int:
    started = time.perf_counter()
    progress = _Progress(source.binding)
    overlay = make(source, progress.tell)
    overlay.write(folder)
    progress.end()
    seconds = time.perf_counter() - started
    _report(overlay, folder, seconds)
    if "no" in checkers:
        return 0
    available = verify.available()
    chosen = list(checkers) or ([available] if available else [])
    if not chosen:
        print("  not verified: there is neither mypy in this environment nor pyright on PATH")
    return max((_verify(overlay, folder, one, progress) for one in chosen), default=0)


def _report(overlay: Overlay, folder: Path, seconds: float) -> None:
    count = len(overlay.all_signals()) + len(overlay.untyped)
    inexact = overlay.inexact()
    print(
        f"{overlay.source.binding} {overlay.source.version} in {folder}: {count} signals, "
        f"{count - len(inexact)} exact ({overlay.variants()} of them pass what may be anything), "
        f"{seconds:.1f} s"
    )
    for name, why in inexact.items():
        print(f"  not exact: {name}: {why}")


def _verify(overlay: Overlay, folder: Path, checker: str, progress: _Progress) -> int:
    started = time.perf_counter()
    progress.tell(f"asking {checker}")
    verdict = verify.verify(overlay, folder, checker)
    progress.end()
    seconds = time.perf_counter() - started
    if verdict.failed is not None:
        print(f"  not verified: {checker} failed: {verdict.failed}")
        return 1
    right = verdict.checked - len(verdict.wrong)
    print(f"  {checker} reveals what was meant for {right} of {verdict.checked}, {seconds:.1f} s")
    for message in verdict.wrong:
        print(f"  wrong: {message}")
    return 1 if verdict.wrong else 0


def _configure(folder: Path, *, change: bool) -> None:
    for advice in advise(Path.cwd(), folder):
        section = f"{advice.section} " if advice.section else ""
        if advice.text is None:
            print(f"{advice.checker}: {advice.file.name} is left as it is: {advice.why}")
            print(f"  it needs: {section}{advice.line}")
        elif change:
            advice.file.write_text(advice.text, encoding="utf-8")
            print(f"{advice.checker}: {advice.file.name} now has: {section}{advice.line}")
        else:
            print(f"{advice.checker}: for {advice.file.name} (or use --configure):")
            print("".join(f"  {line}\n" for line in (advice.section, advice.line) if line), end="")


class _Progress:
    """One line on a terminal that says what is going on, nothing anywhere else."""

    def __init__(self, binding: str) -> None:
        self._binding = binding
        self._shown = sys.stderr.isatty()

    def tell(self, what: str) -> None:
        if self._shown:
            sys.stderr.write(f"\r\x1b[K{self._binding}: {what} ...")
            sys.stderr.flush()

    def end(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
