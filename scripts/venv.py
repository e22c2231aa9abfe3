# SPDX-License-Identifier: BSD-3-Clause
"""Make one of the project's virtual environments, `.venv/NAME`, with nothing but venv and pip.

Each environment holds qtinter itself (editable), at most one Qt binding, and one group of tools.
One binding per environment: two of them in a process is an error that the library reports.
The stamp file is written last, so an interrupted run is simply repeated.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# name: (extra of qtinter, dependency group)
ENVIRONMENTS = {
    "none": ("", "test"),
    "pyqt6": ("pyqt6", "test"),
    "pyside6": ("pyside6", "test"),
    "pyqt5": ("pyqt5", "test"),
    "bench": ("", "bench"),
    "typing-pyqt6": ("pyqt6", "typing"),
    "typing-pyside6": ("pyside6", "typing"),
    "tools": ("", "dev"),
}

NO_VENV = """\
{python} could not make a virtual environment. On Debian and Ubuntu:
    apt-get install python3-venv
"""


def main(name: str) -> int:
    """Make the environment NAME and stamp it as ready."""
    if sys.version_info < (3, 10):  # noqa: UP036  whatever python3 is, it starts this file
        print(f"Python 3.10 or newer is needed; {sys.executable} is {sys.version.split()[0]}")
        return 1
    extra, group = ENVIRONMENTS[name]
    folder = ROOT / ".venv" / name
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "-qq", "--disable-pip-version-check", "install"]
    package = f"{ROOT}[{extra}]" if extra else str(ROOT)
    print(f"making .venv/{name} ({package.removeprefix(str(ROOT)) or 'no binding'}, {group})")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=False)
    if made.returncode != 0:
        print(NO_VENV.format(python=sys.executable))
        return made.returncode
    for arguments in (
        ["--upgrade", "pip>=25.1"],  # 25.1 knows dependency groups
        ["--group", f"{ROOT}/pyproject.toml:{group}", "--editable", package],
    ):
        done = subprocess.run([*pip, *arguments], check=False, cwd=ROOT)
        if done.returncode != 0:
            return done.returncode
    (folder / ".ready").touch()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
