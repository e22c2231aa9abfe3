# SPDX-License-Identifier: BSD-3-Clause
"""The gate's arithmetic and its verdicts; nothing is counted here."""

from __future__ import annotations

import json

import pytest

from benchmarks import counted, gate
from benchmarks.gate import Record, Verdict, judge, per_operation, table

BUILD = {"python": "3.12.1"}
OTHER = {"python": "3.12.2"}
RECORD = Record(BUILD, {"chain": 2.0})


def verdict(ours: float, build: dict[str, str], record: Record | None = RECORD) -> Verdict:
    """Judge a workload of which asyncio takes 1,000 instructions per operation."""
    return judge({"chain": 1_000.0}, {"chain": ours}, record, build)[0]


def test_a_workload_is_what_was_counted_between_its_two_marks() -> None:
    assert per_operation([9, 100, 9, 300], {"chain": 10, "burst": 100}) == {
        "chain": 10.0,
        "burst": 3.0,
    }


def test_a_mark_that_is_missing_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="3 parts were counted for 2 workloads"):
        per_operation([9, 100, 9], {"chain": 10, "burst": 100})


def test_on_the_same_build_a_loss_of_three_percent_shuts_the_gate() -> None:
    assert verdict(515.0, BUILD).lost
    assert not verdict(505.0, BUILD).lost


def test_on_another_build_a_loss_of_more_than_ten_percent_shuts_the_gate() -> None:
    assert verdict(560.0, OTHER).lost
    assert not verdict(550.0, OTHER).lost


def test_a_workload_that_was_never_recorded_passes_and_says_so() -> None:
    for record in (None, Record(BUILD, {})):
        one = verdict(5_000.0, BUILD, record)

        assert not one.lost
        assert one.text == "not recorded"


def test_a_gain_is_told_from_what_only_holds() -> None:
    texts = [verdict(ours, BUILD).text for ours in (515.0, 500.0, 485.0)]

    assert texts == ["LOST", "ok", "gained"]


def test_the_table_has_both_sides_and_the_record() -> None:
    assert table([verdict(500.0, BUILD)]).splitlines()[-1].split("|")[1:-1] == [
        " chain                      ", " 1000    ", " 500  ", " 2.000 ", " 2.000    ", " ok      ",
    ]  # fmt: skip


def test_the_exit_status_is_1_for_a_loss_only(
    monkeypatch: pytest.MonkeyPatch, tmp_path: pytest.TempPathFactory
) -> None:
    counts = {"stock": {"chain": 1_000.0}, "owner": {"chain": 500.0}}
    monkeypatch.setattr(gate, "RECORD", tmp_path / "gate.json")
    monkeypatch.setattr(gate, "count", lambda name, _binding: counts[name])

    assert gate.main(["--record"]) == 0
    assert gate.main([]) == 0
    counts["owner"] = {"chain": 520.0}
    assert gate.main([]) == 1


def test_what_cannot_be_counted_shuts_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)

    assert gate.main([]) == 1


def test_each_workload_that_is_counted_is_in_the_record() -> None:
    assert json.loads(gate.RECORD.read_text())["ratios"].keys() == counted.WORKLOADS.keys()
