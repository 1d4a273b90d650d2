# SPDX-License-Identifier: BSD-3-Clause
"""One module a peer. Each has

    NAME                  as tables show it
    def load() -> dict    the functions of functions.c, bound by this peer: a case's key (calls.py) → the callable

A key that a peer lacks is left out of its table.
"""
