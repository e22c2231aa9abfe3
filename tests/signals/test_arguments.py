# SPDX-License-Identifier: BSD-3-Clause
"""Arguments of emissions can be kept."""

from __future__ import annotations

import asyncio
import gc

import qtinter


def churn(qt):
    """Overwrite what a dangling reference would show."""
    for _ in range(50):
        [qt.QtCore.QRect(n, n, n, n) for n in range(50)]
    gc.collect()


def test_python_values_are_passed_on_as_they_are(qapp):
    args = (1, "two", 3.0, None, b"four", [5], {6: 7})

    copied = qtinter.copy_signal_arguments(args)

    assert copied == args
    assert all(a is b for a, b in zip(copied, args, strict=True))


def test_qobjects_and_values_of_python_s_own_are_passed_on_as_they_are(qt):
    args = (qt.QtCore.QObject(), qt.QtCore.QSize(1, 2))

    copied = qtinter.copy_signal_arguments(args)

    assert all(a is b for a, b in zip(copied, args, strict=True))


def test_pyside_arguments_are_returned_untouched(qt):
    args = (1,)

    assert (qtinter.copy_signal_arguments(args) is args) != qt.is_pyqt


def select_second(qt):
    """Return a list view of two items and what selects the second."""
    view = qt.QtWidgets.QListWidget()
    view.addItems(["a", "b"])
    return view


def test_a_selection_can_be_kept_that_qt_passes_from_its_stack(run_in, qt):
    """QVariant can't copy a QItemSelection, which is why a copy by QVariant is not enough."""

    async def main():
        view = select_second(qt)
        asyncio.get_running_loop().call_soon(view.setCurrentRow, 1)
        selected, deselected = await qtinter.asyncsignal(view.selectionModel().selectionChanged)
        churn(qt)
        return [index.row() for index in selected.indexes()], len(deselected.indexes())

    assert run_in(main) == ([1], 0)


def test_a_char_format_can_be_kept_that_qt_passes_from_its_stack(run_in, qt):
    async def main():
        edit = qt.QtWidgets.QTextEdit()
        asyncio.get_running_loop().call_soon(edit.setFontItalic, True)
        (char_format,) = await qtinter.asyncsignal(edit.currentCharFormatChanged)
        churn(qt)
        return char_format.fontItalic()

    assert run_in(main) is True


def test_model_indexes_can_be_kept(run_in, qt):
    async def main():
        view = select_second(qt)
        stream = qtinter.asyncsignalstream(view.model().dataChanged)
        for text in "xyz":
            view.item(1).setText(text)
        received = [await stream.__anext__() for _ in range(3)]
        churn(qt)
        return [(args[0].row(), args[0].data()) for args in received]

    assert run_in(main) == [(1, "z")] * 3


def test_an_item_is_delivered_as_itself_and_not_as_a_copy(run_in, qt):
    async def main():
        view = select_second(qt)
        asyncio.get_running_loop().call_soon(view.setCurrentRow, 1)
        current, _ = await qtinter.asyncsignal(view.currentItemChanged)
        current.setText("changed")
        return view.item(1).text()

    assert run_in(main) == "changed"


def test_what_a_multisignal_passes_can_be_kept(run_in, qt):
    async def main():
        view = select_second(qt)
        tagged = qtinter.multisignal({view.selectionModel().selectionChanged: "selection"})
        kept = []
        tagged.connect(lambda tag, args: kept.append(args[0]))
        view.setCurrentRow(1)
        churn(qt)
        return [index.row() for index in kept[0].indexes()]

    assert run_in(main) == [1]


def test_the_public_function_makes_a_selection_safe_to_keep(qt):
    view = select_second(qt)
    kept = []
    view.selectionModel().selectionChanged.connect(
        lambda *args: kept.append(qtinter.copy_signal_arguments(args))
    )
    view.setCurrentRow(1)
    churn(qt)

    assert [index.row() for index in kept[0][0].indexes()] == [1]


def test_objects_that_cpp_owns_are_passed_on_as_they_are(qt):
    """They are passed by pointer: an item, a widget, and an object that can't be copied."""
    view = select_second(qt)
    edit = qt.QtWidgets.QTextEdit()
    args = (view.item(0), view.viewport(), edit.document().firstBlock().layout())

    copied = qtinter.copy_signal_arguments(args)

    assert all(a is b for a, b in zip(copied, args, strict=True))
