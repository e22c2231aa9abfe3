# SPDX-License-Identifier: BSD-3-Clause
"""What differs outside qtinter: the bindings, the Pythons, asyncio's private names.

* :mod:`~qtinter.compat.bindings` decides which Qt binding the process uses.
* :mod:`~qtinter.compat.qt` is the little of Qt that the loop needs, alike for all bindings.
* :mod:`~qtinter.compat.aio` names what qtinter uses of asyncio's inside.
* :mod:`~qtinter.compat.python` holds what differs between Python versions.

Nothing here imports the rest of qtinter, and nothing here imports a binding before it is needed.
"""
