# SPDX-License-Identifier: BSD-3-Clause
"""From the C++ types of signal arguments to the Python types that arrive.

The names are looked up in the classes of the .pyi files as C++ would look them up: in the class
of the signal, in its bases, in the module, in the other modules. What both bindings convert is in a
table. A pointer may be null, so it is ``T | None``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from .parse import Module

ANY = "typing.Any"

INTEGERS = (
    *("int", "short", "long", "qlonglong", "qintptr", "qsizetype"),
    *("uint", "ushort", "ulong", "qulonglong", "quintptr", "size_t", "uchar", "WId"),
    *("qint8", "qint16", "qint32", "qint64", "quint8", "quint16", "quint32", "quint64"),
    "std::chrono::milliseconds",
)

PLAIN = {
    **dict.fromkeys(INTEGERS, "int"),
    **dict.fromkeys(("double", "float", "qreal"), "float"),
    "bool": "bool",
    "QString": "str",
    "QStringList": "list[str]",
    "QChar": "str",
    "QVariantList": f"list[{ANY}]",
    "QVariantMap": f"dict[str, {ANY}]",
    "QVariantHash": f"dict[str, {ANY}]",
    "QJsonObject": f"dict[str, {ANY}]",
    "QModelIndexList": "list[{QModelIndex}]",
    "QRemoteObjectSourceLocation": "tuple[str, {QRemoteObjectSourceLocationInfo}]",
}
"""What isn't a class of the binding; names in braces are."""

ANYTHING = ("QVariant", "PyQt_PyObject", "PyObject", "PyObject*")
"""What may be anything, so that Any is what it is."""

CONTAINERS = {
    **dict.fromkeys(("QList", "QVector"), "list"),
    "QSet": "set",
    **dict.fromkeys(("QMap", "QHash"), "dict"),
    **dict.fromkeys(("QPair", "std::pair"), "tuple"),
}

FLAGS = {"WindowFlags": "WindowType", "Feature": "FeatureFlag"}
"""Sets of flags whose enumeration is called neither like them nor by their singular."""


@attrs.frozen
class Place:
    """Where a name stands: a module, and the qualified name of a class in it, or ""."""

    module: str
    owner: str


@attrs.frozen
class Names:
    """The names of one binding.

    Attributes:
        binding: Its name, which is that of its package.
        modules: Its modules.
    """

    binding: str
    modules: dict[str, Module]

    def python_type(self, cpp: str, place: Place, body: str | None) -> str | None:
        """Return a C++ type as an annotation.

        Args:
            cpp: The type.
            place: The class of the signal.
            body: The class of this module in whose body the annotation will stand, "" if that is
                after all classes, None if it is in another module.

        Returns:
            None if no Python type is known for it.
        """
        cpp = re.sub(r"^const |&$|\s+$", "", cpp.strip()).strip()
        if cpp in ANYTHING:
            return ANY
        if cpp in PLAIN:
            return self._plain(PLAIN[cpp], place, body)
        if cpp.endswith("*"):
            inner = self.python_type(cpp[:-1], place, body)
            return inner and f"{inner} | None"
        template = re.fullmatch(r"([\w:]+)<(.*)>", cpp)
        if template:
            return self._container(template[1], template[2], place, body)
        found = self._find(cpp.split("::"), place)
        return None if found is None else self._spell(found, place, body)

    def _plain(self, annotation: str, place: Place, body: str | None) -> str | None:
        name = re.search(r"{(\w+)}", annotation)
        if name is None:
            return annotation
        inner = self.python_type(name[1], place, body)
        return inner and annotation.replace(name[0], inner)

    def _container(self, name: str, arguments: str, place: Place, body: str | None) -> str | None:
        inner = [self.python_type(one, place, body) for one in split(arguments)]
        known = [one for one in inner if one is not None]
        if len(known) < len(inner):
            return None
        if name == "QFlags":
            return known[0]
        if name not in CONTAINERS:
            return None
        return f"{CONTAINERS[name]}[{', '.join(known)}]"

    def _find(self, parts: list[str], place: Place) -> Place | None:
        for last in _singulars(parts[-1]):
            wanted = ".".join([*parts[:-1], last])
            for scope in self._scopes(place):
                module = self.modules[scope.module]
                qualname = f"{scope.owner}.{wanted}" if scope.owner else wanted
                if qualname in module.classes:
                    return Place(scope.module, qualname)
        return None

    def _scopes(self, place: Place) -> Iterator[Place]:
        """Yield where a name is looked for, in this order."""
        owner = place.owner
        while owner:
            yield from self.ancestry(Place(place.module, owner))
            owner = owner.rpartition(".")[0]
        yield Place(place.module, "")
        for name in self.modules:
            if name != place.module:
                yield Place(name, "")

    def ancestry(self, place: Place) -> Iterator[Place]:
        """Yield a class and its bases, as far as they are the binding's."""
        yield place
        for base in self.modules[place.module].classes[place.owner].bases:
            found = self._base(base, place.module)
            if found:
                yield from self.ancestry(found)

    def _base(self, written: str, module: str) -> Place | None:
        """Find a base class by what is written for it: ``QObject``, ``QtCore.QObject``, ..."""
        parts = written.removeprefix(f"{self.binding}.").split(".")
        if parts[0] in self.modules:
            module = parts.pop(0)
        qualname = ".".join(parts)
        return Place(module, qualname) if qualname in self.modules[module].classes else None

    def _spell(self, found: Place, place: Place, body: str | None) -> str:
        if body is None or found.module != place.module:
            return f"{self.binding}.{found.module}.{found.owner}"
        # In the class body that a nested class is defined in, mypy knows it by its bare name only.
        return found.owner.removeprefix(f"{body}.")


def split(arguments: str) -> list[str]:
    """Split C++ arguments at the commas that are not inside of a template."""
    parts: list[str] = []
    depth = 0
    for piece in re.split(r"([<>,])", arguments):
        if piece == "," and not depth:
            parts.append("")
            continue
        depth += (piece == "<") - (piece == ">")
        if not parts:
            parts.append("")
        parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]


def _singulars(name: str) -> Iterator[str]:
    """Yield a name, and what the enumeration may be called if it is a set of flags."""
    yield name
    if name in FLAGS:
        yield FLAGS[name]
    if name.endswith("ies"):
        yield f"{name[:-3]}y"
    if name.endswith("s"):
        yield name[:-1]
