/* SPDX-License-Identifier: BSD-3-Clause */
#include "dtype_parse.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "dtype.h"
#include "error.h"
#include "object.h"
#include "protocol/ctypes.h"

/* Reading recurses, through lists and through Python code: what needs much of the stack keeps it to itself. */
#define APART __attribute__((noinline))

APART static tn_type *copy_of(const tn_type *type)
{
    tn_type *copy;
    tn_error err;
    return tn_type_copy(type, &copy, &err) == TN_OK ? copy : (tn_type *)tnpy_raise(&err);
}

/* --- text --------------------------------------------------------------------------------------------------------- */

static const tn_type *scalar_named(const char *name, size_t length)
{
#define NAMED(identifier, kind, ctype, text) {text, &tn_type_##identifier},
    static const struct { const char *text; const tn_type *type; } scalars[] = {TN_SCALAR_LIST(NAMED)};
#undef NAMED
    for (size_t i = 0; i < sizeof scalars / sizeof *scalars; i++)
        if (strlen(scalars[i].text) == length && memcmp(scalars[i].text, name, length) == 0)
            return scalars[i].type;
    return NULL;
}

/* "[12]" up to the end: the number; -1 if it is none. */
static ptrdiff_t bracketed(const char *text)
{
    char *end;
    if (text[0] != '[' || !isdigit((unsigned char)text[1]))
        return -1;
    long long value = strtoll(text + 1, &end, 10);
    return strcmp(end, "]") == 0 && value <= PTRDIFF_MAX / 4 ? (ptrdiff_t)value : -1;
}

static int starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* "bytes[5]", "str[3]", "void[8]", "datetime64[ns]", "timedelta64[25s]", "pointer": TN_UNSUPPORTED where it is none of
 * them. */
static tn_status parse_sized(const char *name, char order, tn_type **out, tn_error *err)
{
    ptrdiff_t size;
    if (starts_with(name, "bytes") && (size = bracketed(name + 5)) >= 0)
        return tn_type_new_plain(TN_BYTES, TN_NO_ORDER, size, NULL, out, err);
    if (starts_with(name, "void") && (size = bracketed(name + 4)) >= 0)
        return tn_type_new_plain(TN_VOID, TN_NO_ORDER, size, NULL, out, err);
    if (starts_with(name, "str") && (size = bracketed(name + 3)) >= 0)
        return tn_type_new_plain(TN_UCS4, order, 4 * size, NULL, out, err);
    if (strcmp(name, "pointer") == 0)
        return tn_type_new_plain(TN_POINTER, order, sizeof(void *), NULL, out, err);
    int datetime = starts_with(name, "datetime64");
    if (!datetime && !starts_with(name, "timedelta64"))
        return TN_UNSUPPORTED;
    char typestr[64];
    const char *unit = strchr(name, '4') + 1;
    int written = snprintf(typestr, sizeof typestr, "%c%c8%s", order, datetime ? 'M' : 'm', unit);
    return written < (int)sizeof typestr ? tn_type_from_typestr(typestr, out, err) : TN_UNSUPPORTED;
}

/* A name as DType writes it, less the shape of a sub-array. TN_UNSUPPORTED where it is none. */
static tn_status parse_name(const char *text, tn_type **out, tn_error *err)
{
    char order = TN_NATIVE;
    if (text[0] != '\0' && strchr("<>=", text[0]) != NULL)
        order = *text++ == '=' ? TN_NATIVE : text[-1];
    const tn_type *scalar = scalar_named(text, strlen(text));
    if (scalar == NULL)
        return parse_sized(text, order, out, err);
    if (order == TN_NATIVE || scalar->itemsize == 1)
        return tn_type_copy(scalar, out, err);
    return tn_type_new_plain((tn_kind)scalar->kind, order, scalar->itemsize, NULL, out, err);
}

