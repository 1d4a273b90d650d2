# SPDX-License-Identifier: BSD-3-Clause
"""Arguments that change other arguments while a call is being prepared: C sees them as they are in the end, or not.

Every value's own code runs before any array is looked at, so an array that was resized meanwhile is taken with its new
address and size; what is locked by the buffer protocol refuses to be resized.
"""

import gc
import sys
import threading
import warnings
from array import array
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

LARGE = 1 << 16  # large enough for memory to be given back to the system when it is resized


class Acting:
    """A number that does something before it says what it is."""

    def __init__(self, action: Callable[[], object], value: float = 2) -> None:
        self.action, self.value = action, value

    def __float__(self) -> float:
        self.action()
        return float(self.value)

    def __index__(self) -> int:
        self.action()
        return int(self.value)


def shrink(x: Any) -> Callable[[], None]:
    return lambda: x.resize(2, refcheck=False)


def grow(x: Any) -> Callable[[], None]:
    return lambda: x.resize(8 * LARGE, refcheck=False)


@pytest.mark.parametrize(("change", "size"), [(shrink, 2), (grow, 8 * LARGE)], ids=["shrunk", "grown"])
def test_an_array_resized_by_the_float_after_it_is_seen_at_its_new_place(c: ModuleType, change: Any, size: int) -> None:
    x = np.ones(LARGE)
    c.scale(x, Acting(change(x)))
    assert x.size == size
    assert x[:2].tolist() == [2, 2]
    assert x.sum() == 2 * min(size, LARGE)


def test_an_array_resized_by_the_index_after_it_has_its_new_size(c: ModuleType) -> None:
    x = np.ones(LARGE)
    assert c.pick(x, Acting(shrink(x), LARGE - 1)) == -1
    x = np.ones(2)
    assert c.pick(x, Acting(grow(x), LARGE)) == 0


def test_an_array_resized_in_a_batch_is_seen_at_its_new_place(c: ModuleType) -> None:
    x = np.ones((4, LARGE))
    c.scale.batch(x, Acting(lambda: x.resize((2, 3), refcheck=False)))
    assert x.tolist() == [[2, 2, 2], [2, 2, 2]]


def test_an_array_given_another_shape_or_element_type_meanwhile_is_refused(c: ModuleType) -> None:
    x = np.ones(6)
    with pytest.raises(TypeError, match=r"x must be float64\[n\], got float64\[2, 3\]"):
        c.scale(x, Acting(lambda: x.resize((2, 3), refcheck=False)))
    y = np.ones(6)
    with pytest.raises(TypeError, match=r"x must be float64\[n\], got int64\[6\]"):
        c.scale(y, Acting(lambda: _retype(y, np.int64)))
    z = np.ones(6)
    with pytest.raises(ValueError, match="x is read-only"):
        c.scale(z, Acting(lambda: z.setflags(write=False)))


