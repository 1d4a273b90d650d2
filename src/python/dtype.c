/* SPDX-License-Identifier: BSD-3-Clause */
#include "dtype.h"

#include <string.h>

#include "dtype_descr.h"
#include "dtype_parse.h"
#include "error.h"
#include "object.h"
#include "slot.h"

/* --- the types that have one format character --------------------------------------------------------------------- */

static const tn_type one_byte = {.kind = TN_BYTES, .byteorder = TN_NO_ORDER, .alignment = 1, .itemsize = 1};
static const tn_type pointer = {.kind = TN_POINTER, .byteorder = TN_NATIVE, .alignment = _Alignof(void *),
                                .itemsize = sizeof(void *)};

typedef struct simple {
    unsigned char place;   /* in state->dtypes: the character, where there is one */
    const char *format;
    const tn_type *type;
} simple;

#define SIGNED(type) (sizeof(type) == 4 ? &tn_type_int32 : &tn_type_int64)
#define UNSIGNED(type) (sizeof(type) == 4 ? &tn_type_uint32 : &tn_type_uint64)

/* Of several with one type the first is what Tenon itself says; "l" before "q", since NumPy calls that int64. */
static const simple simples[] = {
    {'d', "d", &tn_type_float64}, {'f', "f", &tn_type_float32}, {'B', "B", &tn_type_uint8},
    {'b', "b", &tn_type_int8}, {'i', "i", &tn_type_int32}, {'I', "I", &tn_type_uint32},
    {'l', "l", SIGNED(long)}, {'L', "L", UNSIGNED(long)}, {'q', "q", &tn_type_int64},
    {'Q', "Q", &tn_type_uint64}, {'n', "n", SIGNED(Py_ssize_t)}, {'N', "N", UNSIGNED(size_t)},
    {'h', "h", &tn_type_int16}, {'H', "H", &tn_type_uint16}, {'?', "?", &tn_type_bool},
    {'e', "e", &tn_type_float16}, {'c', "c", &one_byte}, {'P', "P", &pointer},
    {'g', "g", &tn_type_longdouble}, {'F', "Zf", &tn_type_complex64}, {'D', "Zd", &tn_type_complex128},
    {'G', "Zg", &tn_type_clongdouble}, {1, NULL, &tn_type_bfloat16},
};

enum { SIMPLES = sizeof simples / sizeof *simples };

static const simple *simple_of_type(const tn_type *type)
{
    if (type->byteorder != TN_NATIVE && type->itemsize != 1)
        return NULL;
    for (int i = 0; i < SIMPLES; i++)
        if (type->kind == simples[i].type->kind && type->itemsize == simples[i].type->itemsize)
            return simples[i].type == &one_byte ? NULL : &simples[i];
    return NULL;
}

static const simple *simple_of_format(const char *format)
{
    for (int i = 0; i < SIMPLES; i++)
        if (simples[i].format != NULL && strcmp(simples[i].format, format) == 0)
            return &simples[i];
    return NULL;
}

const char *tnpy_native_format(const tn_type *type)
{
    const simple *s = simple_of_type(type);
    return s == NULL ? NULL : s->format;
}

char tnpy_memoryview_character(const char *format)
{
    const char *text = format[0] == '@' ? format + 1 : format;
    return text[0] != '\0' && text[1] == '\0' && strchr("?cbBhHiIlLqQnNefdP", text[0]) != NULL ? text[0] : '\0';
}

/* --- making ------------------------------------------------------------------------------------------------------- */

/* Takes over `owned` and `spelled`, also on failure. */
static tnpy_dtype *new_dtype(tnpy_state *state, const tn_type *type, tn_type *owned, const char *format, char *spelled)
{
    tnpy_dtype *dtype = (tnpy_dtype *)state->dtype_type->tp_alloc(state->dtype_type, 0);
    if (dtype == NULL) {
        tn_type_free(owned);
        PyMem_Free(spelled);
        return NULL;
    }
    dtype->state = state;
    dtype->core = Py_NewRef(state->core);
    dtype->type = type;
    dtype->owned = owned;
    dtype->format = format;
    dtype->spelled = spelled;
    dtype->character = format == NULL ? '\0' : tnpy_memoryview_character(format);
    tnpy_dtype_key_init(&dtype->key, type, false);
    return dtype;
}