/* "3, 4]" after the bracket: the number of extents, or -1. */
static int parse_extents(const char *text, ptrdiff_t *shape)
{
    for (int ndim = 0; ndim < TN_MAX_NDIM;) {
        char *end;
        while (*text == ' ')
            text++;
        if (!isdigit((unsigned char)*text))
            return -1;
        long long extent = strtoll(text, &end, 10);
        if (extent > PTRDIFF_MAX / 2)
            return -1;
        shape[ndim++] = (ptrdiff_t)extent;
        if (strcmp(end, "]") == 0)
            return ndim;
        if (*end != ',')
            return -1;
        text = end + 1;
    }
    return -1;
}

/* "float64[3, 4]", "bytes[5][2]". */
static tn_status parse_subarray(const char *text, tn_type **out, tn_error *err)
{
    ptrdiff_t shape[TN_MAX_NDIM];
    const char *bracket = strrchr(text, '[');
    int ndim = bracket == NULL ? -1 : parse_extents(bracket + 1, shape);
    if (ndim < 0)
        return TN_UNSUPPORTED;
    char base_name[64];
    size_t length = (size_t)(bracket - text);
    if (length >= sizeof base_name)
        return TN_UNSUPPORTED;
    memcpy(base_name, text, length);
    base_name[length] = '\0';
    tn_type *base;
    tn_status status = parse_name(base_name, &base, err);
    if (status != TN_OK)
        return status;
    status = tn_type_new_subarray(base, ndim, shape, out, err);
    tn_type_free(base);
    return status;
}

/* What others call an element type, and Tenon, which leaves no doubt about sizes, does not. */
static const char *other_word(const char *text)
{
    static const struct { const char *word, *meant; } words[] = {
        {"half", "'float16'"}, {"single", "'float32'"}, {"double", "'float64'"},
        {"float", "'float64', or 'float32' for C's"}, {"complex", "'complex128'"},
        {"char", "'int8', or 'bytes[1]' for text"}, {"byte", "'int8'"}, {"short", "'int16'"},
        {"int", "'int64', or 'int32' for C's"}, {"uint", "'uint64', or 'uint32' for C's"}, {"long", "'int64'"},
        {"bool_", "'bool'"}, {"str", "'str[n]'"}, {"bytes", "'bytes[n]'"}, {"void", "'void[n]'"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i].word, text) == 0)
            return words[i].meant;
    return NULL;
}

/* Is one a letter changed, added, dropped or swapped with its neighbour away from the other? Case does not count. */
static int is_nearly(const char *typed, const char *real)
{
    while (*typed != '\0' && tolower((unsigned char)*typed) == *real)
        typed++, real++;
    if (*typed == '\0' && *real == '\0')
        return 1;
    const char *next_typed = typed + (*typed != '\0'), *next_real = real + (*real != '\0');
    if (*next_typed == *real && *next_real == *typed && *typed != '\0' && *real != '\0')
        return strcmp(next_typed + 1, next_real + 1) == 0;
    return strcmp(next_typed, next_real) == 0 || strcmp(next_typed, real) == 0 || strcmp(typed, next_real) == 0;
}

static const char *nearest_name(const char *text)
{
#define NAMED(identifier, kind, ctype, name) name,
    static const char *const names[] = {TN_SCALAR_LIST(NAMED)};
#undef NAMED
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(text) > 3 && is_nearly(text, names[i]))
            return names[i];
    return NULL;
}

static tn_type *refuse_text(PyObject *obj, const char *text, const char *reason)
{
    const char *meant = other_word(text), *near = nearest_name(text);
    if (meant != NULL)
        return (tn_type *)PyErr_Format(PyExc_ValueError, "DType(): %R is no element type; write %s", obj, meant);
    if (near != NULL)
        return (tn_type *)PyErr_Format(PyExc_ValueError, "DType(): %R is no element type; did you mean '%s'?", obj,
                                       near);
    return (tn_type *)PyErr_Format(
        PyExc_ValueError, "DType(): %R is no element type: neither a name such as 'float64' or 'bytes[5]', nor a "
        "typestr such as '<f8', nor a PEP 3118 format%s%s", obj, *reason == '\0' ? "" : ": ", reason);
}

