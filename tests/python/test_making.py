# SPDX-License-Identifier: BSD-3-Clause
"""tenon.empty, tenon.zeros and tenon.lend: memory that Python code makes, or has been told of."""

import ctypes
import gc
import itertools
import sys
import threading
import types
import weakref

import numpy as np
import pytest
from nomemory import fail_each_allocation

import tenon

ORDERS = ["C", "F", "rows"]
SHAPES = [(), (5,), (3, 4), (2, 3, 4), (0, 4), (4, 0), (1, 1), (2, 0, 3), (2, 3, 1, 2)]
DTYPES = ["float64", "int8", ">i2", "complex64", "bfloat16", "bytes[5]", [("a", "<i4"), ("b", "<f8")]]


def elements(span):
    """Every element, through the buffer protocol's own pointers."""
    return np.array(memoryview(span).tolist())


# --- new memory -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [tenon.empty, tenon.zeros])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_new_memory_has_the_shape_the_type_and_the_order_asked_for(make, order, shape):
    for dtype in DTYPES:
        span = make(shape, dtype, order)
        assert type(span) is tenon.Span
        assert span.shape == shape
        assert span.dtype == tenon.DType(dtype)
        assert not span.readonly
        assert span.address % 64 == 0
        if order == "rows" and len(shape) > 1:
            assert span.suboffsets == (0,) * (len(shape) - 1) + (-1,)
        else:
            assert span.suboffsets == ()
            assert span.f_contiguous if order == "F" else span.c_contiguous


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("shape", SHAPES)
def test_zeros_are_zero_and_hold_what_is_written(order, shape):
    span = tenon.zeros(shape, "int64", order)
    assert not elements(span).any()
    for value, index in enumerate(itertools.product(*map(range, shape))):
        span[index] = value
    assert elements(span).ravel().tolist() == list(range(np.prod(shape, dtype=int)))


def test_the_default_is_float64_in_c_order():
    assert tenon.empty(3).dtype == tenon.DType("float64")
    assert tenon.zeros((2, 3)).strides == (24, 8)
    assert tenon.zeros(shape=(2, 3), dtype=int, order="F").strides == (8, 16)


@pytest.mark.parametrize("shape", [(2, 3), [2, 3], np.array([2, 3]), range(2, 4), np.zeros((2, 3)).shape])
def test_any_sequence_of_integers_is_a_shape(shape):
    assert tenon.zeros(shape).shape == (2, 3)
    assert tenon.zeros(np.int16(4)).shape == (4,)


@pytest.mark.parametrize("order", ["C", "F"])
def test_numpy_takes_new_memory_without_a_copy(order):
    span = tenon.zeros((3, 4), "float32", order)
    array = np.asarray(span)
    assert array.ctypes.data == span.address
    array[1, 2] = 7
    assert span[1, 2] == 7


def test_each_row_has_memory_of_its_own():
    span = tenon.zeros((3, 5), "float32", "rows")
    addresses = {span[i].address for i in range(3)}
    assert len(addresses) == 3 and all(address % 64 == 0 for address in addresses)
    table = (ctypes.POINTER(ctypes.c_float) * 3).from_address(span.address)
    table[2][4] = 1.5
    assert span[2, 4] == 1.5


def test_memory_outlives_the_span_it_was_made_with():
    array = np.asarray(tenon.zeros(1000)[10:20])
    gc.collect()
    filler = [tenon.zeros(1000) for _ in range(10)]
    assert not array.any() and filler


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((-1,), ValueError, r"zeros\(\): extent 0 is -1"),
        (((2, -3),), ValueError, r"zeros\(\): extent 1 is -3"),
        (((2, -3), "f8", "rows"), ValueError, r"zeros\(\): extent 1 is -3"),
        (((2**62, 4),), OverflowError, r"zeros\(\): .* more bytes than an address can count"),
        (((2**61, 1), "i1", "rows"), OverflowError, r"zeros\(\): the rows take more bytes"),
        ((2**64,), OverflowError, "cannot fit"),
        (((2**62,), "i1"), MemoryError, None),
        (((1,) * 65,), ValueError, r"zeros\(\): shape has 65 entries; at most 64 dimensions are possible"),
        ((None,), TypeError, r"zeros\(\): shape must be an int or a sequence of ints, got None"),
        (("3",), TypeError, r"zeros\(\): shape must be an int or a sequence of ints, got str"),
        (((2, 3.0),), TypeError, "float"),
        ((2.0,), TypeError, r"zeros\(\): shape must be an int or a sequence of ints, got float"),
        ((2, "float65"), (TypeError, ValueError), "float65"),
        ((2, "O"), TypeError, r"zeros\(\): dtype must not be a Python object's"),
        ((2, [("a", "i4"), ("b", "O")]), TypeError, r"zeros\(\): dtype must not be a Python object's"),
        ((2, "f8", "K"), ValueError, r"zeros\(\): order must be 'C', 'F' or 'rows', got 'K'"),
        ((2, "f8", 3), TypeError, r"zeros\(\): order must be 'C', 'F' or 'rows', got int"),
        ((), TypeError, "shape"),
    ],
)
@pytest.mark.unsanitized  # AddressSanitizer ends the program where malloc is asked for too much
def test_memory_that_cannot_be_is_refused(arguments, error, message):
    with pytest.raises(error, match=message):
        tenon.zeros(*arguments)