static tnpy_dtype *simple_dtype(tnpy_state *state, const simple *s)
{
    tnpy_dtype **cached = &state->dtypes[s->place];
    tnpy_dtype *made = *cached != NULL ? NULL : new_dtype(state, s->type, NULL, s->format, NULL);
    if (made != NULL)
        tnpy_fill_once((PyObject **)cached, (PyObject *)made);
    return (tnpy_dtype *)Py_XNewRef((PyObject *)*cached);
}

/* The canonical format, NULL without an exception where PEP 3118 has no code for it. -1 with one where there is no
 * memory. */
static int write_format(const tn_type *type, char **format)
{
    size_t length = 0;
    *format = NULL;
    if (tn_type_to_format(type, NULL, 0, &length, NULL) == TN_UNSUPPORTED)
        return 0;
    *format = PyMem_Malloc(length + 1);
    if (*format == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    tn_type_to_format(type, *format, length + 1, NULL, NULL);
    return 0;
}

tnpy_dtype *tnpy_dtype_take(tnpy_state *state, tn_type *type)
{
    const simple *s = simple_of_type(type);
    char *format;
    if (s != NULL || write_format(type, &format) < 0) {
        tn_type_free(type);
        return s == NULL ? NULL : simple_dtype(state, s);
    }
    return new_dtype(state, type, type, format, format);
}

tnpy_dtype *tnpy_dtype_for(tnpy_state *state, const tn_type *type)
{
    const simple *s = simple_of_type(type);
    if (s != NULL)
        return simple_dtype(state, s);
    tn_type *copy;
    tn_error err;
    if (tn_type_copy(type, &copy, &err) != TN_OK)
        return (tnpy_dtype *)tnpy_raise(&err);
    return tnpy_dtype_take(state, copy);
}

/* Does the spelling alone say what the type is? NumPy leaves out the padding at the end of structures, ctypes all of
 * it. */
static bool is_complete(const char *format, const tn_type *type)
{
    tn_type *alone;
    if (tn_type_from_format(format, -1, &alone, NULL) != TN_OK)
        return false;
    bool complete = tn_type_equal(alone, type);
    tn_type_free(alone);
    return complete;
}

tnpy_dtype *tnpy_dtype_spelled(tnpy_state *state, const char *format, const tn_type *type, tn_type *owned)
{
    if (format == NULL)
        format = "B";
    if (format[0] > 0 && format[1] == '\0') {
        tnpy_dtype *made = state->dtypes[(unsigned char)format[0]];
        if (made != NULL && made->type->kind == type->kind && made->type->itemsize == type->itemsize && owned == NULL)
            return (tnpy_dtype *)Py_NewRef((PyObject *)made);
    }
    const simple *s = simple_of_format(format);
    if (s != NULL && s->type->kind == type->kind && s->type->itemsize == type->itemsize) {
        tn_type_free(owned);
        return simple_dtype(state, s);
    }
    if (owned == NULL)
        return tnpy_dtype_for(state, type);
    if (!is_complete(format, type))
        return tnpy_dtype_take(state, owned);
    size_t size = strlen(format) + 1;
    char *spelled = PyMem_Malloc(size);
    if (spelled == NULL) {
        tn_type_free(owned);
        return (tnpy_dtype *)PyErr_NoMemory();
    }
    memcpy(spelled, format, size);
    return new_dtype(state, owned, owned, spelled, spelled);
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"type", NULL};
    PyObject *obj;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:DType", names, &obj))
        return NULL;
    tnpy_state *state = PyType_GetModuleState(type);
    return state == NULL ? NULL : (PyObject *)tnpy_dtype_from_python(state, obj);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    tnpy_dtype *dtype = (tnpy_dtype *)self;
    Py_VISIT(dtype->core);
    Py_VISIT(dtype->key.seen);
    Py_VISIT(dtype->key.names);
    Py_VISIT(dtype->key.dtype);
    Py_VISIT(dtype->key.lent);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

/* The module breaks all cycles that it is in; a cleared DType would be one without a state. */
static void dealloc(PyObject *self)
{
    tnpy_dtype *dtype = (tnpy_dtype *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    tnpy_dtype_key_clear(&dtype->key);
    tn_type_free(dtype->owned);
    PyMem_Free(dtype->spelled);
    Py_CLEAR(dtype->core);
    type->tp_free(self);
    Py_DECREF(type);
}

/* --- what it says of itself --------------------------------------------------------------------------------------- */

static const tn_type *type_of(PyObject *self)
{
    return ((tnpy_dtype *)self)->type;
}

static PyObject *str(PyObject *self)
{
    char text[1024];
    tn_type_describe(type_of(self), text, sizeof text);
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogateescape");
}

static PyObject *repr(PyObject *self)
{
    PyObject *text = str(self);
    PyObject *result = text == NULL ? NULL : PyUnicode_FromFormat("tenon.DType(%R)", text);
    Py_XDECREF(text);
    return result;
}

static PyObject *get_kind(PyObject *self, void *unused)
{
    (void)unused;
    static const struct { char kind; const char *name; } names[] = {
        {TN_BOOL, "bool"}, {TN_INT, "int"}, {TN_UINT, "uint"}, {TN_FLOAT, "float"}, {TN_BFLOAT, "bfloat"},
        {TN_COMPLEX, "complex"}, {TN_BYTES, "bytes"}, {TN_UCS4, "str"}, {TN_VOID, "void"}, {TN_DATETIME, "datetime"},
        {TN_TIMEDELTA, "timedelta"}, {TN_OBJECT, "object"}, {TN_POINTER, "pointer"}, {TN_STRUCT, "struct"},
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].kind == (char)type_of(self)->kind)
            return PyUnicode_FromString(names[i].name);
    return PyUnicode_FromString("subarray");
}

static PyObject *get_itemsize(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromSsize_t(type_of(self)->itemsize);
}

static PyObject *get_alignment(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLong(type_of(self)->alignment);
}

static PyObject *get_byteorder(PyObject *self, void *unused)
{
    (void)unused;
    return PyUnicode_FromFormat("%c", type_of(self)->byteorder);
}

static PyObject *get_format(PyObject *self, void *unused)
{
    (void)unused;
    const char *format = ((tnpy_dtype *)self)->format;
    if (format == NULL)
        Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(format, (Py_ssize_t)strlen(format), "surrogateescape");
}

static PyObject *get_typestr(PyObject *self, void *unused)
{
    (void)unused;
    char text[64];
    if (tn_type_to_typestr(type_of(self), text, sizeof text, NULL, NULL) != TN_OK)
        Py_RETURN_NONE;
    return PyUnicode_FromString(text);
}

static PyObject *get_descr(PyObject *self, void *unused)
{
    (void)unused;
    return tnpy_dtype_descr(type_of(self));
}

static PyObject *get_names(PyObject *self, void *unused)
{
    (void)unused;
    const tn_type *type = type_of(self);
    if (type->kind != TN_STRUCT)
        Py_RETURN_NONE;
    PyObject *names = PyTuple_New(type->nfields);
    for (ptrdiff_t i = 0; names != NULL && i < type->nfields; i++) {
        const char *name = type->fields[i].name;
        PyObject *text = PyUnicode_DecodeUTF8(name, (Py_ssize_t)strlen(name), "surrogateescape");
        if (text == NULL)
            Py_CLEAR(names);
        else
            PyTuple_SET_ITEM(names, i, text);
    }
    return names;
}

static int add_field(tnpy_state *state, PyObject *fields, PyObject *name, const tn_field *field)
{
    tnpy_dtype *type = tnpy_dtype_for(state, field->type);
    PyObject *entry = type == NULL ? NULL : Py_BuildValue("(Nn)", type, (Py_ssize_t)field->offset);
    int status = entry == NULL ? -1 : PyDict_SetItem(fields, name, entry);
    Py_XDECREF(entry);
    return status;
}

static PyObject *get_fields(PyObject *self, void *unused)
{
    PyObject *names = get_names(self, unused);
    if (names == NULL || names == Py_None)
        return names;
    PyObject *fields = PyDict_New();
    for (Py_ssize_t i = 0; fields != NULL && i < PyTuple_GET_SIZE(names); i++)
        if (add_field(((tnpy_dtype *)self)->state, fields, PyTuple_GET_ITEM(names, i), &type_of(self)->fields[i]) < 0)
            Py_CLEAR(fields);
    Py_DECREF(names);
    PyObject *proxy = fields == NULL ? NULL : PyDictProxy_New(fields);
    Py_XDECREF(fields);
    return proxy;
}

static PyObject *get_shape(PyObject *self, void *unused)
{
    (void)unused;
    return tnpy_extents_tuple(type_of(self)->ndim, type_of(self)->shape);
}

static PyObject *get_base(PyObject *self, void *unused)
{
    (void)unused;
    const tn_type *type = type_of(self);
    if (type->kind != TN_SUBARRAY)
        return Py_NewRef(self);
    return (PyObject *)tnpy_dtype_for(((tnpy_dtype *)self)->state, type->base);
}

/* An AttributeError where NumPy has no such type, so that whatever asks for it politely goes on without. */
static PyObject *get_dtype(PyObject *self, void *unused)
{
    (void)unused;
    tnpy_dtype *dtype = (tnpy_dtype *)self;
    int numpy = tnpy_numpy_import(dtype->state);
    if (numpy < 0)
        return NULL;
    if (numpy == 0) {
        PyErr_SetString(PyExc_AttributeError, "dtype is a numpy.dtype, and NumPy cannot be imported");
        return NULL;
    }
    return tnpy_numpy_dtype(dtype->type);
}

/* --- comparing ---------------------------------------------------------------------------------------------------- */

static PyObject *richcompare(PyObject *self, PyObject *other, int op)
{
    if (op != Py_EQ && op != Py_NE)
        Py_RETURN_NOTIMPLEMENTED;
    tnpy_state *state = ((tnpy_dtype *)self)->state;
    tnpy_dtype *same = tnpy_dtype_from_python(state, other);
    if (same == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_ValueError))
            return NULL;
        PyErr_Clear();
        Py_RETURN_NOTIMPLEMENTED;
    }
    int equal = tn_type_equal(type_of(self), same->type);
    Py_DECREF(same);
    return PyBool_FromLong(equal == (op == Py_EQ));
}

