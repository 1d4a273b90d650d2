# SPDX-License-Identifier: BSD-3-Clause
"""What a peer does with arguments that call for care: python trial.py [--defaults] PEER [PROBE…] prints JSON.

Each probe (probes.py) runs in a forked process of its own, so that a crash is an outcome and nothing else. There the
memory is made, the function called, and everything looked at that the probe's names show: the arrays, and the room
around them, in which a write beside them is seen. The same memory is made a second time for what was meant, which NumPy
does; the two are compared byte by byte.

Memory that is freed has other contents at once, where the C library can do that, so that a pointer to it shows.
"""

import argparse
import ctypes
import faulthandler
import gc
import json
import os
import resource
import select
import signal
import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from adapters import Peer, peer
from probes import MANY, OVERLAP, PROBES, Probe
from resident import grown

# mallopt() of the C library of GNU: large blocks come from the system and go back to it; what is freed is filled.
M_MMAP_THRESHOLD, M_PERTURB = -3, -6
LIMIT_S = 30
COPIED = MANY * 4  # bytes: half an array of a probe that looks for copies
LONGEST = 160      # characters of a message

Names = dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """outcome: right, copy, error, lost write, wrong data, unchecked, crash, not offered."""

    outcome: str
    detail: str = ""


def _given(probe: Probe) -> Names:
    scope: Names = {"np": np, "gc": gc, "MANY": MANY}
    exec(probe.given, scope)
    return scope


def _state(scope: Names) -> dict[str, bytes | str]:
    """The contents of all memory that the names show."""
    state: dict[str, bytes | str] = {}
    for name, value in scope.items():
        if isinstance(value, list) or (isinstance(value, np.ndarray) and value.dtype == object):
            state[name] = repr(list(value))
        elif isinstance(value, np.ndarray | memoryview | bytearray):
            state[name] = np.asarray(value).tobytes()
    return state


def _shown(value: Any) -> str:
    if isinstance(value, np.ndarray | memoryview | np.generic):
        text = np.array2string(np.asarray(value), threshold=8, edgeitems=2)
    else:
        text = repr(value)
    return " ".join(text.split())[:LONGEST]


def _told(error: BaseException) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0][:LONGEST]}".rstrip(": ")


def _same(result: Any, meant: Any) -> bool:
    if meant is None:
        return True  # functions that write return what they like
    got = np.asarray(result)
    return got.dtype.kind in "biuf" and bool(np.allclose(got, meant, rtol=1e-9, equal_nan=True))


def _called(probe: Probe, scope: Names, function: Any, held: Callable[[Any], Any]) -> Any:
    used = compile(probe.call, "<probe>", "exec").co_names
    names = {**scope, **{name: held(scope[name]) for name in used if isinstance(scope.get(name), np.ndarray)}}
    names[probe.function] = function
    exec(probe.call, names)
    return names.get("result")


def _differences(scope: Names, state: dict[str, Any], other: dict[str, Any]) -> str:
    """The names, with their values, whose contents are not as in `other`; the smallest memory tells most."""
    differing = sorted((name for name in state if state[name] != other[name]), key=lambda name: len(state[name]))
    return ", ".join(f"{name} is {_shown(scope[name])}" for name in differing[:2])


def _without_error(probe: Probe, function: Any, held: Callable[[Any], Any], scope: Names, before: dict[str, Any],
                   result: Any) -> Cell:
    after = _state(scope)
    if probe.meant is None:
        if after != before:
            return Cell("wrong data", f"no error; {_differences(scope, after, before)}")
        if probe.writes:
            return Cell("lost write", "no error")
        return Cell("wrong data", f"no error; gives {_shown(result)}")
    meant = _given(probe)
    exec(probe.meant, meant)
    wanted = _state(meant)
    wanted = {name: wanted[name] for name in after}
    if after != wanted:
        if after == before:
            return Cell("lost write", "no error")
        return Cell("wrong data", _differences(scope, after, wanted))
    if not _same(result, meant.get("result")):
        return Cell("wrong data", f"gives {_shown(result)}, not {_shown(meant['result'])}")
    if probe.many and _copies(probe, function, held):
        return Cell("copy")
    return Cell("unchecked", probe.broken) if probe.broken else Cell("right")