/* A kind with its size, which a PEP 3118 format would read otherwise: "f8", "<f8", "|S5", "M8[ns]". */
static int is_typestr(const char *text)
{
    if (*text != '\0' && strchr("<>=|", *text) != NULL)
        text++;
    return *text != '\0' && strchr("biufcmMOSUV", *text) != NULL && (isdigit((unsigned char)text[1]) || *text == 'O');
}

APART static tn_type *parse_text(PyObject *obj)
{
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(obj, &length);
    if (text == NULL)
        return NULL;
    tn_type *type = NULL;
    tn_error err;
    tn_status status = TN_UNSUPPORTED;
    if (strlen(text) == (size_t)length) {
        status = parse_name(text, &type, &err);
        if (status == TN_UNSUPPORTED)
            status = parse_subarray(text, &type, &err);
        if (status == TN_UNSUPPORTED && is_typestr(text))
            status = tn_type_from_typestr(text, &type, &err);
        else if (status == TN_UNSUPPORTED && length > 0 && other_word(text) == NULL)
            status = tn_type_from_format(text, -1, &type, &err);
    }
    if (status == TN_OK)
        return type;
    if (status == TN_NO_MEMORY)
        return (tn_type *)PyErr_NoMemory();
    return refuse_text(obj, text, status == TN_UNSUPPORTED ? "" : err.message);
}

/* --- structures and sub-arrays ------------------------------------------------------------------------------------ */

typedef struct fields {
    tn_field *list;
    Py_ssize_t count;
    ptrdiff_t end;     /* of the last one */
} fields;

static int fields_init(fields *f, Py_ssize_t capacity)
{
    *f = (fields){.list = PyMem_Calloc((size_t)capacity + 1, sizeof(tn_field))};
    if (f->list == NULL)
        PyErr_NoMemory();
    return f->list == NULL ? -1 : 0;
}

static void fields_clear(fields *f)
{
    for (Py_ssize_t i = 0; i < f->count; i++)
        tn_type_free((tn_type *)f->list[i].type);
    PyMem_Free(f->list);
}

/* Takes over `type`. -1 with an exception. */
static int fields_add(fields *f, const char *name, tn_type *type, ptrdiff_t offset)
{
    if (name == NULL || type == NULL || __builtin_add_overflow(offset, type->itemsize, &f->end)) {
        if (name != NULL && type != NULL)
            PyErr_SetString(PyExc_OverflowError, "DType(): the offset of a field does not fit into an address");
        tn_type_free(type);
        return -1;
    }
    f->list[f->count++] = (tn_field){.name = name, .type = type, .offset = offset};
    return 0;
}

APART static tn_type *fields_finish(const fields *f, ptrdiff_t itemsize)
{
    tn_type *type;
    tn_error err;
    if (tn_type_new_struct(f->list, f->count, itemsize, 1, NULL, &type, &err) != TN_OK) {
        PyErr_Format(PyExc_ValueError, "DType(): %s", err.message);
        return NULL;
    }
    return type;
}

/* `shape` is an integer or a sequence of them. */
APART static tn_type *repeat(tn_type *base, PyObject *shape)
{
    ptrdiff_t extents[TN_MAX_NDIM] = {0};
    tn_type *type = NULL;
    tn_error err;
    PyObject *list = PyLong_Check(shape) ? PyTuple_Pack(1, shape)
                                         : PySequence_Tuple(shape);
    Py_ssize_t ndim = list == NULL ? 0 : PyTuple_GET_SIZE(list);
    if (ndim > TN_MAX_NDIM)
        PyErr_Format(PyExc_ValueError, "DType(): a sub-array has at most %d dimensions, got %zd", TN_MAX_NDIM, ndim);
    for (Py_ssize_t i = 0; i < ndim && !PyErr_Occurred(); i++) {
        PyObject *extent = PyTuple_GET_ITEM(list, i);
        if (PyIndex_Check(extent))
            extents[i] = PyNumber_AsSsize_t(extent, PyExc_OverflowError);
        else
            PyErr_Format(PyExc_TypeError, "DType(): the shape of a sub-array holds ints, got %.100s",
                         tnpy_type_name(extent));
    }
    if (list == NULL || PyErr_Occurred()) {
        type = NULL;
    } else if (ndim == 0) {
        type = copy_of(base);
    } else if (tn_type_new_subarray(base, (int)ndim, extents, &type, &err) != TN_OK) {
        PyErr_Format(PyExc_ValueError, "DType(): %s", err.message);
        type = NULL;
    }
    Py_XDECREF(list);
    tn_type_free(base);
    return type;
}

