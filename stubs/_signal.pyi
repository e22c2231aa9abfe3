# SPDX-License-Identifier: BSD-3-Clause
"""The C module under ``signal``, which typeshed leaves out: what qtinter uses of it."""

from types import FrameType
from typing import Any

SIGINT: int

def signal(signalnum: int, handler: Any, /) -> Any: ...
def getsignal(signalnum: int, /) -> Any: ...
def default_int_handler(signalnum: int, frame: FrameType | None, /) -> Any: ...
