# SPDX-License-Identifier: BSD-3-Clause
"""Simple polygons, computed in C."""

from polygon._polygon import area, centroid, contains

__all__ = ["area", "centroid", "contains"]
