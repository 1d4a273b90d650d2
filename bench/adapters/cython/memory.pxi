# SPDX-License-Identifier: BSD-3-Clause
# Memory of C, which arrays show: extension types own it.

cdef cnp.ndarray array_over(double *memory, cnp.npy_intp n, owner):
    cdef cnp.ndarray array = cnp.PyArray_SimpleNewFromData(1, &n, cnp.NPY_DOUBLE, memory)
    cnp.set_array_base(array, owner)
    return array


@cython.final
@cython.freelist(8)
cdef class Block:
    """Frees memory of malloc."""
    cdef double *memory

    def __dealloc__(self):
        free(self.memory)


cdef cnp.ndarray owning(double *memory, cnp.npy_intp n):
    if memory == NULL:
        raise MemoryError
    cdef Block block = Block.__new__(Block)
    block.memory = memory
    return array_over(memory, n, block)


def handed(size_t n):
    return owning(lib.handed(n), n)


def aligned(size_t n):
    return owning(lib.aligned(n), n)


@cython.final
@cython.freelist(8)
cdef class series:
    cdef lib.series *s
    cdef Py_ssize_t shape, stride  # what buffers point to

    def __cinit__(self, size_t n):
        self.s = lib.series_new(n)
        if self.s == NULL:
            raise MemoryError
        self.shape, self.stride = n, sizeof(double)

    def __dealloc__(self):
        if self.s != NULL:
            lib.series_free(self.s)

    def __getbuffer__(self, Py_buffer *view, int flags):
        view.buf = lib.series_data(self.s)
        view.obj = self
        view.len = self.shape * self.stride
        view.itemsize = self.stride
        view.readonly = 0
        view.ndim = 1
        view.format = <char *>"d" if flags & PyBUF_FORMAT else NULL
        view.shape = &self.shape if flags & PyBUF_ND else NULL
        view.strides = &self.stride if (flags & PyBUF_STRIDES) == PyBUF_STRIDES else NULL
        view.suboffsets = NULL
        view.internal = NULL

    def size(self):
        return lib.series_size(self.s)

    def values(self):
        return array_over(lib.series_data(self.s), self.shape, self)
