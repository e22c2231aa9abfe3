# SPDX-License-Identifier: BSD-3-Clause
"""The overlay generator: stubs with typed signals, made of those of an installed binding.

No binding says in its .pyi files which arguments a signal has. ``python -m qtinter.stubs`` writes a
folder of rewritten .pyi files, the *overlay*, that mypy and pyright prefer to those of the binding,
in which every signal is generic over the types of its arguments. The steps, a module each:

1. `~qtinter.stubs.find`: which bindings are installed, and their .pyi files.
2. `~qtinter.stubs.parse`: the classes and signals of a .pyi file, by `ast`.
3. `~qtinter.stubs.runtime`: what the binding itself says of its signals, in a child process.
4. `~qtinter.stubs.names`: from C++ types to Python types.
5. `~qtinter.stubs.signatures`: from both to what a signal passes, and what can be done with it.
6. `~qtinter.stubs.templates`, `~qtinter.stubs.rewrite`: the text of the overlay.
7. `~qtinter.stubs.overlay`: the folder, and whether it is stale.
8. `~qtinter.stubs.verify`: has a type checker say what it makes of every signal.
9. `~qtinter.stubs.configure`: tells the checkers of the folder.

Invariants:

* Nothing here is text of a binding. The overlay is made of the user's own copy, and stays there.
* The output depends on the binding and on this package only: no times, no paths, no set order.
* ``import qtinter`` imports none of this.
"""

from __future__ import annotations
