/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctypes.h"

#include <string.h>

#include "../object.h"

static bool derives_from(const PyTypeObject *type, const char *name)
{
    PyObject *bases = type->tp_mro;
    for (Py_ssize_t i = 0; bases != NULL && i < PyTuple_GET_SIZE(bases); i++)
        if (strcmp(((PyTypeObject *)PyTuple_GET_ITEM(bases, i))->tp_name, name) == 0)
            return true;
    return false;
}

bool tnpy_ctypes_check(PyTypeObject *type)
{
    return derives_from(type, "_ctypes._CData");
}

/* ctypes.sizeof or ctypes.alignment. -1 with an exception. */
static Py_ssize_t measure(PyTypeObject *cls, const char *function)
{
    PyObject *module = PyImport_ImportModule("_ctypes");
    PyObject *number = module == NULL ? NULL : PyObject_CallMethod(module, function, "O", (PyObject *)cls);
    Py_ssize_t value = number == NULL ? -1 : PyLong_AsSsize_t(number);
    Py_XDECREF(number);
    Py_XDECREF(module);
    return value;
}

/* --- plain types -------------------------------------------------------------------------------------------------- */

/* Simple types of the other byte order are classes of their own, each of which knows both. */
static char order_of(PyTypeObject *cls)
{
    const char *attribute = TN_NATIVE == '<' ? "__ctype_be__" : "__ctype_le__";
    PyObject *other;
    char order = TN_NATIVE;
    if (tnpy_optional_attribute((PyObject *)cls, attribute, &other) > 0 && other == (PyObject *)cls)
        order = TN_NATIVE == '<' ? '>' : '<';
    Py_XDECREF(other);
    PyErr_Clear();
    return order;
}

static tn_kind kind_of(char code)
{
    if (strchr("bhilqv", code) != NULL)
        return TN_INT;
    if (strchr("BHILQ", code) != NULL)
        return TN_UINT;
    if (strchr("fdg", code) != NULL)
        return TN_FLOAT;
    if (strchr("PzZX", code) != NULL)
        return TN_POINTER;
    return code == '?' ? TN_BOOL : code == 'c' ? TN_BYTES : code == 'u' ? TN_UCS4 : code == 'O' ? TN_OBJECT : TN_VOID;
}

static tn_status simple_type(PyTypeObject *cls, tn_type **type, tn_error *err)
{
    PyObject *code = PyObject_GetAttrString((PyObject *)cls, "_type_");
    const char *text = code != NULL && PyUnicode_Check(code) ? PyUnicode_AsUTF8(code) : NULL;
    char letter = text == NULL || text[0] == '\0' || text[1] != '\0' ? '\0' : text[0];
    Py_XDECREF(code);
    Py_ssize_t size = PyErr_Occurred() ? -1 : measure(cls, "sizeof");
    if (size < 0)
        return tnpy_raised(err);
    tn_kind kind = letter == '\0' ? TN_VOID : kind_of(letter);
    if (kind == TN_VOID || (kind == TN_UCS4 && size != 4))
        return tn_fail(err, TN_WRONG_TYPE, "has elements of %.100s, which Tenon has no element type for", cls->tp_name);
    bool ordered = size > 1 && kind != TN_OBJECT;
    return tn_type_new_plain(kind, ordered ? order_of(cls) : TN_NO_ORDER, size, NULL, type, err);
}

/* --- structures, unions, arrays ----------------------------------------------------------------------------------- */

static tn_status describe(PyTypeObject *cls, int depth, tn_type **type, tn_error *err);

typedef struct members {
    tn_field *list;
    PyObject *names;   /* a list that keeps them */
    Py_ssize_t count;
} members;

/* Where ctypes put the field. -1 with an exception. */
static Py_ssize_t offset_of(PyTypeObject *cls, PyObject *name)
{
    PyObject *field = PyObject_GetAttr((PyObject *)cls, name);
    PyObject *offset = field == NULL ? NULL : PyObject_GetAttrString(field, "offset");
    Py_ssize_t value = offset == NULL ? -1 : PyLong_AsSsize_t(offset);
    Py_XDECREF(offset);
    Py_XDECREF(field);
    return value;
}

