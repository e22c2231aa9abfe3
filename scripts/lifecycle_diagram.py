# SPDX-License-Identifier: BSD-3-Clause
"""Draw the documentation's diagram of the loop's states from the table that the loop runs on.

python scripts/lifecycle_diagram.py            print it
python scripts/lifecycle_diagram.py --write    put it into docs/internals.md
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from qtinter.scheduler import TRANSITIONS, QiLoopMode

PAGE = Path(__file__).resolve().parents[1] / "docs" / "internals.md"
_BLOCK = re.compile(r"(?<=<!-- lifecycle -->\n).*?(?=<!-- /lifecycle -->)", re.DOTALL)


def diagram() -> str:
    """Return the diagrams, one for each table of transitions, as Mermaid in Markdown."""
    parts: list[str] = []
    for modes in (("OWNER", "GUEST"), ("NATIVE",)):
        table = TRANSITIONS[QiLoopMode[modes[0]]]
        if any(TRANSITIONS[QiLoopMode[mode]] is not table for mode in modes):
            raise AssertionError("the modes of one diagram must share a table")
        lines = [f"{' and '.join(modes)} mode:", "", "```mermaid", "stateDiagram-v2"]
        lines.append("    [*] --> STOPPED")
        for state, events in table.items():
            for event, target in events.items():
                lines.append(f"    {state.name} --> {target.name}: {event.value}")
        lines += ["    CLOSED --> [*]", "```", ""]
        parts.append("\n".join(lines))
    return "\n".join(parts)


def with_diagram(text: str) -> str:
    """Return the text of the page with today's diagram in it."""
    return _BLOCK.sub(lambda _: f"\n{diagram()}\n", text)


def main() -> None:
    """Print the diagram, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put it into docs/internals.md")
    if parser.parse_args().write:
        PAGE.write_text(with_diagram(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(diagram())


if __name__ == "__main__":
    main()