def test_a_shape_may_change_while_it_is_read():
    shape = [2, 3, 4]

    class Extent:
        def __index__(self):
            shape.clear()
            return 2

    shape[0] = Extent()
    assert tenon.zeros(shape).shape == (2, 3, 4)


def test_what_an_extent_raises_passes_through():
    class Extent:
        def __index__(self):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        tenon.empty((2, Extent()))


@pytest.mark.parametrize("order", ORDERS)
def test_making_survives_every_failed_allocation(order):
    def make():
        tenon.zeros((2, 3, 4, 5, 6), "float32", order)

    assert fail_each_allocation(make) > 0


# --- lending: where the memory lies -----------------------------------------------------------------------------------


@pytest.fixture
def doubles():
    return (ctypes.c_double * 12)(*range(12))


class Struct(ctypes.Structure):
    _fields_ = (("a", ctypes.c_int), ("b", ctypes.c_float))


def sources(doubles):
    address = ctypes.addressof(doubles)
    new = ctypes.pythonapi.PyCapsule_New
    new.restype, new.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)
    return {
        "int": address,
        "numpy.uint64": np.uint64(address),
        "array": doubles,
        "pointer": ctypes.cast(doubles, ctypes.POINTER(ctypes.c_double)),
        "pointer to an array": ctypes.pointer(doubles),
        "c_void_p": ctypes.c_void_p(address),
        "c_char_p": ctypes.cast(doubles, ctypes.c_char_p),
        "nameless capsule": new(address, None, None),
        "named capsule": new(address, b"doubles", None),
    }


@pytest.mark.parametrize("kind", sources((ctypes.c_double * 12)()))
def test_lent_memory_is_where_the_source_says(doubles, kind):
    span = tenon.lend(sources(doubles)[kind], (3, 4), "float64")
    assert span.address == ctypes.addressof(doubles)
    assert (span.shape, span.strides, span.readonly) == ((3, 4), (32, 8), False)
    span[1, 2] = 60
    assert doubles[6] == 60
    assert np.asarray(span).ctypes.data == span.address


def test_structures_and_single_values_are_lent():
    record = Struct(3, 1.5)
    span = tenon.lend(record, (), Struct)
    assert span[()] == (3, 1.5)
    number = ctypes.c_double(2.5)
    assert tenon.lend(ctypes.pointer(number), (), "float64")[()] == 2.5


def test_a_reference_is_no_source_and_the_error_says_what_is():
    with pytest.raises(TypeError, match=r"got (_ctypes\.)?CArgObject of ctypes.byref\(\); pass ctypes.pointer\(x\)"):
        tenon.lend(ctypes.byref(ctypes.c_double(2.5)), (), "float64")


def test_cffi_pointers_and_arrays_are_lent(doubles):
    ffi = pytest.importorskip("cffi", reason="cffi is not installed").FFI()
    owned = ffi.new("double[4]", [1, 2, 3, 4])
    for source in (owned, ffi.cast("double *", owned), ffi.cast("void *", owned)):
        span = tenon.lend(source, 4, "float64")
        assert span.address == int(ffi.cast("uintptr_t", owned))
        assert span.tolist() == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="source has 32 bytes"):
        tenon.lend(owned, 5, "float64")
    with pytest.raises(TypeError, match="a cffi pointer or array is needed"):
        tenon.lend(ffi.cast("int", 5), 1, "int8")
    with pytest.raises(ValueError, match="the address is NULL"):
        tenon.lend(ffi.NULL, 1, "int8")