/* One entry of _fields_: (name, type). */
static tn_status add_member(PyTypeObject *cls, PyObject *entry, int depth, members *m, tn_error *err)
{
    Py_ssize_t size = PyTuple_Check(entry) ? PyTuple_GET_SIZE(entry) : 0;
    if (size == 3)
        return tn_fail(err, TN_WRONG_TYPE, "has elements of %.100s, whose bit-fields no element type has",
                       cls->tp_name);
    if (size != 2 || !PyUnicode_Check(PyTuple_GET_ITEM(entry, 0)) || !PyType_Check(PyTuple_GET_ITEM(entry, 1)))
        return tn_fail(err, TN_WRONG_TYPE, "has elements of %.100s, whose _fields_ are not (name, type)", cls->tp_name);
    PyObject *name = PyTuple_GET_ITEM(entry, 0);
    tn_field *field = &m->list[m->count];
    tn_type *type;
    field->name = PyList_Append(m->names, name) < 0 ? NULL : PyUnicode_AsUTF8(name);
    field->offset = field->name == NULL ? -1 : offset_of(cls, name);
    if (field->offset < 0)
        return PyErr_Occurred() ? tnpy_raised(err) : tn_fail(err, TN_WRONG_TYPE, "has a field at a negative offset");
    tn_status status = describe((PyTypeObject *)PyTuple_GET_ITEM(entry, 1), depth + 1, &type, err);
    if (status != TN_OK)
        return status;
    field->type = type;
    m->count++;
    return TN_OK;
}

/* The fields that one class of the hierarchy adds. */
static tn_status add_members(PyTypeObject *cls, PyObject *fields, int depth, members *m, tn_error *err)
{
    PyObject *entries = PySequence_Tuple(fields);
    tn_field *longer = entries == NULL ? NULL
                                       : PyMem_Realloc(m->list, (size_t)(m->count + PyTuple_GET_SIZE(entries) + 1) *
                                                                    sizeof *longer);
    tn_status status = TN_OK;
    if (longer != NULL)
        m->list = longer;
    else
        status = entries == NULL ? tnpy_raised(err) : tn_fail(err, TN_NO_MEMORY, "out of memory");
    for (Py_ssize_t i = 0; status == TN_OK && i < PyTuple_GET_SIZE(entries); i++)
        status = add_member(cls, PyTuple_GET_ITEM(entries, i), depth, m, err);
    Py_XDECREF(entries);
    return status;
}

static tn_status finish(PyTypeObject *cls, const members *m, tn_type **type, tn_error *err)
{
    Py_ssize_t size = measure(cls, "sizeof"), alignment = size < 0 ? -1 : measure(cls, "alignment");
    if (alignment < 0)
        return tnpy_raised(err);
    tn_error reason;
    tn_status status = tn_type_new_struct(m->list, m->count, size, alignment > 0 ? (uint32_t)alignment : 1,
                                          cls->tp_name, type, &reason);
    return status == TN_OK ? TN_OK : tn_fail(err, status, "has elements of %.100s: %s", cls->tp_name, reason.message);
}

/* Bases first, as they lie in memory. */
static tn_status structure_type(PyTypeObject *cls, int depth, tn_type **type, tn_error *err)
{
    members m = {.names = PyList_New(0)};
    tn_status status = m.names == NULL ? tnpy_raised(err) : TN_OK;
    PyObject *bases = Py_NewRef(cls->tp_mro);
    for (Py_ssize_t i = PyTuple_GET_SIZE(bases) - 1; i >= 0 && status == TN_OK; i--) {
        PyObject *dict = PyObject_GetAttrString(PyTuple_GET_ITEM(bases, i), "__dict__");
        PyObject *fields = dict == NULL ? NULL : PyMapping_GetItemString(dict, "_fields_");
        Py_XDECREF(dict);
        if (fields != NULL)
            status = add_members(cls, fields, depth, &m, err);
        else if (PyErr_ExceptionMatches(PyExc_KeyError))
            PyErr_Clear();
        else
            status = tnpy_raised(err);
        Py_XDECREF(fields);
    }
    if (status == TN_OK)
        status = finish(cls, &m, type, err);
    for (Py_ssize_t i = 0; i < m.count; i++)
        tn_type_free((tn_type *)m.list[i].type);
    PyMem_Free(m.list);
    Py_XDECREF(m.names);
    Py_DECREF(bases);
    return status;
}

