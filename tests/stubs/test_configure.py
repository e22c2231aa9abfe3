# SPDX-License-Identifier: BSD-3-Clause
"""What is changed in a project's configuration, and what isn't."""

from __future__ import annotations

import pytest

from qtinter.stubs.configure import advise

ENTRY = "$MYPY_CONFIG_FILE_DIR/typings"


def changed(tmp_path, files: dict[str, str], folder: str = "typings") -> dict[str, str]:
    """Return the texts that are advised, by the names of the files."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    advice = advise(tmp_path, tmp_path / folder)
    for one in advice:
        assert one.text is not None, one.why
        assert one.line.split(" = ")[0] in one.text
    return {one.file.name: one.text for one in advice}


def left(tmp_path, files: dict[str, str], folder: str = "typings") -> list[str]:
    """Return why files are left as they are."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    advice = advise(tmp_path, tmp_path / folder)
    assert all(one.text is None for one in advice)
    return [one.why for one in advice]


def test_a_project_without_configuration_gets_a_mypy_ini(tmp_path):
    assert changed(tmp_path, {}) == {"mypy.ini": f"[mypy]\nmypy_path = {ENTRY}\n"}


@pytest.mark.parametrize("name", ["mypy.ini", ".mypy.ini", "setup.cfg"])
def test_a_line_is_put_into_an_ini_file_and_nothing_else_changes(tmp_path, name):
    before = "# ours\n[other]\nmypy_path = no\n\n[mypy]  ; checks\n"
    after = "strict = True   # yes\n\n[mypy-tests.*]\nmypy_path = x\n"

    assert changed(tmp_path, {name: before + after}) == {
        name: f"{before}mypy_path = {ENTRY}\n{after}"
    }


def test_a_section_at_the_very_end_gets_its_line(tmp_path):
    assert changed(tmp_path, {"mypy.ini": "[mypy]"}) == {
        "mypy.ini": f"[mypy]\nmypy_path = {ENTRY}\n"
    }


def test_a_line_is_put_into_pyproject_toml(tmp_path):
    text = '[project]\nname = "x"\n\n[tool.mypy]\nstrict = true\n'

    assert changed(tmp_path, {"pyproject.toml": text}) == {
        "pyproject.toml": '[project]\nname = "x"\n\n[tool.mypy]\n'
        f'mypy_path = "{ENTRY}"\nstrict = true\n'
    }


@pytest.mark.parametrize(
    ("name", "header", "value", "longer"),
    [
        ("mypy.ini", "[mypy]", "stubs", f"stubs, {ENTRY}"),
        ("mypy.ini", "[mypy]", "stubs:more", f"stubs:more, {ENTRY}"),
        ("pyproject.toml", "[tool.mypy]", '"stubs"', f'"stubs, {ENTRY}"'),
        ("pyproject.toml", "[tool.mypy]", "['stubs']", f"['stubs', \"{ENTRY}\"]"),
    ],
)
def test_a_path_that_is_there_is_made_longer(tmp_path, name, header, value, longer):
    text = header + "\nstrict = true\nmypy_path = {}  # here\nwarn_unused_ignores = true\n"

    assert changed(tmp_path, {name: text.format(value)}) == {name: text.format(longer)}


@pytest.mark.parametrize("value", ["stubs\n  more", "[\n  'stubs',\n]", "[]"])
def test_a_path_of_several_lines_is_left_as_it_is(tmp_path, value):
    name, header = ("pyproject.toml", "[tool.mypy]") if "[" in value else ("mypy.ini", "[mypy]")

    assert left(tmp_path, {name: f"{header}\nmypy_path = {value}\n"}) == [
        "its mypy_path is not one plain line"
    ]


@pytest.mark.parametrize(
    "value", ["typings", "stubs:typings", "stubs, " + ENTRY, "\n  a\n  typings"]
)
def test_what_is_there_already_is_not_advised(tmp_path, value):
    assert changed(tmp_path, {"mypy.ini": f"[mypy]\nmypy_path = {value}\n"}) == {}


def test_pyright_is_told_of_a_folder_that_it_does_not_look_in_by_itself(tmp_path):
    mypy = {"mypy.ini": "[mypy]\nmypy_path = build/stubs\n"}

    assert changed(tmp_path, mypy, "build/stubs") == {
        "pyrightconfig.json": '{\n    "stubPath": "build/stubs"\n}\n'
    }


def test_a_line_is_put_into_pyrightconfig_json(tmp_path):
    files = {
        "mypy.ini": "[mypy]\nmypy_path = types\n",
        "pyrightconfig.json": '{ // ours\n    "strict": ["src"]\n}\n',
    }

    assert changed(tmp_path, files, "types") == {
        "pyrightconfig.json": '{\n    "stubPath": "types", // ours\n    "strict": ["src"]\n}\n'
    }


def test_a_line_is_put_into_the_pyright_section_of_pyproject_toml(tmp_path):
    text = '[tool.mypy]\nmypy_path = "types"\n\n[tool.pyright]\nstrict = ["src"]\n'

    assert changed(tmp_path, {"pyproject.toml": text}, "types") == {
        "pyproject.toml": text.replace("[tool.pyright]\n", '[tool.pyright]\nstubPath = "types"\n')
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyrightconfig.json", '{"stubPath": "stubs"}'),
        ("pyproject.toml", '[tool.pyright]\nstubPath = "stubs"\n'),
    ],
)
def test_pyright_s_one_stub_path_is_not_taken_away(tmp_path, name, text):
    files = {"mypy.ini": "[mypy]\nmypy_path = typings\n", name: text}

    assert left(tmp_path, files) == [
        "pyright takes one stubPath, and here it is stubs; use --out stubs"
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("pyrightconfig.json", "{}"),
        ("pyrightconfig.json", '{"stubPath": "typings"}'),
        ("pyproject.toml", '[tool.pyright]\nstubPath = "./typings"\n'),
        ("pyproject.toml", "[tool.pyright]\nstrict = []\n"),
    ],
)
def test_pyright_needs_nothing_where_it_looks_there_already(tmp_path, name, text):
    assert changed(tmp_path, {"mypy.ini": "[mypy]\nmypy_path = typings\n", name: text}) == {}
