# SPDX-License-Identifier: BSD-3-Clause
"""Filters for sampled signals, computed in C."""

from filters._filters import fir, median3

__all__ = ["fir", "median3"]
