/* SPDX-License-Identifier: BSD-3-Clause */
/* __array__ of a Span, with the meaning of `copy` that NumPy 2 gives it: None: where it is needed; False: never, an
 * error where it would be; True: always. A conversion to another dtype needs one. Copying indirect memory needs
 * copy=True. */
#include "../object.h"
#include "../span_room.h"
#include "numpy.h"
#include "unfold.h"

typedef enum copying { AS_NEEDED, NEVER, ALWAYS } copying;

static int read_copying(PyObject *copy, copying *out)
{
    *out = AS_NEEDED;
    if (copy == Py_None)
        return 0;
    int truth = PyObject_IsTrue(copy);
    *out = truth == 1 ? ALWAYS : NEVER;
    return truth < 0 ? -1 : 0;
}

/* What `dtype` means, or NULL with an exception. */
static PyObject *dtype_of(PyObject *array, PyObject *dtype)
{
    PyObject *own = PyObject_GetAttrString(array, "dtype");
    PyObject *module = own == NULL ? NULL : PyImport_ImportModule("numpy");
    PyObject *wanted = module == NULL ? NULL : PyObject_CallMethod(module, "dtype", "O", dtype);
    Py_XDECREF(module);
    int same = wanted == NULL ? -1 : PyObject_RichCompareBool(own, wanted, Py_EQ);
    Py_XDECREF(own);
    if (same < 0)
        Py_CLEAR(wanted);
    else if (same)
        Py_SETREF(wanted, Py_NewRef(Py_None));
    return wanted;
}

static PyObject *convert(PyObject *array, PyObject *dtype, copying how)
{
    PyObject *wanted = dtype == Py_None ? Py_NewRef(Py_None) : dtype_of(array, dtype);
    PyObject *result = NULL;
    if (wanted == Py_None && how != ALWAYS)
        result = Py_NewRef(array);
    else if (wanted == Py_None)
        result = PyObject_CallMethod(array, "copy", "s", "K");
    else if (wanted != NULL && how == NEVER)
        PyErr_Format(PyExc_ValueError,
                     "Span.__array__(): %S needs a conversion, and copy=False forbids the copy it makes", wanted);
    else if (wanted != NULL)
        result = PyObject_CallMethod(array, "astype", "O", wanted);
    Py_XDECREF(wanted);
    return result;
}

/* An ndarray over the memory; of a copy of it, where it is indirect and may be copied. */
static PyObject *array_of(PyObject *self, copying how)
{
    const tn_span *span = tnpy_span_get(self);
    if (span == NULL)
        return NULL;
    if (span->suboffsets == NULL || how != ALWAYS)
        return tnpy_span_numpy(self);
    PyObject *direct = tnpy_direct_copy(((tnpy_span *)self)->dtype->state, span);
    PyObject *array = direct == NULL ? NULL : tnpy_span_numpy(direct);
    Py_XDECREF(direct);
    return array;
}

static PyObject *array(PyObject *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"dtype", "copy", NULL};
    PyObject *dtype = Py_None, *copy = Py_None;
    copying how;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OO:__array__", names, &dtype, &copy))
        return NULL;
    if (read_copying(copy, &how) < 0)
        return NULL;
    PyObject *whole = array_of(self, how);
    PyObject *result = whole == NULL ? NULL : convert(whole, dtype, how);
    Py_XDECREF(whole);
    return result;
}

static PyMethodDef methods[] = {
    {"__array__", (PyCFunction)(void (*)(void))array, METH_VARARGS | METH_KEYWORDS,
     "__array__($self, /, dtype=None, copy=None)\n--\n\n"
     "An ndarray over the same memory; of a copy where `dtype` or `copy` ask for one."},
    {NULL, NULL, 0, NULL},
};

const tnpy_span_room tnpy_span_conversion = {.methods = methods};