static tn_type *parse_pair(tnpy_state *state, PyObject *pair)
{
    if (PyTuple_GET_SIZE(pair) != 2) {
        PyErr_Format(PyExc_TypeError, "DType(): a tuple is (type, shape), got %zd items", PyTuple_GET_SIZE(pair));
        return NULL;
    }
    tn_type *base = tnpy_dtype_parse(state, PyTuple_GET_ITEM(pair, 0));
    return base == NULL ? NULL : repeat(base, PyTuple_GET_ITEM(pair, 1));
}

/* A field's name, or the name in a pair (title, name). */
static const char *name_of(PyObject *obj)
{
    if (PyTuple_Check(obj) && PyTuple_GET_SIZE(obj) == 2)
        obj = PyTuple_GET_ITEM(obj, 1);
    if (!PyUnicode_Check(obj)) {
        PyErr_Format(PyExc_TypeError, "DType(): the name of a field must be str, got %.100s", tnpy_type_name(obj));
        return NULL;
    }
    return PyUnicode_AsUTF8(obj);
}

static int add_described(tnpy_state *state, fields *f, PyObject *entry)
{
    Py_ssize_t size = PyTuple_Check(entry) ? PyTuple_GET_SIZE(entry) : 0;
    if (size < 2 || size > 3) {
        PyErr_SetString(PyExc_TypeError, "DType(): a list holds fields as tuples (name, type) or (name, type, shape)");
        return -1;
    }
    const char *name = name_of(PyTuple_GET_ITEM(entry, 0));
    tn_type *type = name == NULL ? NULL : tnpy_dtype_parse(state, PyTuple_GET_ITEM(entry, 1));
    if (type != NULL && size == 3)
        type = repeat(type, PyTuple_GET_ITEM(entry, 2));
    if (type != NULL && name[0] == '\0') { /* padding */
        int status = __builtin_add_overflow(f->end, type->itemsize, &f->end) ? -1 : 0;
        if (status < 0)
            PyErr_SetString(PyExc_OverflowError, "DType(): the padding is too long");
        tn_type_free(type);
        return status;
    }
    return fields_add(f, name, type, f->end);
}

/* [('a', '<i4'), ('b', float, (2,))], without gaps but those it names. A tuple, which nobody can change meanwhile. */
static tn_type *parse_descr(tnpy_state *state, PyObject *entries)
{
    fields f;
    if (fields_init(&f, PyTuple_GET_SIZE(entries)) < 0)
        return NULL;
    int status = 0;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(entries) && status == 0; i++)
        status = add_described(state, &f, PyTuple_GET_ITEM(entries, i));
    tn_type *type = status < 0 ? NULL : fields_finish(&f, f.end);
    fields_clear(&f);
    return type;
}

/* Borrowed; NULL with or without an exception. */
static PyObject *value_of(PyObject *dict, const char *key)
{
    PyObject *name = PyUnicode_FromString(key);
    PyObject *value = name == NULL ? NULL : PyDict_GetItemWithError(dict, name);
    Py_XDECREF(name);
    return value;
}

/* A list of the dict, as a tuple; NULL without an exception where it is not there. */
static PyObject *entry_of(PyObject *dict, const char *key)
{
    PyObject *value = value_of(dict, key);
    return value == NULL ? NULL : PySequence_Tuple(value);
}

