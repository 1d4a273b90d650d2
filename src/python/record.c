/* SPDX-License-Identifier: BSD-3-Clause */
/* A structure is read from a buffer of exactly its type, from a mapping or from a tuple; its parts from whatever their
 * own types take. A sub-array is read from a buffer of exactly its type and shape, or from nested sequences.
 *
 * Reading recurses as deep as the type is nested, which the type bounds, never as deep as the Python object.
 */
#include "record.h"

#include <stdio.h>
#include <string.h>

#include "object.h"
#include "value.h"

typedef struct reader {
    tnpy_state *state;
    tn_error *err;
    size_t length;   /* of `where` */
    char where[200]; /* the part that failed, "a.b[2]"; written only on the way out of a failure, last piece first */
} reader;

static void prepend(reader *r, const char *piece, size_t size)
{
    if (size >= sizeof r->where - r->length)
        return;
    memmove(r->where + size, r->where, r->length + 1);
    memcpy(r->where, piece, size);
    r->length += size;
}

static void prepend_name(reader *r, const char *name)
{
    if (r->length > 0 && r->where[0] != '[')
        prepend(r, ".", 1);
    prepend(r, name, strlen(name));
}

static void prepend_index(reader *r, Py_ssize_t index)
{
    char text[32];
    snprintf(text, sizeof text, "[%zd]", index);
    prepend_name(r, text);
}

/* How messages name the type: a structure by its C name if it has one. */
static const char *describe(const tn_type *type, char *text, size_t capacity)
{
    return type->kind == TN_STRUCT && type->name != NULL ? type->name : tn_type_describe(type, text, capacity);
}

static tn_status read_part(reader *r, PyObject *obj, const tn_type *type, void *out);

/* --- from a buffer ------------------------------------------------------------------------------------------------ */

const char *tnpy_describe_buffer(const Py_buffer *view, PyObject *obj, char *text, size_t capacity)
{
    tn_type *type;
    if (tn_type_from_format(view->format, view->itemsize, &type, NULL) != TN_OK)
        return tnpy_type_name(obj);
    tn_type_describe(type, text, capacity);
    tn_type_free(type);
    for (int k = 0; k < view->ndim && view->shape != NULL; k++) {
        size_t length = strlen(text);
        snprintf(text + length, capacity - length, "%s%zd%s", k == 0 ? "[" : ", ", view->shape[k],
                 k + 1 == view->ndim ? "]" : "");
    }
    return text;
}

/* Is the element type of `view` exactly `type`? `wanted` names what is asked for. */
static tn_status check_format(const Py_buffer *view, const tn_type *type, const char *wanted, tn_error *err)
{
    tn_type *got;
    tn_error reason;
    tn_status status = tn_type_from_format(view->format, view->itemsize, &got, &reason);
    if (status != TN_OK)
        return tn_fail(err, status, "must be %.100s; its format %.100s is refused: %.200s", wanted,
                       view->format == NULL ? "B" : view->format, reason.message);
    status = tn_type_difference(type, got, &reason);
    tn_type_free(got);
    return status == TN_OK ? TN_OK : tn_fail(err, status, "must be %.100s; %.300s", wanted, reason.message);
}

/* Does the exporter contradict itself? `size` bytes are to be read. */
static tn_status check_memory(const Py_buffer *view, Py_ssize_t size, tn_error *err)
{
    if (view->len != size)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: %zd bytes, expected %zd", view->len,
                       size);
    if (view->buf == NULL && size != 0)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: the address is NULL");
    if (view->strides == NULL && view->suboffsets != NULL)
        return tn_fail(err, TN_WRONG_VALUE, "is described wrongly by its exporter: suboffsets without strides");
    return TN_OK;
}

static tn_status copy_struct(PyObject *obj, const Py_buffer *view, const tn_type *type, void *out, tn_error *err)
{
    char wanted[100], got[200];
    const char *name = describe(type, wanted, sizeof wanted);
    if (view->ndim != 0)
        return tn_fail(err, TN_WRONG_TYPE, "must be one %.100s, got %.200s", name,
                       tnpy_describe_buffer(view, obj, got, sizeof got));
    tn_status status = check_format(view, type, name, err);
    if (status == TN_OK)
        status = check_memory(view, type->itemsize, err);
    if (status == TN_OK)
        memcpy(out, view->buf, (size_t)type->itemsize);
    return status;
}