/* The element class of an array class, and how many there are. NULL with an exception. New reference. */
static PyTypeObject *element_of(PyTypeObject *cls, Py_ssize_t *length)
{
    PyObject *count = PyObject_GetAttrString((PyObject *)cls, "_length_");
    PyObject *element = count == NULL ? NULL : PyObject_GetAttrString((PyObject *)cls, "_type_");
    *length = element == NULL ? -1 : PyLong_AsSsize_t(count);
    Py_XDECREF(count);
    if (element != NULL && !PyType_Check(element))
        PyErr_SetString(PyExc_TypeError, "_type_ of a ctypes array is not a type");
    if (PyErr_Occurred())
        Py_CLEAR(element);
    return (PyTypeObject *)element;
}

static tn_status array_type(PyTypeObject *cls, int depth, tn_type **type, tn_error *err)
{
    Py_ssize_t length;
    PyTypeObject *element = element_of(cls, &length);
    if (element == NULL)
        return tnpy_raised(err);
    tn_type *base;
    tn_status status = describe(element, depth + 1, &base, err);
    Py_DECREF(element);
    if (status != TN_OK)
        return status;
    ptrdiff_t extent = length;
    status = tn_type_new_subarray(base, 1, &extent, type, err);
    tn_type_free(base);
    return status;
}

static tn_status describe(PyTypeObject *cls, int depth, tn_type **type, tn_error *err)
{
    if (depth > TN_MAX_TYPE_DEPTH)
        return tn_fail(err, TN_WRONG_TYPE, "has elements that are nested too deeply");
    if (derives_from(cls, "_ctypes._SimpleCData"))
        return simple_type(cls, type, err);
    if (derives_from(cls, "_ctypes.Structure") || derives_from(cls, "_ctypes.Union"))
        return structure_type(cls, depth, type, err);
    if (derives_from(cls, "_ctypes.Array"))
        return array_type(cls, depth, type, err);
    if (derives_from(cls, "_ctypes._Pointer") || derives_from(cls, "_ctypes.CFuncPtr"))
        return tn_type_new_plain(TN_POINTER, TN_NATIVE, sizeof(void *), NULL, type, err);
    return tn_fail(err, TN_WRONG_TYPE, "has elements of %.100s, which Tenon has no element type for", cls->tp_name);
}

tn_status tnpy_ctypes_type(PyTypeObject *cls, tn_type **type, tn_error *err)
{
    return describe(cls, 0, type, err);
}

/* --- buffers ------------------------------------------------------------------------------------------------------ */

tn_status tnpy_ctypes_buffer_type(const Py_buffer *buffer, tn_type **type, tn_error *err)
{
    PyObject *exporter = buffer->obj;
    *type = NULL;
    if (exporter != NULL && PyMemoryView_Check(exporter))
        exporter = PyMemoryView_GET_BASE(exporter);
    if (exporter == NULL || !tnpy_ctypes_check(Py_TYPE(exporter)))
        return TN_OK;
    PyTypeObject *cls = (PyTypeObject *)Py_NewRef((PyObject *)Py_TYPE(exporter));
    while (cls != NULL && derives_from(cls, "_ctypes.Array")) {
        Py_ssize_t length;
        Py_SETREF(cls, element_of(cls, &length));
    }
    if (cls == NULL)
        return tnpy_raised(err);
    tn_status status = tnpy_ctypes_type(cls, type, err);
    Py_DECREF(cls);
    if (status != TN_OK || (*type)->itemsize == buffer->itemsize)
        return status;
    tn_type_free(*type);
    *type = NULL;
    return TN_OK;
}
