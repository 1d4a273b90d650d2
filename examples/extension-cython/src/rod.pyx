# SPDX-License-Identifier: BSD-3-Clause
# cython: language_level=3, freethreading_compatible=False
"""Heat in a rod: a module in Cython, whose arrays are borrowed, kept and lent by Tenon."""

cimport cython
from cpython.ref cimport PyObject
from libc.math cimport fabs
from libc.stddef cimport ptrdiff_t
from tenon cimport (
    TN_LEND_NDARRAY,
    TN_OK,
    TN_ORDER_C,
    TN_READONLY,
    TN_WANT_WRITABLE,
    tn_array,
    tn_array_new,
    tn_array_release,
    tn_array_wrap,
    tn_array_zeros,
    tn_borrow_argument,
    tn_error,
    tn_export,
    tn_give_back,
    tn_import_api,
    tn_keep,
    tn_lend,
    tn_loan,
    tn_raise,
    tn_span,
    tn_type_float64,
    tn_want,
)

tn_import_api()


cdef inline double *at(const tn_span *x, ptrdiff_t i) noexcept nogil:
    return <double *>(<char *>x.data + i * x.strides[0])


def differences(x):
    """x[1:] - x[:-1], as a new array."""
    cdef tn_want vector = tn_want(&tn_type_float64, 1, 1, 0)
    cdef tn_loan loan
    cdef tn_array made
    cdef tn_error err
    cdef ptrdiff_t n, i
    tn_borrow_argument(x, &vector, &loan, "differences", "x")
    try:
        n = max(loan.span.shape[0] - 1, 0)
        if tn_array_new(&tn_type_float64, 1, &n, TN_ORDER_C, &made, &err) != TN_OK:
            tn_raise(&err, "differences", NULL)
        for i in range(n):
            at(&made.span, i)[0] = at(&loan.span, i + 1)[0] - at(&loan.span, i)[0]
    finally:
        tn_give_back(&loan)
    return tn_lend(&made, NULL, TN_LEND_NDARRAY)


@cython.final
cdef class Rod:
    """Rod(temperatures): works on its caller's own array, which it keeps."""

    cdef tn_array temperatures  # the caller's
    cdef tn_array changes       # its own

    def __cinit__(self, temperatures):
        cdef tn_want vector = tn_want(&tn_type_float64, 1, 1, TN_WANT_WRITABLE)
        cdef tn_error err
        if tn_keep(temperatures, &vector, &self.temperatures, &err) != TN_OK:
            tn_raise(&err, "Rod", "temperatures")
        if tn_array_zeros(&tn_type_float64, 1, self.temperatures.span.shape, TN_ORDER_C, &self.changes, &err) != TN_OK:
            tn_raise(&err, "Rod", NULL)

    def __dealloc__(self):
        tn_array_release(&self.temperatures)
        tn_array_release(&self.changes)

    def relax(self, int steps=1):
        """Let heat flow for a number of steps, without the GIL. The ends stay as they are; returns the largest change."""
        cdef double largest = 0
        cdef int step
        with nogil:
            for step in range(steps):
                largest = self.step()
        return largest

    cdef double step(self) noexcept nogil:
        cdef tn_span *t = &self.temperatures.span
        cdef tn_span *d = &self.changes.span
        cdef double largest = 0
        cdef ptrdiff_t i
        for i in range(1, t.shape[0] - 1):
            at(d, i)[0] = (at(t, i - 1)[0] - 2 * at(t, i)[0] + at(t, i + 1)[0]) / 4
            largest = max(largest, fabs(at(d, i)[0]))
        for i in range(1, t.shape[0] - 1):
            at(t, i)[0] += at(d, i)[0]
        return largest

    def __getbuffer__(self, Py_buffer *view, int flags):
        """The changes of the last step: the object's own memory, read-only, which views keep alive."""
        cdef tn_span span = self.changes.span
        cdef tn_array lent
        cdef tn_error err
        span.flags |= TN_READONLY
        if tn_array_wrap(&span, NULL, NULL, &lent, &err) != TN_OK:
            tn_raise(&err, "Rod", NULL)
        tn_export(&lent, <PyObject *>self, 0, view, flags)
