# SPDX-License-Identifier: BSD-3-Clause
# tenon/python.h and what of libtenon it stands on, for Cython: `cimport tenon` or `from tenon cimport …`. The headers
# state the contracts. The module is compiled with `tenon --cflags` and linked with `tenon --libs`.

from cpython.ref cimport PyObject
from libc.stddef cimport ptrdiff_t
from libc.stdint cimport int32_t, uint8_t, uint32_t


cdef extern from "tenon/status.h" nogil:
    ctypedef enum tn_status:
        TN_OK
        TN_NO_MEMORY
        TN_WRONG_TYPE
        TN_WRONG_VALUE
        TN_OUT_OF_RANGE
        TN_BUSY
        TN_BAD_FORMAT
        TN_UNSUPPORTED
        TN_RAISED

    enum: TN_ERROR_CAPACITY

    ctypedef struct tn_error:
        tn_status status
        ptrdiff_t position
        char message[TN_ERROR_CAPACITY]

    const char *tn_status_text(tn_status status)
    tn_status tn_fail(tn_error *err, tn_status status, const char *format, ...)


cdef extern from "tenon/type.h" nogil:
    enum: TN_MAX_NDIM

    ctypedef struct tn_type:
        uint8_t kind
        uint8_t byteorder
        uint8_t ndim
        uint32_t alignment
        ptrdiff_t itemsize
        ptrdiff_t nfields

    const tn_type tn_type_bool
    const tn_type tn_type_int8, tn_type_int16, tn_type_int32, tn_type_int64
    const tn_type tn_type_uint8, tn_type_uint16, tn_type_uint32, tn_type_uint64
    const tn_type tn_type_float16, tn_type_bfloat16, tn_type_float32, tn_type_float64, tn_type_longdouble
    const tn_type tn_type_complex64, tn_type_complex128, tn_type_clongdouble

    char *tn_type_describe(const tn_type *type, char *buffer, size_t capacity)
    int tn_type_equal(const tn_type *a, const tn_type *b)


cdef extern from "tenon/span.h" nogil:
    enum:
        TN_READONLY
        TN_UNOWNED

    ctypedef struct tn_span:
        void *data
        const tn_type *type
        int32_t ndim
        uint32_t flags
        const ptrdiff_t *shape
        const ptrdiff_t *strides
        const ptrdiff_t *suboffsets

    ctypedef enum tn_order:
        TN_ORDER_C
        TN_ORDER_F
        TN_ORDER_ROWS

    ptrdiff_t tn_span_size(const tn_span *span)
    ptrdiff_t tn_span_nbytes(const tn_span *span)


cdef extern from "tenon/array.h" nogil:
    ctypedef struct tn_array:
        tn_span span
        void (*release)(tn_array *self) noexcept
        void *owner

    tn_status tn_array_new(const tn_type *type, int ndim, const ptrdiff_t *shape, tn_order order, tn_array *out,
                           tn_error *err)
    tn_status tn_array_zeros(const tn_type *type, int ndim, const ptrdiff_t *shape, tn_order order, tn_array *out,
                             tn_error *err)
    tn_status tn_array_wrap(const tn_span *span, void (*release)(void *context) noexcept, void *context, tn_array *out,
                            tn_error *err)
    void tn_array_release(tn_array *array)
    tn_array tn_array_move(tn_array *source)
    tn_status tn_array_share(tn_array *array, const tn_span *view, tn_array *out, tn_error *err)
    ptrdiff_t tn_array_uses(const tn_array *array)


cdef extern from "tenon/copy.h" nogil:
    ctypedef enum tn_casting:
        TN_CAST_NO
        TN_CAST_EXACT
        TN_CAST_C

    tn_status tn_copy(const tn_span *to, const tn_span *source, tn_casting casting, tn_error *err)
    tn_status tn_fill(const tn_span *to, const void *value, tn_error *err)


cdef extern from "tenon/python.h":
    enum:
        TN_WANT_WRITABLE
        TN_WANT_C_ORDER
        TN_WANT_F_ORDER
        TN_TAKE_UNALIGNED
        TN_TAKE_INDIRECT

    ctypedef struct tn_want:
        const tn_type *type
        int32_t min_ndim
        int32_t max_ndim
        uint32_t flags

    ctypedef struct tn_loan:
        tn_span span

    ctypedef struct tn_api:
        uint32_t abi
        uint32_t size

    enum:
        TN_LEND_NDARRAY
        TN_LEND_COUNTED

    # Call it when the module is imported.
    const tn_api *tn_import_api() except NULL

    tn_status tn_borrow(object obj, const tn_want *want, tn_loan *loan, tn_error *err) noexcept
    int tn_borrow_argument(object obj, const tn_want *want, tn_loan *loan, const char *function,
                           const char *parameter) except -1
    void tn_give_back(tn_loan *loan) noexcept
    tn_status tn_keep(object obj, const tn_want *want, tn_array *out, tn_error *err) noexcept
    void tn_settle() noexcept

    # Always raises.
    object tn_raise(const tn_error *err, const char *function, const char *parameter)

    # New references; an exception where the header says NULL.
    object tn_dtype_new(const tn_type *type)
    object tn_dtype_from(object obj)
    const tn_type *tn_dtype_type(object dtype) except NULL

    # `keeper` is borrowed and may be NULL, which an `object` can't be: <PyObject *>self.
    object tn_lend(tn_array *array, PyObject *keeper, unsigned how)
    int tn_export(tn_array *array, PyObject *keeper, unsigned how, Py_buffer *view, int flags) except -1
