# SPDX-License-Identifier: BSD-3-Clause
"""Tells mypy and pyright of an overlay, in the configuration files that a project has.

A line is put in or made longer, as text: the rest of the file stays as it is, comments and all.
What isn't understood is left alone, and said.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import attrs

DEFAULT_STUB_PATH = "typings"
"""Where pyright looks by itself."""


@attrs.frozen
class Advice:
    """What to do so that a checker uses an overlay.

    Attributes:
        checker: Its name.
        file: The file to change.
        section: The section, "" if the file has none.
        line: The line that must be in it.
        text: The whole file with the line in it; None if it has to be changed by hand.
        why: Why it has to be changed by hand.
    """

    checker: str
    file: Path
    section: str
    line: str
    text: str | None = None
    why: str = ""


def advise(root: Path, folder: Path) -> list[Advice]:
    """Return what is to be done in a project, nothing if it is done already.

    Args:
        root: The folder of the project.
        folder: The folder with the overlays.
    """
    relative = Path(os.path.relpath(folder, root)).as_posix()
    found = (_mypy(root, relative), _pyright(root, relative))
    return [advice for advice in found if advice is not None]


def _mypy(root: Path, folder: str) -> Advice | None:
    entry = folder if Path(folder).is_absolute() else f"$MYPY_CONFIG_FILE_DIR/{folder}"
    for name, header in (
        ("mypy.ini", "[mypy]"),
        (".mypy.ini", "[mypy]"),
        ("pyproject.toml", "[tool.mypy]"),
        ("setup.cfg", "[mypy]"),
    ):
        file = root / name
        text = _read(file)
        section = _Section.find(text, header)
        if section is None:
            continue
        quote = '"' if name.endswith(".toml") else ""
        line = f"mypy_path = {quote}{entry}{quote}"
        value = section.value("mypy_path")
        if value is None:
            return Advice("mypy", file, header, line, section.with_line(line))
        if re.search(rf"""(?:^|[\s"',:/\[]){re.escape(folder)}/?(?:$|[\s"',:\]])""", value):
            return None
        longer = _longer(value, entry)
        if longer is None:
            why = "its mypy_path is not one plain line"
            return Advice("mypy", file, header, f"mypy_path = ..., {entry}", why=why)
        return Advice(
            "mypy", file, header, f"mypy_path = {longer}", section.with_value("mypy_path", longer)
        )
    line = f"mypy_path = {entry}"
    return Advice("mypy", root / "mypy.ini", "[mypy]", line, f"[mypy]\n{line}\n")


def _longer(value: str, entry: str) -> str | None:
    """Return a value of ``mypy_path`` with one more entry, None if it isn't understood."""
    if re.fullmatch(r"\[[^\[\]]*[^\[\],\s]\s*\]", value):
        return f'{value[:-1].rstrip()}, "{entry}"]'
    if re.fullmatch(r"""(["'])[^"']+\1""", value):
        return f"{value[:-1]}, {entry}{value[-1]}"
    if re.fullmatch(r"""[^\["'#;\s][^"'#;\n]*""", value):
        return f"{value}, {entry}"
    return None


def _pyright(root: Path, folder: str) -> Advice | None:
    line = f'stubPath = "{folder}"'
    file = root / "pyrightconfig.json"
    if file.exists():
        text = _read(file)
        line = f'"stubPath": "{folder}"'
        match = re.search(r'"stubPath"\s*:\s*"([^"]*)"', text)
        if match is None and folder == DEFAULT_STUB_PATH:
            return None
        if match is None:
            return Advice("pyright", file, "", line, text.replace("{", f"{{\n    {line},", 1))
        return _one_stub_path(file, "", line, match[1], folder)
    file = root / "pyproject.toml"
    section = _Section.find(_read(file), "[tool.pyright]")
    value = section and section.value("stubPath")
    if value:
        return _one_stub_path(file, "[tool.pyright]", line, value.strip("\"'"), folder)
    if folder == DEFAULT_STUB_PATH:
        return None
    if section is not None:
        return Advice("pyright", file, section.header, line, section.with_line(line))
    file = root / "pyrightconfig.json"
    line = f'"stubPath": "{folder}"'
    return Advice("pyright", file, "", line, f"{{\n    {line}\n}}\n")


def _one_stub_path(file: Path, section: str, line: str, value: str, folder: str) -> Advice | None:
    if Path(value) == Path(folder):
        return None
    why = f"pyright takes one stubPath, and here it is {value}; use --out {value}"
    return Advice("pyright", file, section, line, why=why)


@attrs.frozen
class _Section:
    """A section of an ini or toml file: the text, and where the lines after its header are."""

    text: str
    header: str
    start: int
    end: int

    @classmethod
    def find(cls, text: str, header: str) -> _Section | None:
        match = re.search(rf"^{re.escape(header)}[ \t]*(?:[#;].*)?(?:\n|\Z)", text, re.MULTILINE)
        if match is None:
            return None
        following = re.compile(r"^\[", re.MULTILINE).search(text, match.end())
        return cls(text, header, match.end(), following.start() if following else len(text))

    def value(self, key: str) -> str | None:
        """Return what is written after a key, over several lines if it goes on, None if nothing."""
        match = self._match(key)
        return match and match[2]

    def with_value(self, key: str, value: str) -> str:
        match = self._match(key)
        assert match is not None
        return self.text[: match.start(2)] + value + self.text[match.end(2) :]

    def with_line(self, line: str) -> str:
        before = self.text[: self.start]
        if not before.endswith("\n"):
            before += "\n"
        return f"{before}{line}\n{self.text[self.start :]}"

    def _match(self, key: str) -> re.Match[str] | None:
        pattern = re.compile(
            rf"^({key}[ \t]*[=:][ \t]*)(\[[^\]]*\]|\S.*?(?:\n[ \t]+\S.*?)*|(?:\n[ \t]+\S.*?)+)"
            r"[ \t]*(?:#.*)?$",
            re.MULTILINE,
        )
        return pattern.search(self.text, self.start, self.end)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.exists() else ""