static tn_type *parse_lists(tnpy_state *state, PyObject *names, PyObject *formats, PyObject *offsets,
                            PyObject *itemsize)
{
    Py_ssize_t count = PyTuple_GET_SIZE(names);
    if (PyTuple_GET_SIZE(formats) != count || (offsets != NULL && PyTuple_GET_SIZE(offsets) != count)) {
        PyErr_SetString(PyExc_ValueError, "DType(): 'names', 'formats' and 'offsets' must have one length");
        return NULL;
    }
    fields f;
    if (fields_init(&f, count) < 0)
        return NULL;
    int status = 0;
    ptrdiff_t least = 0;
    for (Py_ssize_t i = 0; i < count && status == 0; i++) {
        ptrdiff_t offset = offsets == NULL ? f.end
                                           : PyNumber_AsSsize_t(PyTuple_GET_ITEM(offsets, i), PyExc_OverflowError);
        const char *name = offset == -1 && PyErr_Occurred() ? NULL : name_of(PyTuple_GET_ITEM(names, i));
        status = name == NULL ? -1
                              : fields_add(&f, name, tnpy_dtype_parse(state, PyTuple_GET_ITEM(formats, i)), offset);
        least = f.end > least ? f.end : least;
    }
    if (status == 0 && itemsize != NULL) {
        least = PyNumber_AsSsize_t(itemsize, PyExc_OverflowError);
        status = least == -1 && PyErr_Occurred() ? -1 : 0;
    }
    tn_type *type = status < 0 ? NULL : fields_finish(&f, least);
    fields_clear(&f);
    return type;
}

/* A key that is misspelt would describe another layout. -1 with an exception. */
static int check_keys(PyObject *dict)
{
    static const char *const known[] = {"names", "formats", "offsets", "itemsize", "titles", "aligned"};
    PyObject *key, *value;
    for (Py_ssize_t at = 0; PyDict_Next(dict, &at, &key, &value);) {
        int found = 0;
        for (size_t i = 0; PyUnicode_Check(key) && i < sizeof known / sizeof *known; i++)
            found |= PyUnicode_CompareWithASCIIString(key, known[i]) == 0;
        if (!found) {
            PyErr_Format(PyExc_ValueError, "DType(): a dict has 'names', 'formats', 'offsets' and 'itemsize', not %R",
                         key);
            return -1;
        }
    }
    return 0;
}

/* {'names': …, 'formats': …, 'offsets': …, 'itemsize': …}, as numpy.dtype has it. */
static tn_type *parse_dict(tnpy_state *state, PyObject *dict)
{
    tn_type *type = NULL;
    PyObject *names = entry_of(dict, "names");
    PyObject *formats = PyErr_Occurred() ? NULL : entry_of(dict, "formats");
    PyObject *offsets = PyErr_Occurred() ? NULL : entry_of(dict, "offsets");
    PyObject *itemsize = PyErr_Occurred() ? NULL : Py_XNewRef(value_of(dict, "itemsize"));
    if (names != NULL && formats != NULL && !PyErr_Occurred())
        type = parse_lists(state, names, formats, offsets, itemsize);
    else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_TypeError, "DType(): a dict needs 'names' and 'formats'");
    if (type != NULL && check_keys(dict) < 0) {
        tn_type_free(type);
        type = NULL;
    }
    Py_XDECREF(names);
    Py_XDECREF(formats);
    Py_XDECREF(offsets);
    Py_XDECREF(itemsize);
    return type;
}

/* --- types and objects of others ---------------------------------------------------------------------------------- */

static int derives_from(PyTypeObject *type, const char *name)
{
    PyObject *bases = type->tp_mro;
    for (Py_ssize_t i = 0; bases != NULL && i < PyTuple_GET_SIZE(bases); i++)
        if (strcmp(((PyTypeObject *)PyTuple_GET_ITEM(bases, i))->tp_name, name) == 0)
            return 1;
    return 0;
}

APART static tn_type *parse_ctypes(PyTypeObject *cls)
{
    tn_type *type;
    tn_error err;
    tn_status status = tnpy_ctypes_type(cls, &type, &err);
    if (status == TN_OK)
        return type;
    if (status == TN_NO_MEMORY)
        return (tn_type *)PyErr_NoMemory();
    if (status != TN_RAISED)
        PyErr_Format(PyExc_TypeError, "DType(): %.100s %s", cls->tp_name, err.message);
    return NULL;
}

