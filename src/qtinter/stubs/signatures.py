# SPDX-License-Identifier: BSD-3-Clause
"""What a signal passes and what can be done with it, in Python types.

The first signature is the default: what ``emit`` takes, ``asyncsignal`` gives and a slot of any
number of parameters gets. The others are there for ``signal[...]``, and in PySide for slots with
as many parameters: the first signature of that length is theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from .names import ANY, Names, Place, split
from .parse import Declaration

Types = tuple[str, ...]


@attrs.frozen
class Signal:
    """A signal of a class of the binding.

    Attributes:
        declaration: Where it is declared.
        arguments: The types of its arguments, as they are written in any module.
        default: The same, as they are written where the signal is declared.
        others: The types of its other signatures.
        slots: What a slot may take beside what is at the beginning of ``default``.
        short: What ``emit`` takes beside ``default``.
        unknown: The C++ types that no Python type is known for.
    """

    declaration: Declaration
    arguments: Types
    default: Types
    others: tuple[Types, ...] = ()
    slots: tuple[Types, ...] = ()
    short: tuple[Types, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The qualified name."""
        return f"{self.declaration.owner}.{self.declaration.name}"

    @property
    def is_overloaded(self) -> bool:
        """Whether it takes a class of its own to say what can be done with it."""
        return bool(self.others or self.slots or self.short)


@attrs.frozen
class TypesOf:
    """The types of signatures, as they are written in one place or another.

    Attributes:
        names: The types of the binding.
        place: The class with the signal.
    """

    names: Names
    place: Place

    def known(self, signature: str, body: str | None) -> Types:
        """Return the types in a signature, Any for those that aren't known."""
        found = (self.names.python_type(cpp, self.place, body) for cpp in parameters(signature))
        return tuple(one or ANY for one in found)

    def unknown(self, signatures: Sequence[str]) -> Types:
        """Return the C++ types that aren't known."""
        written = dict.fromkeys(cpp for one in signatures for cpp in parameters(one))
        return tuple(cpp for cpp in written if self.names.python_type(cpp, self.place, "") is None)


def describe(
    declaration: Declaration, signatures: Sequence[str], forms: Sequence[str], types: TypesOf
) -> Signal:
    """Say what a signal passes.

    Args:
        declaration: The signal.
        signatures: Its signatures as C++ writes them, at least one, the default first.
        forms: All that the meta object has under its name.
        types: The types in its class.
    """
    found = _describe(declaration, signatures, forms, types, declaration.owner)
    if found.is_overloaded:  # its class stands at the end of the module
        found = _describe(declaration, signatures, forms, types, "")
    return found


def _describe(
    declaration: Declaration,
    signatures: Sequence[str],
    forms: Sequence[str],
    types: TypesOf,
    body: str,
) -> Signal:
    default, *others = dict.fromkeys(types.known(one, body) for one in signatures)
    written = parameters(signatures[0])
    lengths = {
        len(one)
        for one in map(parameters, (*signatures, *forms))
        if len(one) < len(written) and one == written[: len(one)]
    }
    slots: dict[int, Types] = {}
    if types.names.binding.startswith("PySide"):
        for one in others:
            if len(one) > len(default):
                slots.setdefault(len(one), one)
    return Signal(
        declaration,
        types.known(signatures[0], None),
        default,
        tuple(others),
        tuple(slots.values()),
        tuple(default[:length] for length in sorted(lengths, reverse=True)),
        types.unknown(signatures),
    )


def parameters(signature: str) -> list[str]:
    """Return the types in a signature, without the one that marks private signals."""
    found = split(signature[signature.index("(") + 1 : signature.rindex(")")])
    return [one for one in found if one.rpartition("::")[2] != "QPrivateSignal"]
