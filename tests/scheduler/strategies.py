# SPDX-License-Identifier: BSD-3-Clause
"""Hypothesis strategies for the programs of :mod:`tests.scheduler.world`."""

from __future__ import annotations

from hypothesis import strategies as st

#: Multiples of a quarter: exact as floats, and few enough for deadlines to coincide.
delays = st.sampled_from([0.0, 0.0, 0.25, 0.5, 1.0, 1.5, 3.0])


def actions(nodes: st.SearchStrategy, *more: st.SearchStrategy) -> st.SearchStrategy:
    """Actions that stock asyncio knows, too."""
    return st.one_of(
        st.tuples(st.just("soon"), nodes),
        st.tuples(st.just("later"), delays, nodes),
        st.tuples(st.just("cancel"), st.integers(0, 30)),
        st.tuples(st.just("io"), nodes),
        st.just(("stop",)),
        st.just(("raise",)),
        *more,
    )


def trees(*more: st.SearchStrategy, modal: bool = False) -> st.SearchStrategy:
    """Callbacks that schedule callbacks that ..."""

    def extend(children: st.SearchStrategy) -> st.SearchStrategy:
        kinds = [*more]
        if modal:
            kinds.append(st.tuples(st.just("modal"), children))
        return st.lists(actions(children, *kinds), max_size=4).map(tuple)

    return st.recursive(st.just(()), extend, max_leaves=8)


advance = st.tuples(st.just("advance"), delays)
leave = st.just(("exit",))
nodes = trees(advance, leave, st.just(("wake",)), modal=True)
