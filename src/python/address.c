/* SPDX-License-Identifier: BSD-3-Clause */
/* How each kind of pointer is read.
 *
 * ctypes: every instance shows its own memory through the buffer protocol. For arrays, structures and unions that is
 * the memory meant, and its size is known; a pointer's own memory holds the address.
 *
 * cffi: its objects belong to the extension _cffi_backend, which must be imported where one of them exists; what users
 * write as int(ffi.cast("uintptr_t", p)) is asked of it.
 */
#include "address.h"

#include <stdbool.h>
#include <string.h>

#include "object.h"

/* --- ctypes ------------------------------------------------------------------------------------------------------- */

/* The memory of a ctypes object itself. It stays as long as the object, without an export. */
static int own_memory(PyObject *obj, tnpy_address *out)
{
    Py_buffer view;
    if (tnpy_get_buffer(obj, &view) < 0)
        return -1;
    *out = (tnpy_address){.data = view.buf, .bytes = view.len};
    PyBuffer_Release(&view);
    return 0;
}

static int stored_address(PyObject *obj, tnpy_address *out)
{
    tnpy_address own;
    if (own_memory(obj, &own) < 0)
        return -1;
    if (own.bytes != sizeof out->data) {
        PyErr_Format(PyExc_TypeError, "%.100s holds no address: it has %zd bytes", Py_TYPE(obj)->tp_name,
                     (Py_ssize_t)own.bytes);
        return -1;
    }
    memcpy(&out->data, own.data, sizeof out->data);
    out->bytes = -1;
    return 0;
}

/* c_void_p, c_char_p and c_wchar_p: 1; another simple type: 0; -1 with an exception. */
static int is_simple_pointer(PyObject *obj)
{
    PyObject *code;
    int found = tnpy_optional_attribute((PyObject *)Py_TYPE(obj), "_type_", &code);
    if (found == 1)
        found = PyUnicode_Check(code) && PyUnicode_GET_LENGTH(code) == 1 &&
                strchr("PzZ", (int)PyUnicode_READ_CHAR(code, 0)) != NULL;
    Py_XDECREF(code);
    return found;
}

static int ctypes_address(PyObject *obj, const char *function, tnpy_address *out)
{
    if (tnpy_has_base(obj, "_ctypes._Pointer"))
        return stored_address(obj, out);
    if (!tnpy_has_base(obj, "_ctypes._SimpleCData"))
        return own_memory(obj, out);
    int pointer = is_simple_pointer(obj);
    if (pointer == 1)
        return stored_address(obj, out);
    if (pointer == 0)
        PyErr_Format(PyExc_TypeError,
                     "%s(): %.100s is a number, not memory; pass ctypes.pointer(x), or its .value if it is an address",
                     function, Py_TYPE(obj)->tp_name);
    return -1;
}

static bool is_ctypes(PyObject *obj)
{
    static const char *const bases[] = {"_ctypes._SimpleCData", "_ctypes._Pointer", "_ctypes.Array",
                                        "_ctypes.Structure", "_ctypes.Union"};
    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++)
        if (tnpy_has_base(obj, bases[i]))
            return true;
    return false;
}

/* --- cffi --------------------------------------------------------------------------------------------------------- */

/* backend.typeof(obj).kind: "pointer", "array", … New reference. */
static PyObject *kind_of(PyObject *backend, PyObject *obj)
{
    PyObject *type = PyObject_CallMethod(backend, "typeof", "O", obj);
    PyObject *kind = type == NULL ? NULL : PyObject_GetAttrString(type, "kind");
    Py_XDECREF(type);
    return kind;
}

/* int(ffi.cast("uintptr_t", obj)). New reference. */
static PyObject *cast_to_int(PyObject *backend, PyObject *obj)
{
    PyObject *type = PyObject_CallMethod(backend, "new_primitive_type", "s", "uintptr_t");
    PyObject *cast = type == NULL ? NULL : PyObject_CallMethod(backend, "cast", "OO", type, obj);
    PyObject *number = cast == NULL ? NULL : PyNumber_Long(cast);
    Py_XDECREF(type);
    Py_XDECREF(cast);
    return number;
}

static int size_of(PyObject *backend, PyObject *obj, ptrdiff_t *out)
{
    PyObject *number = PyObject_CallMethod(backend, "sizeof", "O", obj);
    *out = number == NULL ? -1 : PyNumber_AsSsize_t(number, PyExc_OverflowError);
    Py_XDECREF(number);
    return PyErr_Occurred() ? -1 : 0;
}