static void mix(Py_uhash_t *hash, const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++)
        *hash = (*hash ^ bytes[i]) * 1000003u;
}

/* What tn_type_equal compares, except that offsets are left out where names and sizes say enough. */
static void mix_type(Py_uhash_t *hash, const tn_type *type)
{
    unsigned char order = type->itemsize == 1 ? TN_NO_ORDER : type->byteorder;
    mix(hash, &type->kind, 1);
    mix(hash, &order, 1);
    mix(hash, &type->itemsize, sizeof type->itemsize);
    if (type->kind == TN_SUBARRAY) {
        mix(hash, type->shape, type->ndim * sizeof *type->shape);
        mix_type(hash, type->base);
    }
    for (ptrdiff_t i = 0; i < type->nfields; i++) {
        mix(hash, type->fields[i].name, strlen(type->fields[i].name));
        mix_type(hash, type->fields[i].type);
    }
}

static Py_hash_t hash(PyObject *self)
{
    Py_uhash_t value = 2166136261u;
    mix_type(&value, type_of(self));
    return value == (Py_uhash_t)-1 ? -2 : (Py_hash_t)value;
}

/* --- pickling ----------------------------------------------------------------------------------------------------- */

/* The arguments for `DType` that make it again: what users write, from the parts. */
static PyObject *parts(PyObject *self)
{
    const tn_type *type = type_of(self);
    if (type->kind == TN_SUBARRAY)
        return Py_BuildValue("((NN))", get_base(self, NULL), get_shape(self, NULL));
    if (type->kind != TN_STRUCT) {
        PyObject *format = ((tnpy_dtype *)self)->character != 0 ? get_format(self, NULL) : get_typestr(self, NULL);
        if (format != Py_None)
            return format == NULL ? NULL : Py_BuildValue("(N)", format);
        Py_DECREF(format);
        return Py_BuildValue("(N)", str(self));
    }
    PyObject *formats = PyList_New(0), *offsets = PyList_New(0);
    int status = formats == NULL || offsets == NULL ? -1 : 0;
    for (ptrdiff_t i = 0; i < type->nfields && status == 0; i++) {
        PyObject *format = (PyObject *)tnpy_dtype_for(((tnpy_dtype *)self)->state, type->fields[i].type);
        PyObject *offset = PyLong_FromSsize_t(type->fields[i].offset);
        status = format == NULL || offset == NULL || PyList_Append(formats, format) < 0 ||
                         PyList_Append(offsets, offset) < 0 ? -1 : 0;
        Py_XDECREF(format);
        Py_XDECREF(offset);
    }
    PyObject *result = status < 0 ? NULL
                                  : Py_BuildValue("({sNsOsOsn})", "names", get_names(self, NULL), "formats", formats,
                                                  "offsets", offsets, "itemsize", (Py_ssize_t)type->itemsize);
    Py_XDECREF(formats);
    Py_XDECREF(offsets);
    return result;
}