def cffi_like(kind, address):
    """Objects that look like cffi's where cffi need not be installed."""
    base = type("_cffi_backend._CDataBase", (), {})
    backend = types.ModuleType("_cffi_backend")
    backend.typeof = lambda obj: types.SimpleNamespace(kind=kind)
    backend.new_primitive_type = lambda name: name
    backend.cast = lambda ctype, obj: {"uintptr_t": address}[ctype]
    backend.sizeof = lambda obj: 96
    return type("_cffi_backend.__CDataOwn", (base,), {})(), backend


def test_cffi_is_recognised_without_being_imported(doubles, monkeypatch):
    pointer, backend = cffi_like("pointer", ctypes.addressof(doubles))
    monkeypatch.setitem(sys.modules, "_cffi_backend", backend)
    assert tenon.lend(pointer, 12, "float64").tolist() == list(doubles)
    number, backend = cffi_like("primitive", 0)
    monkeypatch.setitem(sys.modules, "_cffi_backend", backend)
    with pytest.raises(TypeError, match="a cffi pointer or array is needed"):
        tenon.lend(number, 12, "float64")
    monkeypatch.delitem(sys.modules, "_cffi_backend")
    with pytest.raises(TypeError, match=r"pass int\(ffi\.cast\('uintptr_t', p\)\) as the source, and owner=p"):
        tenon.lend(pointer, 12, "float64")


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (None, TypeError, r"source must be an address \(int\), a ctypes or cffi pointer or array, or .*, got None"),
        (True, TypeError, "source must be an address"),
        (1.5, TypeError, "got float"),
        ("0x1000", TypeError, "got str"),
        (bytearray(8), TypeError, r"got bytearray; tenon\.Span\(x\) shows the memory"),
        (np.zeros(1), TypeError, r"got numpy\.ndarray; tenon\.Span\(x\) shows the memory"),
        (-1, OverflowError, "source must be an address, 0 to"),
        (2**64, OverflowError, "source must be an address, 0 to"),
        (ctypes.c_double(1), TypeError, "c_double is a number, not memory"),
        (ctypes.c_size_t(4096), TypeError, "is a number, not memory"),
        (0, ValueError, "the address is NULL, but there is 1 element$"),
        (ctypes.c_void_p(), ValueError, "the address is NULL"),
        (ctypes.POINTER(ctypes.c_double)(), ValueError, "the address is NULL"),
        (ctypes.c_char_p(), ValueError, "the address is NULL"),
    ],
)
def test_sources_that_hold_no_address_are_refused(source, error, message):
    with pytest.raises(error, match=message):
        tenon.lend(source, 1, "float64")


def test_capsules_that_describe_arrays_are_refused():
    with pytest.raises(TypeError, match=r"'dltensor' describes an array; tenon\.Span\(x\)"):
        tenon.lend(np.zeros(3).__dlpack__(), 3, "float64")


# --- lending: what is said of it --------------------------------------------------------------------------------------


def test_strides_may_have_any_sign_and_size(doubles):
    middle = ctypes.addressof(doubles) + 8 * 11
    assert tenon.lend(middle, 12, "float64", strides=-8).tolist() == list(doubles)[::-1]
    assert tenon.lend(doubles, (3, 2), "float64", strides=(32, 16)).tolist() == [[0, 2], [4, 6], [8, 10]]
    assert tenon.lend(doubles, (4, 3), "float64", strides=[8, 32]).tolist() == np.arange(12.0).reshape(3, 4).T.tolist()
    assert tenon.lend(doubles, 3, "float64", strides=0).tolist() == [0, 0, 0]
    data = (ctypes.c_char * 20)(*range(20))
    assert tenon.lend(data, 3, ">u2", strides=5).tolist() == [0x0001, 0x0506, 0x0A0B]


def test_lent_memory_can_be_read_only(doubles):
    span = tenon.lend(doubles, 12, "float64", readonly=True)
    assert span.readonly and not np.asarray(span).flags.writeable
    with pytest.raises(TypeError):
        span[0] = 1


@pytest.mark.parametrize(
    ("shape", "dtype", "strides"),
    [(13, "f8", None), ((2, 7), "f8", None), (12, "f8", -8), (2, "f8", 96), (25, "i4", None), (2, "f8", 2**62)],
)
def test_memory_of_known_size_is_not_left(doubles, shape, dtype, strides):
    with pytest.raises(ValueError, match=r"the elements reach from byte -?\d+ to byte \d+, but source has 96 bytes"):
        tenon.lend(doubles, shape, dtype, strides=strides)