static int same_shape(const Py_buffer *view, const tn_type *type)
{
    if (view->ndim != type->ndim || view->shape == NULL)
        return 0;
    for (int k = 0; k < view->ndim; k++)
        if (view->shape[k] != type->shape[k])
            return 0;
    return 1;
}

static tn_status copy_subarray(PyObject *obj, Py_buffer *view, const tn_type *type, void *out, tn_error *err)
{
    char wanted[100], got[200];
    tn_type_describe(type, wanted, sizeof wanted);
    tn_status status = check_format(view, type->base, wanted, err);
    if (status != TN_OK)
        return status;
    if (!same_shape(view, type))
        return tn_fail(err, view->ndim == type->ndim ? TN_WRONG_VALUE : TN_WRONG_TYPE, "must be %s, got %.200s", wanted,
                       tnpy_describe_buffer(view, obj, got, sizeof got));
    status = check_memory(view, type->itemsize, err);
    if (status == TN_OK && PyBuffer_ToContiguous(out, view, view->len, 'C') < 0)
        status = tnpy_raised(err);
    return status;
}

static tn_status read_buffer(PyObject *obj, const tn_type *type, void *out, tn_error *err)
{
    Py_buffer view;
    if (tnpy_has_base(obj, "MaskedArray"))
        return tnpy_refuse_masked(err);
    if (tnpy_get_buffer(obj, &view) < 0)
        return tnpy_raised(err);
    tn_status status = type->kind == TN_STRUCT ? copy_struct(obj, &view, type, out, err)
                                               : copy_subarray(obj, &view, type, out, err);
    PyBuffer_Release(&view);
    return status;
}

/* --- a structure from a tuple ------------------------------------------------------------------------------------- */

/* Is `name` the str `text`, which is UTF-8? Runs no Python code. */
static int is_called(PyObject *name, const char *text)
{
    const char *utf8 = PyUnicode_Check(name) ? PyUnicode_AsUTF8(name) : NULL;
    PyErr_Clear(); /* a lone surrogate has no UTF-8 */
    return utf8 != NULL && strcmp(utf8, text) == 0;
}

/* A field whose name Python does not allow is called by its position in a named tuple. */
static tn_status check_name(PyObject *name, const tn_field *field, Py_ssize_t index, tn_error *err)
{
    char position[32];
    snprintf(position, sizeof position, "_%zd", index);
    if (is_called(name, field->name) || is_called(name, position))
        return TN_OK;
    PyObject *text = PyObject_ASCII(name);
    const char *got = text == NULL ? NULL : PyUnicode_AsUTF8(text);
    tn_status status = got == NULL ? tnpy_raised(err)
                                   : tn_fail(err, TN_WRONG_TYPE, "has a field %.100s in place of '%.100s'", got,
                                             field->name);
    Py_XDECREF(text);
    return status;
}

static tn_status check_names(PyObject *obj, const tn_type *type, tn_error *err)
{
    PyObject *names;
    if (PyTuple_CheckExact(obj))
        return TN_OK;
    if (tnpy_optional_attribute(obj, "_fields", &names) < 0)
        return tnpy_raised(err);
    tn_status status = TN_OK;
    if (names != NULL && PyTuple_Check(names) && PyTuple_GET_SIZE(names) == type->nfields)
        for (Py_ssize_t i = 0; i < type->nfields && status == TN_OK; i++)
            status = check_name(PyTuple_GET_ITEM(names, i), type->fields + i, i, err);
    Py_XDECREF(names);
    return status;
}

static tn_status read_field(reader *r, PyObject *item, const tn_field *field, void *out)
{
    tn_status status = read_part(r, item, field->type, (char *)out + field->offset);
    if (status != TN_OK)
        prepend_name(r, field->name);
    return status;
}