static tn_type *refuse(PyObject *obj)
{
    PyErr_Format(PyExc_TypeError,
                 "DType() takes a name such as 'float64', a typestr, a PEP 3118 format, a list or dict of fields, a numpy.dtype, "
                 "a ctypes type, or bool, int, float, complex; got %.100s",
                 PyType_Check(obj) ? ((PyTypeObject *)obj)->tp_name : tnpy_type_name(obj));
    return NULL;
}

/* What only NumPy knows: its dtypes, and the classes of its scalars. */
APART static tn_type *parse_numpy(tnpy_state *state, PyObject *obj)
{
    int numpy = tnpy_numpy_import(state);
    if (numpy <= 0)
        return numpy < 0 ? NULL : refuse(obj);
    tn_type *type;
    tn_error err;
    tn_status status = tnpy_numpy_dtype_type(obj, &type, &err);
    if (status == TN_OK)
        return type;
    if (status == TN_NO_MEMORY)
        PyErr_NoMemory();
    else if (status != TN_RAISED)
        PyErr_Format(PyExc_TypeError, "DType(): %R %s", obj, err.message);
    return NULL;
}

static tn_type *parse_class(tnpy_state *state, PyObject *obj)
{
    if (obj == (PyObject *)&PyBool_Type)
        return copy_of(&tn_type_bool);
    if (obj == (PyObject *)&PyLong_Type)
        return copy_of(&tn_type_int64);
    if (obj == (PyObject *)&PyFloat_Type)
        return copy_of(&tn_type_float64);
    if (obj == (PyObject *)&PyComplex_Type)
        return copy_of(&tn_type_complex128);
    if (derives_from((PyTypeObject *)obj, "numpy.generic"))
        return parse_numpy(state, obj);
    if (tnpy_ctypes_check((PyTypeObject *)obj))
        return parse_ctypes((PyTypeObject *)obj);
    return refuse(obj);
}

static tn_type *parse_object(tnpy_state *state, PyObject *obj)
{
    if (PyUnicode_Check(obj))
        return parse_text(obj);
    if (PyType_Check(obj))
        return parse_class(state, obj);
    if (PyTuple_Check(obj))
        return parse_pair(state, obj);
    if (PyDict_Check(obj))
        return parse_dict(state, obj);
    if (tnpy_has_base(obj, "numpy.dtype"))
        return parse_numpy(state, obj);
    PyObject *held = NULL;
    tn_type *type = NULL;
    if (PyList_Check(obj)) {
        held = PyList_AsTuple(obj);
        type = held == NULL ? NULL : parse_descr(state, held);
    } else if (tnpy_optional_attribute(obj, "dtype", &held) > 0) {
        type = tnpy_dtype_parse(state, held);
    } else if (!PyErr_Occurred()) {
        refuse(obj);
    }
    Py_XDECREF(held);
    return type;
}

tn_type *tnpy_dtype_parse(tnpy_state *state, PyObject *obj)
{
    if (Py_TYPE(obj) == state->dtype_type)
        return copy_of(((tnpy_dtype *)obj)->type);
    if (Py_EnterRecursiveCall(" while reading an element type") != 0)
        return NULL;
    tn_type *type = parse_object(state, obj);
    Py_LeaveRecursiveCall();
    return type;
}

tnpy_dtype *tnpy_dtype_from_python(tnpy_state *state, PyObject *obj)
{
    if (Py_TYPE(obj) == state->dtype_type)
        return (tnpy_dtype *)Py_NewRef(obj);
    tn_type *type = tnpy_dtype_parse(state, obj);
    if (type == NULL)
        return NULL;
    const char *text = PyUnicode_Check(obj) ? PyUnicode_AsUTF8(obj) : NULL;
    PyErr_Clear();
    /* What memoryview knows keeps its spelling: "c" is one byte as memoryview has it, "@q" stays "@q". */
    if (text != NULL && tnpy_memoryview_character(text) != '\0')
        return tnpy_dtype_spelled(state, text, type, type);
    return tnpy_dtype_take(state, type);
}