@pytest.mark.parametrize(
    ("shape", "dtype", "strides", "error", "message"),
    [
        (-1, "f8", None, ValueError, "extent 0 is -1"),
        ((2, -1), "f8", (8, 8), ValueError, "extent 1 is -1"),
        ((2, 2), "f8", (8,), ValueError, "shape has 2 entries, but strides has 1"),
        ((2, 2), "f8", 8, ValueError, "shape has 2 entries, but strides has 1"),
        ((), "f8", (8,), ValueError, "shape has 0 entries, but strides has 1"),
        ((2**40, 2**40), "f8", None, OverflowError, "more bytes than an address can count"),
        (3, "f8", 2**62, OverflowError, "the strides reach further than an address"),
        (2, "f8", 2**63 - 8, OverflowError, "the strides reach further than an address"),
        (2, "f8", -(2**62), OverflowError, "the elements reach further than an address"),
        (2**63, "f8", None, OverflowError, None),
        ("2", "f8", None, TypeError, "shape must be an int or a sequence of ints, got str"),
        (2, "f8", "8", TypeError, "strides must be an int or a sequence of ints, got str"),
        (2, "f8", (8.0,), TypeError, "float"),
        (2, "O", None, TypeError, "dtype must not be a Python object's"),
        (2, object(), None, TypeError, None),
    ],
)
def test_descriptions_that_cannot_be_are_refused(doubles, shape, dtype, strides, error, message):
    released = []
    with pytest.raises(error, match=message):
        tenon.lend(ctypes.addressof(doubles), shape, dtype, strides=strides, release=lambda: released.append(1))
    assert not released


def test_the_end_of_the_address_space_is_not_passed():
    with pytest.raises(OverflowError, match="the elements reach further than an address"):
        tenon.lend(2**64 - 8, 2, "float64")


def test_no_elements_may_lie_nowhere():
    span = tenon.lend(0, (0, 3), "float64")
    assert span.tolist() == [] and span.address != 0
    assert np.asarray(span).shape == (0, 3)


# --- lending: how long ------------------------------------------------------------------------------------------------


class Owner:
    """Something that can be watched."""


def test_source_and_owner_live_as_long_as_the_last_view(doubles):
    owner = Owner()
    watched = weakref.ref(owner)
    references = sys.getrefcount(doubles)
    span = tenon.lend(doubles, 12, "float64", owner=owner)
    assert span.owner is owner
    assert sys.getrefcount(doubles) == references + 1
    array = np.asarray(span[2:4])
    del span, owner
    gc.collect()
    assert watched() is not None
    del array
    assert watched() is None
    assert sys.getrefcount(doubles) == references


def test_without_an_owner_the_source_is_shown(doubles):
    assert tenon.lend(doubles, 12, "float64").owner is doubles
    assert tenon.lend(ctypes.addressof(doubles), 12, "float64").owner is None


def test_release_is_called_once_after_the_last_view(doubles):
    released = []
    span = tenon.lend(doubles, 12, "float64", release=lambda: released.append(doubles[0]))
    views = [span, span[1:], memoryview(span), np.asarray(span), span.T]
    del span
    doubles[0] = 5
    while views:
        assert not released
        views.pop()
    assert released == [5]
    gc.collect()
    assert released == [5]


def test_release_of_the_span_releases_the_memory(doubles):
    released = []
    with tenon.lend(doubles, 12, "float64", release=lambda: released.append(1)) as span:
        assert not released
    assert released == [1]
    del span
    assert released == [1]


def test_the_owner_is_let_go_after_release(doubles):
    owner = Owner()
    watched = weakref.ref(owner)
    seen = []
    span = tenon.lend(doubles, 12, "float64", owner=owner, release=lambda: seen.append(watched() is not None))
    del owner, span
    assert seen == [True]
    assert watched() is None


def test_what_release_raises_is_unraisable(doubles, monkeypatch):
    reports = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: reports.append((report.exc_type, report.object)))

    def fail():
        raise ZeroDivisionError

    span = tenon.lend(doubles, 12, "float64", release=fail)
    del span
    assert reports == [(ZeroDivisionError, fail)]