static tn_status read_tuple(reader *r, PyObject *obj, const tn_type *type, void *out)
{
    char wanted[100];
    if (PyTuple_GET_SIZE(obj) != type->nfields)
        return tn_fail(r->err, TN_WRONG_TYPE, "must be %.100s, a tuple of %td items, got %zd",
                       describe(type, wanted, sizeof wanted), type->nfields, PyTuple_GET_SIZE(obj));
    tn_status status = check_names(obj, type, r->err);
    for (Py_ssize_t i = 0; i < type->nfields && status == TN_OK; i++)
        status = read_field(r, PyTuple_GET_ITEM(obj, i), type->fields + i, out);
    return status;
}

/* --- a structure from a mapping ----------------------------------------------------------------------------------- */

static int is_field(PyObject *key, const tn_type *type)
{
    for (Py_ssize_t i = 0; i < type->nfields; i++)
        if (is_called(key, type->fields[i].name))
            return 1;
    return 0;
}

static tn_status refuse_key(PyObject *key, tn_error *err)
{
    PyObject *text = PyObject_ASCII(key);
    const char *name = text == NULL ? NULL : PyUnicode_AsUTF8(text);
    tn_status status = name == NULL ? tnpy_raised(err)
                                    : tn_fail(err, TN_WRONG_TYPE, "has an unexpected field %.200s", name);
    Py_XDECREF(text);
    return status;
}

static tn_status check_keys(PyObject *keys, const tn_type *type, tn_error *err)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(keys); i++)
        if (!is_field(PyList_GET_ITEM(keys, i), type))
            return refuse_key(PyList_GET_ITEM(keys, i), err);
    return TN_OK;
}

static tn_status read_key(reader *r, PyObject *obj, PyObject *keys, const tn_field *field, void *out)
{
    PyObject *name = PyUnicode_FromString(field->name);
    int found = name == NULL ? -1 : PySequence_Contains(keys, name);
    PyObject *item = found == 1 ? PyObject_GetItem(obj, name) : NULL;
    Py_XDECREF(name);
    if (found == 0) {
        prepend_name(r, field->name);
        return tn_fail(r->err, TN_WRONG_TYPE, "is missing");
    }
    if (item == NULL)
        return tnpy_raised(r->err);
    tn_status status = read_field(r, item, field, out);
    Py_DECREF(item);
    return status;
}

static tn_status read_mapping(reader *r, PyObject *obj, const tn_type *type, void *out)
{
    PyObject *keys = PyMapping_Keys(obj);
    if (keys == NULL)
        return tnpy_raised(r->err);
    tn_status status = check_keys(keys, type, r->err);
    for (Py_ssize_t i = 0; i < type->nfields && status == TN_OK; i++)
        status = read_key(r, obj, keys, type->fields + i, out);
    Py_DECREF(keys);
    return status;
}

/* 1, 0, or -1 with an exception. */
static int is_mapping(PyObject *obj)
{
    PyObject *keys;
    if (PyDict_Check(obj))
        return 1;
    int found = PyType_Check(obj) ? 0 : tnpy_optional_attribute(obj, "keys", &keys);
    if (found == 1)
        Py_DECREF(keys);
    return found;
}

static tn_status read_struct(reader *r, PyObject *obj, const tn_type *type, void *out)
{
    char wanted[100];
    memset(out, 0, (size_t)type->itemsize); /* padding too: C may compare or hash the bytes */
    if (PyTuple_Check(obj))
        return read_tuple(r, obj, type, out);
    if (PyObject_CheckBuffer(obj))
        return read_buffer(obj, type, out, r->err);
    int mapping = is_mapping(obj);
    if (mapping < 0)
        return tnpy_raised(r->err);
    if (mapping)
        return read_mapping(r, obj, type, out);
    return tn_fail(r->err, TN_WRONG_TYPE,
                   "must be %.100s (a tuple, a mapping or a structured array of no dimensions), got %.100s",
                   describe(type, wanted, sizeof wanted), tnpy_type_name(obj));
}

/* --- a sub-array from nested sequences ---------------------------------------------------------------------------- */

/* Distance in bytes of neighbours along the first axis, and along the axis inside one; 0 if there are no elements. */
static ptrdiff_t first_stride(const tn_type *type)
{
    return type->shape[0] == 0 ? 0 : type->itemsize / type->shape[0];
}

static ptrdiff_t inner_stride(const tn_type *type, int axis, ptrdiff_t stride)
{
    return type->shape[axis + 1] == 0 ? 0 : stride / type->shape[axis + 1];
}

