# SPDX-License-Identifier: BSD-3-Clause
"""Show every case to one consumer, in a process of its own, and print what came of it as JSON, a line a case.

    python look.py CONSUMER [FIRST]    FIRST: the number of the case to begin with
"""

from __future__ import annotations

import json
import sys
import warnings
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from cases import CASES, Case
from consumers import CONSUMERS, Consumer, Taken


def _same(case: Case, taken: Taken) -> bool:
    if not isinstance(taken.seen, bytes):
        return bool(_plain(taken.seen) == _plain(case.values))
    return taken.seen == (case.span.tobytes("A") if taken.in_memory_order else case.data)


def _plain(values: Any) -> Any:
    """Lists throughout, and structures as tuples of their values, however the consumer names them."""
    if isinstance(values, list):
        return [_plain(value) for value in values]
    if isinstance(values, dict):
        return tuple(values.values())
    return tuple(values) if isinstance(values, tuple) else values


def outcome(consumer: Consumer, case: Case) -> dict[str, str]:
    try:
        taken = consumer.take(case)
    except Exception as error:  # whatever a consumer raises is its refusal
        why = " ".join(str(error).split())
        return {"outcome": "refused" if why else "refused without a word", "why": f"{type(error).__name__}: {why}"}
    if not _same(case, taken):
        return {"outcome": "wrong data", "why": f"{taken.seen!r} instead of {case.values!r}"}
    if taken.address is None or (case.has_elements and taken.address not in case.addresses):
        return {"outcome": "copies", "why": ""}
    return {"outcome": "zero-copy", "why": ""}


def module_version(name: str) -> str:
    if name in sys.builtin_module_names or name == "ctypes":
        return ".".join(map(str, sys.version_info[:3]))
    try:
        return version({"tvm_ffi": "apache-tvm-ffi"}.get(name, name))
    except PackageNotFoundError:
        return str(getattr(__import__(name), "__version__", "?"))


def main(name: str, first: str = "0") -> None:
    (consumer,) = (candidate for candidate in CONSUMERS if candidate.name == name)
    warnings.simplefilter("ignore")
    try:
        __import__(consumer.module)
    except ImportError as error:
        print(json.dumps({"missing": f"{consumer.module}: {error}"}))
        return
    print(json.dumps({"version": module_version(consumer.module)}), flush=True)
    for make in CASES[int(first) :]:
        case = make()
        print(json.dumps({"case": case.name, **outcome(consumer, case)}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