def test_release_leaves_an_exception_on_its_way_alone(doubles):
    released = []
    with pytest.raises(IndexError):  # the only reference is dropped while the exception is on its way
        tenon.lend(doubles, 12, "float64", release=lambda: released.append(1))[12]
    assert released == [1]


@pytest.mark.parametrize("release", [3, "free", []])
def test_release_must_be_callable(doubles, release):
    with pytest.raises(TypeError, match=r"lend\(\): release must be callable without arguments, or None, got"):
        tenon.lend(doubles, 12, "float64", release=release)


def test_a_failed_lend_releases_nothing(doubles):
    owner = Owner()
    watched = weakref.ref(owner)
    released = []
    with pytest.raises(ValueError, match="extent 0 is -1"):
        tenon.lend(doubles, -1, "float64", owner=owner, release=lambda: released.append(1))
    del owner
    assert watched() is None
    assert not released


def test_a_cycle_through_the_owner_is_collected(doubles):
    released = []
    owner = Owner()
    owner.span = tenon.lend(doubles, 12, "float64", owner=owner, release=lambda: released.append(1))
    watched = weakref.ref(owner)
    del owner
    assert not released
    gc.collect()
    assert watched() is None
    assert released == [1]


def test_a_cycle_through_a_buffer_is_collected(doubles):
    """The buffer is alive when the collector comes: the memory must not go before it."""
    released = []
    owner = Owner()
    owner.view = memoryview(tenon.lend(doubles, 12, "float64", owner=owner, release=lambda: released.append(1)))
    del owner
    assert not released
    gc.collect()
    assert released == [1]


def test_a_release_that_is_part_of_a_cycle_is_never_called_early(doubles):
    """The collector might have cleared it: it keeps its views alive instead, as weakref.finalize does."""

    class Holder:
        released = 0

        def close(self):
            Holder.released += 1

    holder = Holder()
    holder.span = tenon.lend(doubles, 12, "float64", release=holder.close)
    watched = weakref.ref(holder)
    del holder
    gc.collect()
    assert Holder.released == 0
    watched().span = None
    assert Holder.released == 1
    gc.collect()
    assert watched() is None


CHAINS = {
    "lent with an owner": lambda x: tenon.lend(MEMORY, 4, "float64", owner=x),
    "lent with an owner and a release": lambda x: tenon.lend(MEMORY, 4, "float64", owner=x, release=int),
    "array of what is lent": lambda x: np.asarray(tenon.lend(MEMORY, 4, "float64", owner=x)),
    "numpy() of what is lent": lambda x: tenon.lend(MEMORY, 4, "float64", owner=x).numpy(),
    "memoryview of a Span": lambda x: memoryview(tenon.Span(x)),
    "Span of a memoryview": lambda x: tenon.Span(memoryview(x)),
    "array of a Span": lambda x: np.asarray(tenon.Span(x)),
}
MEMORY = (ctypes.c_double * 4)()


@pytest.mark.parametrize("chain", CHAINS)
def test_a_chain_of_owners_of_any_length_ends(chain):
    view = np.ones(4)
    for _ in range(100_000):
        view = CHAINS[chain](view)
    watched = weakref.ref(view)
    del view
    assert watched() is None


def test_the_last_view_may_die_in_another_thread(doubles):
    released = []
    views = [tenon.lend(doubles, 12, "float64", release=lambda: released.append(threading.get_ident()))]
    thread = threading.Thread(target=views.clear)
    thread.start()
    thread.join()
    assert len(released) == 1 and released[0] != threading.get_ident()


def test_lending_survives_every_failed_allocation(doubles):
    released = []
    count = [0]

    def release():
        count[0] += 1

    def lend():
        tenon.lend(doubles, (1, 1, 1, 1, 12), [("a", "<f8")], release=release)

    def afterwards(failed):
        released.append((failed, count[0]))
        count[0] = 0

    assert fail_each_allocation(lend, afterwards) > 0
    assert set(released) == {(True, 0), (False, 1)}


def test_memory_stays_flat_over_many_loans(doubles):
    def cycle(times):
        for _ in range(times):
            tenon.lend(doubles, (3, 4), "float64", owner=doubles, release=int)
            tenon.zeros((5, 5), "int32", "rows")

    cycle(1000)
    gc.collect()
    before = sys.getallocatedblocks()
    cycle(20_000)
    gc.collect()
    assert sys.getallocatedblocks() - before < 50