static PyObject *reduce(PyObject *self, PyObject *unused)
{
    (void)unused;
    PyObject *arguments = parts(self);
    return arguments == NULL ? NULL : Py_BuildValue("(ON)", (PyObject *)Py_TYPE(self), arguments);
}

/* --- the type ----------------------------------------------------------------------------------------------------- */

PyDoc_STRVAR(doc,
"DType(type)\n--\n\n"
"An element type: what one element of an array is, byte for byte.\n\n"
"`type` is a name ('float64', '>int32', 'bfloat16', 'bytes[5]', 'datetime64[ns]'), a typestr ('<f8'), a PEP 3118 format\n"
"('d', 'T{i:a:f:b:}'), a list or dict as numpy.dtype takes them, a pair (type, shape), a numpy.dtype, anything that has a\n"
"`dtype`, a ctypes type, or bool, int, float, complex. Types compare by meaning.");

static PyGetSetDef getset[] = {
    {"kind", get_kind, NULL, "What it is: 'bool', 'int', 'float', 'struct', 'subarray', …", NULL},
    {"itemsize", get_itemsize, NULL, "Bytes of one element, padding included.", NULL},
    {"alignment", get_alignment, NULL, "What C's _Alignof says; 1 for packed and non-native data.", NULL},
    {"byteorder", get_byteorder, NULL, "'<', '>', or '|' where there is none.", NULL},
    {"format", get_format, NULL, "The PEP 3118 format, or None where it has no code.", NULL},
    {"typestr", get_typestr, NULL, "NumPy's typestr, or None where it has none.", NULL},
    {"descr", get_descr, NULL, "NumPy's descr, or None where it has none.", NULL},
    {"names", get_names, NULL, "The names of the fields, or None where it is no structure.", NULL},
    {"fields", get_fields, NULL, "Name to (DType, offset), or None where it is no structure.", NULL},
    {"shape", get_shape, NULL, "The shape of a sub-array; () of all others.", NULL},
    {"base", get_base, NULL, "The element type of a sub-array; of all others itself.", NULL},
    {"dtype", get_dtype, NULL, "The numpy.dtype.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMethodDef methods[] = {
    {"__reduce__", reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_doc, (void *)doc},
    {Py_tp_new, TNPY_SLOT(new)},
    {Py_tp_dealloc, TNPY_SLOT(dealloc)},
    {Py_tp_traverse, TNPY_SLOT(traverse)},
    {Py_tp_str, TNPY_SLOT(str)},
    {Py_tp_repr, TNPY_SLOT(repr)},
    {Py_tp_richcompare, TNPY_SLOT(richcompare)},
    {Py_tp_hash, TNPY_SLOT(hash)},
    {Py_tp_getset, getset},
    {Py_tp_methods, methods},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tenon.DType",
    .basicsize = sizeof(tnpy_dtype),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

PyTypeObject *tnpy_dtype_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &spec, NULL);
}