static int int_address(PyObject *number, const char *function, tnpy_address *out);

static int cffi_address(PyObject *obj, const char *function, tnpy_address *out)
{
    PyObject *name = PyUnicode_FromString("_cffi_backend");
    PyObject *backend = name == NULL ? NULL : PyImport_GetModule(name);
    Py_XDECREF(name);
    if (backend == NULL) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_TypeError,
                         "%s(): this cffi object cannot be read; pass int(ffi.cast('uintptr_t', p)) as the source, and "
                         "owner=p", function);
        return -1;
    }
    PyObject *kind = kind_of(backend, obj), *number = NULL;
    int status = -1;
    bool array = kind != NULL && PyUnicode_Check(kind) && PyUnicode_CompareWithASCIIString(kind, "array") == 0;
    if (array || (kind != NULL && PyUnicode_Check(kind) && PyUnicode_CompareWithASCIIString(kind, "pointer") == 0))
        number = cast_to_int(backend, obj);
    else if (kind != NULL)
        PyErr_Format(PyExc_TypeError, "%s(): a cffi pointer or array is needed, got %R; pass ffi.addressof(x)",
                     function, obj);
    if (number != NULL)
        status = int_address(number, function, out);
    out->is_number = 0;
    if (status == 0 && array)
        status = size_of(backend, obj, &out->bytes);
    Py_XDECREF(kind);
    Py_XDECREF(number);
    Py_DECREF(backend);
    return status;
}

static bool is_cffi(PyObject *obj)
{
    return tnpy_has_base(obj, "_cffi_backend._CDataBase") || tnpy_has_base(obj, "_cffi_backend.CData");
}

/* --- the rest ----------------------------------------------------------------------------------------------------- */

static int int_address(PyObject *number, const char *function, tnpy_address *out)
{
    size_t address = PyLong_AsSize_t(number);
    if (address == (size_t)-1 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError))
            PyErr_Format(PyExc_OverflowError, "%s(): source must be an address, 0 to %zu", function, SIZE_MAX);
        return -1;
    }
    *out = (tnpy_address){.data = (void *)(uintptr_t)address, .bytes = -1, .is_number = 1};
    return 0;
}

/* What stands in a capsule that DLPack or Arrow gave is a description of an array. */
static bool is_description(const char *name)
{
    return strstr(name, "dltensor") != NULL || strstr(name, "dlpack") != NULL || strncmp(name, "arrow_", 6) == 0;
}

static int capsule_address(PyObject *capsule, const char *function, tnpy_address *out)
{
    const char *name = PyCapsule_GetName(capsule);
    if (name == NULL && PyErr_Occurred())
        return -1;
    if (name != NULL && is_description(name)) {
        PyErr_Format(PyExc_TypeError,
                     "%s(): a capsule '%.100s' describes an array; tenon.Span(x) shows the memory of the object x that "
                     "gave it", function, name);
        return -1;
    }
    *out = (tnpy_address){.data = PyCapsule_GetPointer(capsule, name), .bytes = -1};
    return out->data == NULL ? -1 : 0;
}

/* What ctypes.byref() gives; its class bears its module's name from Python 3.13 on. */
static bool is_reference(PyObject *obj)
{
    const char *name = Py_TYPE(obj)->tp_name;
    return strcmp(name, "CArgObject") == 0 || strcmp(name, "_ctypes.CArgObject") == 0;
}

int tnpy_address_of(PyObject *obj, const char *function, tnpy_address *out)
{
    if (PyCapsule_CheckExact(obj))
        return capsule_address(obj, function, out);
    if (is_ctypes(obj))
        return ctypes_address(obj, function, out);
    if (is_cffi(obj))
        return cffi_address(obj, function, out);
    if (!PyIndex_Check(obj) || PyBool_Check(obj) || PySequence_Check(obj)) {
        PyErr_Format(PyExc_TypeError,
                     "%s(): source must be an address (int), a ctypes or cffi pointer or array, or a capsule, got %.100s%s",
                     function, tnpy_type_name(obj),
                     PyObject_CheckBuffer(obj) ? "; tenon.Span(x) shows the memory of such objects"
                     : is_reference(obj)       ? " of ctypes.byref(); pass ctypes.pointer(x)"
                                               : "");
        return -1;
    }
    PyObject *number = PyNumber_Index(obj);
    int status = number == NULL ? -1 : int_address(number, function, out);
    Py_XDECREF(number);
    return status;
}