/* `axis` is the one whose items `obj` holds; `stride` their distance in bytes. */
static tn_status read_items(reader *r, PyObject *obj, const tn_type *type, int axis, ptrdiff_t stride, char *out)
{
    char wanted[100];
    tn_type_describe(type, wanted, sizeof wanted);
    if (!PySequence_Check(obj) || PyUnicode_Check(obj))
        return tn_fail(r->err, TN_WRONG_TYPE, "must be %s, got %.100s", wanted, tnpy_type_name(obj));
    PyObject *items = PySequence_Tuple(obj); /* reading an item may change a list */
    if (items == NULL)
        return tnpy_raised(r->err);
    tn_status status = TN_OK;
    if (PyTuple_GET_SIZE(items) != type->shape[axis])
        status = tn_fail(r->err, TN_WRONG_VALUE, "must be %s, got %zd items in place of %td", wanted,
                         PyTuple_GET_SIZE(items), type->shape[axis]);
    for (Py_ssize_t i = 0; i < type->shape[axis] && status == TN_OK; i++) {
        PyObject *item = PyTuple_GET_ITEM(items, i);
        if (axis + 1 == type->ndim)
            status = read_part(r, item, type->base, out + i * stride);
        else
            status = read_items(r, item, type, axis + 1, inner_stride(type, axis, stride), out + i * stride);
        if (status != TN_OK)
            prepend_index(r, i);
    }
    Py_DECREF(items);
    return status;
}

static tn_status read_subarray(reader *r, PyObject *obj, const tn_type *type, void *out)
{
    if (PyObject_CheckBuffer(obj))
        return read_buffer(obj, type, out, r->err);
    return read_items(r, obj, type, 0, first_stride(type), out);
}

static tn_status read_part(reader *r, PyObject *obj, const tn_type *type, void *out)
{
    if (type->kind == TN_STRUCT)
        return read_struct(r, obj, type, out);
    if (type->kind == TN_SUBARRAY)
        return read_subarray(r, obj, type, out);
    return tnpy_value_read_quick(r->state, obj, type, 0, out, r->err);
}

tn_status tnpy_record_read(tnpy_state *state, PyObject *obj, const tn_type *type, void *out, tn_error *err)
{
    tn_error reason;
    reader r = {.state = state, .err = &reason};
    tn_status status = read_part(&r, obj, type, out);
    if (status == TN_OK)
        return TN_OK;
    if (status == TN_RAISED || r.length == 0)
        return tn_fail(err, status, "%s", reason.message);
    return tn_fail(err, status, r.where[0] == '[' ? "item %s %s" : "field '%s' %s", r.where, reason.message);
}

/* --- named tuple classes ------------------------------------------------------------------------------------------ */

/* The C name, without the word `struct` that may stand before it. */
static const char *plain_name(const tn_type *type)
{
    const char *name = type->name == NULL ? "record" : type->name;
    const char *space = strrchr(name, ' ');
    return space == NULL ? name : space + 1;
}

static PyObject *class_name(const tn_type *type)
{
    PyObject *text = PyUnicode_FromString(plain_name(type));
    if (text != NULL && PyUnicode_IsIdentifier(text) != 1)
        Py_SETREF(text, PyUnicode_FromString("record"));
    return text;
}

/* (name, (field, …)): what tells one class from another, and makes it. */
static PyObject *class_key(const tn_type *type)
{
    PyObject *fields = PyTuple_New(type->nfields);
    for (Py_ssize_t i = 0; i < type->nfields && fields != NULL; i++) {
        PyObject *field = PyUnicode_FromString(type->fields[i].name);
        if (field == NULL)
            Py_CLEAR(fields);
        else
            PyTuple_SET_ITEM(fields, i, field);
    }
    return fields == NULL ? NULL : Py_BuildValue("(NN)", class_name(type), fields);
}

