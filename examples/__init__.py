# SPDX-License-Identifier: BSD-3-Clause
"""Programs to read and to run, from the top of a checkout: ``python -m examples.monitor``."""
