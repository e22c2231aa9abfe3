# SPDX-License-Identifier: BSD-3-Clause
"""What differs outside qtinter: the bindings, the Pythons, asyncio's private names.

* :mod:`~qtinter.compat.bindings` decides which Qt binding the process uses.
* :mod:`~qtinter.compat.features` keeps a program's choice of names in PySide6 out of qtinter.
* :mod:`~qtinter.compat.qt` is the little of Qt that the loop needs, alike for all bindings.
* :mod:`~qtinter.compat.listener` makes the connections of qtinter's own;
  :mod:`~qtinter.compat.receivers`, :mod:`~qtinter.compat.shape` and
  :mod:`~qtinter.compat.arguments` know how each binding treats slots and what it hands to them.
* :mod:`~qtinter.compat.timerfd`, :mod:`~qtinter.compat.ctimerfd`,
  :mod:`~qtinter.compat.descriptor` and :mod:`~qtinter.compat.windows` are what Python lacks of the
  system.
* :mod:`~qtinter.compat.aio` names what qtinter uses of asyncio's inside.
* :mod:`~qtinter.compat.python` holds what differs between Python versions.

Nothing here imports the rest of qtinter, and nothing here imports a binding before it is needed.
"""
