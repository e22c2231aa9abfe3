# SPDX-License-Identifier: BSD-3-Clause
"""Tools that the tests share."""