def _copies(probe: Probe, function: Any, held: Callable[[Any], Any]) -> bool:
    """Whether a call takes memory for another array. The second call: the first may have compiled something."""
    scope = _given(probe)
    return grown(lambda: _called(probe, scope, function, held)) > COPIED


def tried(probe: Probe, function: Any, held: Callable[[Any], Any]) -> Cell:
    """What happens, here and now."""
    scope = _given(probe)
    before = _state(scope)
    try:
        result = _called(probe, scope, function, held)
    except BaseException as error:  # a panic of Rust is no Exception
        after = _state(scope)
        if after != before:
            return Cell("wrong data", f"{_differences(scope, after, before)}, and then {_told(error)}")
        return Cell("error", _told(error))
    return _without_error(probe, function, held, scope, before, result)


def _make_allocations_show() -> None:
    with suppress(AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(M_MMAP_THRESHOLD, 128 * 1024)
        mallopt(M_PERTURB, 165)


def _answer(outlet: int, probe: Probe, function: Any, held: Callable[[Any], Any]) -> None:
    """The forked process: writes its cell and ends, whatever happens."""
    status = 1
    try:
        _make_allocations_show()
        faulthandler.disable()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        silence = os.open(os.devnull, os.O_WRONLY)
        errors = os.dup(2)
        os.dup2(silence, 1)
        os.dup2(silence, 2)
        try:
            text = json.dumps(asdict(tried(probe, function, held)))
        except BaseException:
            os.dup2(errors, 2)
            traceback.print_exc()
            raise
        os.write(outlet, text.encode())
        status = 0
    finally:
        os._exit(status)


def _received(inlet: int, child: int) -> bytes:
    """All that the child writes until it ends or its time is up; then it is killed."""
    received, deadline = b"", time.monotonic() + LIMIT_S
    while select.select([inlet], [], [], max(0.0, deadline - time.monotonic()))[0]:
        more = os.read(inlet, 65536)
        if not more:
            return received
        received += more
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    return b"late"


def apart(probe: Probe, function: Any, held: Callable[[Any], Any]) -> Cell:
    """What happens, in a process of its own."""
    inlet, outlet = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(inlet)
        _answer(outlet, probe, function, held)
    os.close(outlet)
    text = _received(inlet, child)
    os.close(inlet)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if text == b"late":
        return Cell("crash", f"no end within {LIMIT_S} s")
    if status < 0:
        return Cell("crash", signal.Signals(-status).name)
    if status > 0:
        raise SystemExit(f"bench: the probe {probe.key!r} itself failed")
    return Cell(**json.loads(text))


def cells(probes: Iterable[Probe], functions: Mapping[str, Any], held: Callable[[Any], Any]) -> dict[str, Cell]:
    return {
        probe.key: apart(probe, functions[probe.function], held) if probe.function in functions else Cell("not offered")
        for probe in probes
    }


def _judged(probe: Probe, one: Peer) -> Probe:
    """As this peer's functions are to be judged."""
    return replace(probe, broken="") if one.rewritten and probe.broken == OVERLAP else probe


def main() -> None:
    import building

    parser = argparse.ArgumentParser()
    parser.add_argument("--defaults", action="store_true", help="the part of that name")
    parser.add_argument("peer")
    parser.add_argument("probes", nargs="*")
    options = parser.parse_args()
    one = peer(options.peer)
    wanted = [_judged(probe, one) for probe in PROBES if not options.probes or probe.key in options.probes]
    functions = building.load_defaults(one) if options.defaults else building.load(one)
    found = cells(wanted, functions, one.held)
    print(json.dumps({key: asdict(cell) for key, cell in found.items()}))


if __name__ == "__main__":
    main()