def _retype(x: Any, dtype: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        x.dtype = dtype


@pytest.mark.parametrize("action", [lambda a: a.extend(b"12345678"), lambda a: a.clear(), lambda a: a.pop()],
                         ids=["extend", "clear", "pop"])  # fmt: skip
def test_a_bytearray_is_asked_after_the_values_so_it_says_its_new_size_or_is_refused(
    c: ModuleType, action: Any
) -> None:
    owner = bytearray(np.ones(3).tobytes())
    index = Acting(lambda: action(owner), 0)
    try:
        c.pick(owner, index)
    except TypeError as error:
        assert "x must be float64[n], got uint8[" in str(error)
    owner.extend(b"not held any more")


def test_an_array_array_changed_by_the_value_after_it_is_seen_as_it_is_then(c: ModuleType) -> None:
    x = array("d", [1, 2, 3])
    assert c.pick(x, Acting(lambda: x.append(7), 3)) == 7
    assert c.pick(x, Acting(lambda: x.__delitem__(slice(0, 3)), 0)) == 7
    c.scale(x, Acting(lambda: x.extend([1] * LARGE)))
    assert (len(x), x[0], x[-1]) == (LARGE + 1, 14, 2)


def test_what_an_exporter_asked_before_has_lent_cannot_be_resized_by_the_next(
    hostile: ModuleType, c: ModuleType
) -> None:
    first = array("d", [1, 2, 3])
    second = hostile.Exporter(bytearray(24), format=b"d", shape=(3,), strides=(8,), on_get=lambda: first.append(4))
    with pytest.raises(BufferError, match="cannot resize an array that is exporting buffers"):
        c.add(first, second)
    first.append(4)
    assert second.gets == second.releases


def test_an_ndarray_resized_by_a_foreign_exporter_beside_it_is_seen_at_its_new_place(
    hostile: ModuleType, c: ModuleType
) -> None:
    x = np.ones(LARGE)
    other = hostile.Exporter(bytearray(16), format=b"d", shape=(2,), strides=(8,), on_get=shrink(x))
    assert c.add(x, other).tolist() == [1, 1]
    assert c.add(other, np.ones(2)).tolist() == [1, 1]
    x = np.ones(LARGE)
    assert other.gets == other.releases


def test_a_given_output_resized_by_a_value_is_filled_at_its_new_place(build: Callable[[str], ModuleType]) -> None:
    module = build("""
        #include <stddef.h>
        /** @param[out] y  n times a */
        void fill(size_t n, double a, double y[n]) { for (size_t i = 0; i < n; i++) y[i] = a; }
    """)
    y = np.zeros(LARGE)
    with pytest.raises(ValueError, match="axis 0 of y must be n = 65536, got 2"):
        module.fill(LARGE, Acting(shrink(y)), y=y)
    y = np.zeros(2)
    assert module.fill(8 * LARGE, Acting(grow(y)), y=y) is y
    assert y.sum() == 16 * LARGE


def test_an_array_that_loses_its_last_other_reference_meanwhile_lives_on(c: ModuleType) -> None:
    holder = [np.ones(LARGE)]

    def drop() -> None:
        holder.clear()
        gc.collect()

    assert c.pick(holder[0], Acting(drop, 0)) == 1


def test_a_value_that_calls_the_same_function_gets_its_own_call(c: ModuleType) -> None:
    def again() -> None:
        c.scale(np.ones(5), 3)

    x = np.ones(3)
    c.scale(x, Acting(again))
    assert x.tolist() == [2, 2, 2]


def test_a_value_that_never_stops_calling_is_a_recursion_error(c: ModuleType) -> None:
    x = np.ones(1)
    endless = Acting(lambda: c.scale(x, endless))
    with pytest.raises(RecursionError):
        c.scale(x, endless)


def test_the_exception_of_a_value_passes_through_and_everything_is_given_back(
    hostile: ModuleType, c: ModuleType
) -> None:
    def fail() -> None:
        raise LookupError("its own")

    exporter = hostile.Exporter(bytearray(24), format=b"d", shape=(3,), strides=(8,))
    count = sys.getrefcount(exporter)
    for function in (c.scale, c.pick, c.scale.batch, c.pick.batch):
        with pytest.raises(LookupError, match="its own"):
            function(exporter, Acting(fail))
    assert exporter.gets == exporter.releases
    assert sys.getrefcount(exporter) == count


# --- finalizers -------------------------------------------------------------------------------------------------------


class Cycle:
    """Garbage that acts when it is found."""

    def __init__(self, action: Callable[[], object]) -> None:
        self.action, self.me = action, self

    def __del__(self) -> None:
        self.action()


MAKERS = 12
OUTPUTS = "#include <stddef.h>\n#include <stdint.h>\n" + "".join(
    f"""
typedef struct {{ double a; int32_t b; double c[2]; }} record_{k};
/** @param[out] y  one record for each x */
void wrap_{k}(size_t n, const double x[n], record_{k} y[n])
{{
    for (size_t i = 0; i < n; i++)
        y[i] = (record_{k}){{.a = x[i]}};
}}
"""
    for k in range(MAKERS)
)


@pytest.mark.parametrize("number", range(MAKERS))
def test_a_finalizer_that_runs_while_the_first_output_is_made_cannot_pull_memory_away(
    build: Callable[[str], ModuleType], number: int
) -> None:
    module = build(OUTPUTS)
    wrap = getattr(module, f"wrap_{number}")  # its dtype has never been made: that runs Python code
    x = np.ones(LARGE)
    resized = []

    def act() -> None:
        resized.append(x.size)
        x.resize(2, refcheck=False)

    threshold = gc.get_threshold()
    gc.collect()
    gc.disable()
    Cycle(act)
    gc.set_threshold(number + 1)  # from the next to the twelfth object: somewhere in between, the output is made
    gc.enable()
    try:
        y = wrap(x)
    finally:
        gc.set_threshold(*threshold)
        gc.collect()
    assert resized == [LARGE]
    assert y.size in (2, LARGE)
    assert y["a"].sum() == y.size


# --- threads ----------------------------------------------------------------------------------------------------------


def test_calls_and_changes_from_many_threads_end_in_results_or_errors(c: ModuleType) -> None:
    shared = array("d", [1.0] * 64)
    done = threading.Event()
    problems: list[BaseException] = []

    def change() -> None:
        while not done.is_set():
            try:
                shared.append(1.0)
                del shared[64:]
            except BufferError:
                pass

    def call() -> None:
        try:
            for _ in range(2000):
                total = c.sum(shared)
                assert 64 <= total < 1000
                c.add(shared, np.ones(64)) if len(shared) == 64 else None
        except ValueError:
            pass
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=call) for _ in range(3)]
    changer = threading.Thread(target=change)
    changer.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    changer.join()
    assert problems == []
    shared.append(1.0)
