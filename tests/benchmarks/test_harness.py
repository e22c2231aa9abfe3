# SPDX-License-Identifier: BSD-3-Clause
"""The arithmetic and the plan of the benchmarks; none of these tests measures anything."""

from __future__ import annotations

import sys

import pytest

from benchmarks import workloads  # noqa: F401  (fills the register)
from benchmarks.environment import Allocator, child_environment
from benchmarks.harness import Harness, Plan, run_child
from benchmarks.implementations import IMPLEMENTATIONS, Implementation
from benchmarks.statistics_ import Sample, Summary, detail, first_failure, ratios, summarise
from benchmarks.ui_tick import Observation, judge
from benchmarks.workload import REGISTER, select

MAIN_ROWS = [
    "chain",
    "burst",
    "sleep0-1",
    "sleep0-1000",
    "timers-10k",
    "timeout",
    "threadsafe-flood",
    "tcp-100",
    "asyncsignal",
    "asyncslot",
    "asyncslot-suspends",
    "stream",
]


def plan(*names: str, rows: str = "chain", rounds: int = 1) -> Plan:
    return Plan(select(rows), [IMPLEMENTATIONS[name] for name in names], "PyQt6", rounds)


def test_a_sample_is_compared_by_cpu_time_per_operation() -> None:
    assert Sample(operations=4, cpu=2.0, wall=8.0).figure == 0.5
    assert Sample(operations=4, cpu=2.0, wall=8.0).wall_figure == 2.0


def test_a_sample_with_a_reading_is_compared_by_it() -> None:
    assert Sample(operations=4, cpu=2.0, wall=8.0, reading=0.25).figure == 0.25


def test_a_failed_sample_has_no_figure() -> None:
    assert Sample(failure="early").figure is None
    assert Sample(failure="early").wall_figure is None


def test_a_ratio_above_one_means_faster_than_the_base() -> None:
    assert ratios([Sample(10, 2.0)], [Sample(10, 1.0)]) == [2.0]


def test_ratios_pair_the_samples_of_one_repetition() -> None:
    base = [Sample(1, 1.0), Sample(1, 10.0)]
    other = [Sample(1, 2.0), Sample(1, 20.0)]

    assert ratios(base, other) == [0.5, 0.5]


def test_a_ratio_with_a_failed_side_does_not_exist() -> None:
    failed = Sample(failure="early")

    assert ratios([failed, Sample(1, 1.0)], [Sample(1, 1.0), failed]) == [None, None]


def test_wall_times_can_be_compared_in_place_of_cpu_times() -> None:
    assert ratios([Sample(1, 1.0, 6.0)], [Sample(1, 1.0, 3.0)], wall=True) == [2.0]


def test_a_further_figure_is_the_median_of_the_samples_that_have_it() -> None:
    samples = [Sample(1, details={"p99 us": value}) for value in (3.0, 1.0, 2.0)]

    assert detail([*samples, Sample(1)], "p99 us") == 2.0
    assert detail(samples, "p50 us") is None


def test_a_summary_is_the_median_with_both_ends() -> None:
    assert summarise([3.0, 1.0, None, 2.0]) == Summary(2.0, 1.0, 3.0, 3)


def test_a_summary_of_nothing_does_not_exist() -> None:
    assert summarise([None]) is None


def test_one_failure_spoils_a_cell() -> None:
    assert first_failure([Sample(1, 1.0), Sample(failure="early")]) == "early"
    assert first_failure([Sample(1, 1.0)]) is None


def test_the_short_run_has_the_main_rows() -> None:
    assert [workload.name for workload in select("main")] == MAIN_ROWS


def test_rows_can_be_named_beside_a_selection() -> None:
    assert {workload.name for workload in select("main,tcp-1")} == {*MAIN_ROWS, "tcp-1"}
    assert [workload.name for workload in select("full")] == list(REGISTER)


def test_an_unknown_row_is_refused() -> None:
    with pytest.raises(ValueError, match="no workload 'chian'"):
        select("chian")


def test_each_workload_has_a_base_that_can_run_it() -> None:
    assert all(one.needs <= IMPLEMENTATIONS[one.base].capabilities for one in REGISTER.values())


def test_the_base_is_measured_though_nobody_asked_for_it() -> None:
    one = plan("owner")

    assert [column.name for column in one.columns(one.workloads[0])] == ["stock", "owner"]


def test_an_implementation_is_left_out_where_it_lacks_what_the_workload_needs() -> None:
    one = plan("stock", "qasync", "owner", rows="asyncsignal")

    assert [column.name for column in one.columns(one.workloads[0])] == ["qtinter-0.11", "owner"]


def test_an_implementation_is_left_out_with_a_binding_that_it_does_not_know() -> None:
    one = plan("qtasyncio", "owner")

    assert [column.name for column in one.columns(one.workloads[0])] == ["stock", "owner"]


def test_all_columns_of_a_repetition_run_one_after_the_other_and_take_turns_to_be_first() -> None:
    harness = Harness(plan("stock", "owner", rows="chain,burst", rounds=2), lambda *_: None)
    order = [(workload.name, column.name) for workload, column in harness.children()]

    assert order == [
        ("chain", "stock"),
        ("chain", "owner"),
        ("burst", "stock"),
        ("burst", "owner"),
        ("chain", "owner"),
        ("chain", "stock"),
        ("burst", "owner"),
        ("burst", "stock"),
    ]


