# SPDX-License-Identifier: BSD-3-Clause
"""Signals under stress, for as long as one likes."""

from __future__ import annotations