/* A record is pickled as tenon._core._record and its arguments: its class stands in no module. */
static PyObject *reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *core = PyImport_ImportModule("tenon._core");
    PyObject *function = core == NULL ? NULL : PyObject_GetAttrString(core, "_record");
    PyObject *key = function == NULL ? NULL : PyObject_GetAttrString((PyObject *)Py_TYPE(self), "_record_key");
    PyObject *values = key == NULL ? NULL : PySequence_List(self);
    PyObject *result = NULL;
    if (values != NULL && PyTuple_Check(key) && PyTuple_GET_SIZE(key) == 2)
        result = Py_BuildValue("(O(OON))", function, PyTuple_GET_ITEM(key, 0), PyTuple_GET_ITEM(key, 1),
                               PyList_AsTuple(values));
    Py_XDECREF(core);
    Py_XDECREF(function);
    Py_XDECREF(key);
    Py_XDECREF(values);
    return result;
}

static PyMethodDef reduce_method = {"__reduce__", reduce, METH_NOARGS, "Pickle by name and fields."};

static int add_pickling(PyObject *class, PyObject *key)
{
    PyObject *method = PyDescr_NewMethod((PyTypeObject *)class, &reduce_method);
    int failed = method == NULL || PyObject_SetAttrString(class, "__reduce__", method) < 0 ||
                 PyObject_SetAttrString(class, "_record_key", key) < 0;
    Py_XDECREF(method);
    return failed ? -1 : 0;
}

/* collections.namedtuple(name, fields, rename=True, module="tenon") */
static PyObject *call_namedtuple(PyObject *name, PyObject *fields)
{
    PyObject *collections = PyImport_ImportModule("collections");
    PyObject *factory = collections == NULL ? NULL : PyObject_GetAttrString(collections, "namedtuple");
    PyObject *args = PyTuple_Pack(2, name, fields);
    PyObject *options = Py_BuildValue("{s:O,s:s}", "rename", Py_True, "module", "tenon");
    PyObject *class = NULL;
    if (factory != NULL && args != NULL && options != NULL)
        class = PyObject_Call(factory, args, options);
    Py_XDECREF(collections);
    Py_XDECREF(factory);
    Py_XDECREF(args);
    Py_XDECREF(options);
    return class;
}

/* Somebody may have put another function into collections. */
static int is_tuple_class(PyObject *class)
{
    return PyType_Check(class) && PyType_FastSubclass((PyTypeObject *)class, Py_TPFLAGS_TUPLE_SUBCLASS);
}

static PyObject *make_class(PyObject *key)
{
    PyObject *class = call_namedtuple(PyTuple_GET_ITEM(key, 0), PyTuple_GET_ITEM(key, 1));
    if (class == NULL && PyErr_ExceptionMatches(PyExc_ValueError)) { /* a C name that is a Python keyword */
        PyErr_Clear();
        PyObject *name = PyUnicode_FromFormat("%U_", PyTuple_GET_ITEM(key, 0));
        class = name == NULL ? NULL : call_namedtuple(name, PyTuple_GET_ITEM(key, 1));
        Py_XDECREF(name);
    }
    if (class != NULL && !is_tuple_class(class)) {
        PyErr_SetString(PyExc_TypeError, "collections.namedtuple gives no class of tuples");
        Py_CLEAR(class);
    }
    if (class != NULL && add_pickling(class, key) < 0)
        Py_CLEAR(class);
    return class;
}

/* A new reference; NULL without an exception where there is none. */
static PyObject *look_up(tnpy_state *state, PyObject *key)
{
#if PY_VERSION_HEX >= 0x030D0000
    PyObject *found;
    PyDict_GetItemRef(state->named_tuples, key, &found);
    return found;
#else
    return Py_XNewRef(PyDict_GetItemWithError(state->named_tuples, key));
#endif
}

static PyObject *class_of(tnpy_state *state, PyObject *key)
{
    PyObject *class = look_up(state, key);
    if (class != NULL || PyErr_Occurred())
        return class;
    class = make_class(key);
    if (class != NULL && PyDict_SetItem(state->named_tuples, key, class) < 0)
        Py_CLEAR(class);
    return class;
}

/* Is `key` the key of `type`? */
static int is_key_of(PyObject *key, const tn_type *type)
{
    PyObject *fields = PyTuple_GET_ITEM(key, 1);
    if (PyTuple_GET_SIZE(fields) != type->nfields || !is_called(PyTuple_GET_ITEM(key, 0), plain_name(type)))
        return 0;
    for (Py_ssize_t i = 0; i < type->nfields; i++)
        if (!is_called(PyTuple_GET_ITEM(fields, i), type->fields[i].name))
            return 0;
    return 1;
}

