# SPDX-License-Identifier: BSD-3-Clause
"""Speed against stock asyncio and against the other bridges between Qt and asyncio.

Model: a *workload* is a batch of operations that checks its own work. It runs under one
*implementation* in a child process of its own, again and again until it has used its budget of CPU
time; that gives one *sample*. The children of one repetition run one right after the other, so a
ratio compares two samples of the same repetition, and the table shows the median of those ratios
with their spread. CPU time is that of all threads of the child, because a helper thread is part of
what an implementation costs, and because wall time mostly measures the neighbours of the machine.

pyperf was considered: it runs the processes of one benchmark one after the other and compares
whole files afterwards, so on a machine whose speed drifts the two sides of a ratio are minutes
apart; here they are a second apart. pytest-benchmark measures in its own process, where qtinter
0.11, which has our import name, could never be measured.

    python -m benchmarks                        the main rows, about two minutes
    python -m benchmarks --rows full            everything
    python -m benchmarks.ui_tick                a Qt timer under asyncio load
    python -m benchmarks.gate                   instructions per operation, against the record

Files, from the bottom: `statistics_` is arithmetic; `workload` and `workloads/` say what is run;
`implementations` says under what; `child` measures one sample; `environment` prepares what a child
needs; `harness` interleaves children; `results` keeps what they have measured; `report` makes
tables of that; `__main__` is the command line; `gate` and its child `counted` are CI's. The parent
process imports neither a Qt binding nor an event loop under test.
"""
