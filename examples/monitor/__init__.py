# SPDX-License-Identifier: BSD-3-Clause
"""A monitor of network services: which of them accept connections, and how fast.

A program as a strictly typed code base would have it, for PyQt6: with an overlay (see
docs/how-to/typing.md), mypy and pyright know what each of its signals passes.

* `~examples.monitor.probe` connects to a service, in plain asyncio.
* `~examples.monitor.model` holds the services, as a table model.
* `~examples.monitor.window` shows them.
"""