def test_peers_take_part_in_the_first_repetitions_only_if_that_is_asked_for() -> None:
    columns = [IMPLEMENTATIONS[name] for name in ("stock", "uvloop", "owner")]
    plan = Plan([REGISTER["chain"]], columns, "PyQt6", rounds=3, peer_rounds=1)
    order = [column.name for _, column in Harness(plan, lambda *_: None).children()]

    assert order == ["stock", "uvloop", "owner", "owner", "stock", "owner", "stock"]


def test_who_took_part_in_fewer_repetitions_is_compared_in_these() -> None:
    base = [Sample(1, 1.0), Sample(1, 9.0)]

    assert ratios(base, [Sample(1, 0.5)]) == [2.0]


@pytest.mark.parametrize("allocator", list(Allocator))
def test_a_child_gets_only_the_allocator_settings_of_its_run(
    allocator: Allocator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "1")
    monkeypatch.setenv("PYTHONASYNCIODEBUG", "1")
    environment = child_environment("PyQt6", ["/first"], allocator)

    assert {
        k: v for k, v in environment.items() if k.startswith("MALLOC_")
    } == allocator.variables()
    assert "PYTHONASYNCIODEBUG" not in environment
    assert environment["PYTHONPATH"].split(":")[0] == "/first"


def test_an_implementation_that_cannot_be_installed_is_a_failed_cell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(implementation: Implementation, *_: object) -> dict[str, str]:
        if implementation.packages:
            raise RuntimeError("pip failed:\nno such package\n")
        return {"PYTHONPATH": ""}

    monkeypatch.setattr("benchmarks.harness.environment_of", refuse)
    monkeypatch.setattr("benchmarks.harness.run_child", lambda *_, **_more: Sample(1, 1.0))
    run = Harness(plan("stock", "qasync"), lambda *_: None).run()

    assert run.samples["chain"] == {
        "stock": [Sample(1, 1.0)],
        "qasync": [Sample(failure="not installed: no such package")],
    }


def test_a_cell_that_has_failed_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = iter([Sample(1, 1.0), Sample(failure="timed out"), Sample(1, 2.0)])
    monkeypatch.setattr("benchmarks.harness.environment_of", lambda *_: {"PYTHONPATH": ""})
    monkeypatch.setattr("benchmarks.harness.run_child", lambda *_, **_more: next(samples))

    run = Harness(plan("stock", "owner", rounds=2), lambda *_: None).run()

    assert run.samples["chain"] == {
        "stock": [Sample(1, 1.0), Sample(1, 2.0)],
        "owner": [Sample(failure="timed out")] * 2,
    }


@pytest.mark.parametrize(
    ("row", "shares", "counted"),
    [
        ("ui-chain", [0.99, 1.0], 0.99),
        ("ui-chain", [0.5, 0.99, 1.0], 0.99),
        ("ui-chain", [0.5, 0.7, 0.6, 1.0], 0.7),
        ("ui-echo", [0.5, 1.0], 0.5),
    ],
)
def test_a_child_that_never_waits_is_run_again_when_it_was_disturbed(
    row: str, shares: list[float], counted: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = plan("qtinter-0.11", rows=row)
    samples = iter([Sample(1, cpu=share, wall=1.0) for share in shares])
    monkeypatch.setattr("benchmarks.harness.environment_of", lambda *_: {"PYTHONPATH": ""})
    monkeypatch.setattr("benchmarks.harness.run_child", lambda *_, **_more: next(samples))

    run = Harness(one, lambda *_: None).run()

    assert [sample.share for sample in run.samples[row]["qtinter-0.11"]] == [counted]


def test_a_child_that_dies_is_a_failed_sample() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('boom')"]

    assert run_child(command, {}, 20).failure == "died: exit status 1, boom"


def test_a_child_that_hangs_is_a_failed_sample() -> None:
    command = [sys.executable, "-c", "import time; time.sleep(60)"]

    assert run_child(command, {}, 0.2).failure == "timed out: not finished after 0.2 s"


def test_a_timer_is_judged_by_medians_and_by_the_longest_wait_of_all() -> None:
    ticking = [Observation(100, 0.02, 50, 1.0, 1.0), Observation(50, 0.2, 100, 1.0, 1.0)]
    plain = [Observation(0, 0.0, 100, 1.0, 1.0), Observation(0, 0.0, 100, 1.0, 1.0)]
    verdict = judge(ticking, plain)

    assert (verdict.share, verdict.longest, verdict.kept) == (0.75, 0.2, 0.75)
    assert verdict.complaints == ["75% of the shots, at least 80%", "waited 200 ms, at most 100"]


def test_a_child_that_got_little_of_a_core_is_starved() -> None:
    assert Observation(100, 0.02, 50, seconds=2.0, cpu=1.5).starved
    assert not Observation(100, 0.02, 50, seconds=2.0, cpu=1.7).starved