/* The way by key, which leaves a note for the next time this address is asked for. */
static PyObject *find_class(tnpy_state *state, const tn_type *type, PyObject *address)
{
    enum { MAX_NOTES = 1000 }; /* types may come and go; those of bound functions stay */
    PyObject *key = class_key(type);
    PyObject *class = key == NULL ? NULL : class_of(state, key);
    if (class != NULL && PyDict_GET_SIZE(state->named_tuples) < MAX_NOTES) {
        PyObject *note = PyTuple_Pack(2, key, class);
        if (note == NULL || PyDict_SetItem(state->named_tuples, address, note) < 0)
            Py_CLEAR(class);
        Py_XDECREF(note);
    }
    Py_XDECREF(key);
    return class;
}

/* Named tuple classes are found by the address of the type, which costs no strings. Another type may have come to lie
 * at the same address, so names are compared. */
PyObject *tnpy_record_class(tnpy_state *state, const tn_type *type)
{
    PyObject *address = PyLong_FromVoidPtr((void *)(uintptr_t)type);
    if (address == NULL)
        return NULL;
    PyObject *class = NULL;
    PyObject *note = look_up(state, address);
    if (note != NULL && is_key_of(PyTuple_GET_ITEM(note, 0), type))
        class = Py_NewRef(PyTuple_GET_ITEM(note, 1));
    else if (!PyErr_Occurred())
        class = find_class(state, type, address);
    Py_XDECREF(note);
    Py_DECREF(address);
    return class;
}

static PyObject *rebuild(PyObject *module, PyObject *args)
{
    PyObject *name, *fields, *values;
    if (!PyArg_ParseTuple(args, "UO!O!:_record", &name, &PyTuple_Type, &fields, &PyTuple_Type, &values))
        return NULL;
    PyObject *key = PyTuple_Pack(2, name, fields);
    PyObject *class = key == NULL ? NULL : class_of(tnpy_state_of(module), key);
    PyObject *record = class == NULL ? NULL : PyObject_Call(class, values, NULL);
    Py_XDECREF(key);
    Py_XDECREF(class);
    return record;
}

PyMethodDef tnpy_record_methods[] = {
    {"_record", rebuild, METH_VARARGS, "_record(name, fields, values): a pickled record, made again."},
    {NULL, NULL, 0, NULL},
};

/* --- memory → Python ---------------------------------------------------------------------------------------------- */

static PyObject *struct_to_python(tnpy_state *state, const tn_type *type, const char *data)
{
    PyTypeObject *class = (PyTypeObject *)tnpy_record_class(state, type);
    if (class == NULL)
        return NULL;
    PyObject *record = class->tp_alloc(class, type->nfields); /* what tuple.__new__ does, without the tuple before it */
    Py_DECREF(class);
    for (Py_ssize_t i = 0; i < type->nfields && record != NULL; i++) {
        PyObject *item = tnpy_value_to_python(state, type->fields[i].type, 0, data + type->fields[i].offset);
        if (item == NULL)
            Py_CLEAR(record);
        else
            PyTuple_SET_ITEM(record, i, item);
    }
    return record;
}

static PyObject *items_to_python(tnpy_state *state, const tn_type *type, int axis, ptrdiff_t stride, const char *data)
{
    PyObject *items = PyList_New(type->shape[axis]);
    for (Py_ssize_t i = 0; i < type->shape[axis] && items != NULL; i++) {
        PyObject *item;
        if (axis + 1 == type->ndim)
            item = tnpy_value_to_python(state, type->base, 0, data + i * stride);
        else
            item = items_to_python(state, type, axis + 1, inner_stride(type, axis, stride), data + i * stride);
        if (item == NULL)
            Py_CLEAR(items);
        else
            PyList_SET_ITEM(items, i, item);
    }
    return items;
}

PyObject *tnpy_record_to_python(tnpy_state *state, const tn_type *type, const void *data)
{
    if (type->kind == TN_STRUCT)
        return struct_to_python(state, type, data);
    return items_to_python(state, type, 0, first_stride(type), data);
}
