/* SPDX-License-Identifier: BSD-3-Clause */
/* A tensor is one block: what it must let go of, DLPack's structure, shape and strides.
 *
 * It holds an export of the Span, so that release() is refused while a consumer has it; or, where a copy was asked for,
 * the array that was made. Consumers call deleters from threads that Python does not know, and after the interpreter:
 * what is owed to a Span goes through release.h; an array of C is released right there.
 */
#include "dlpack_lend.h"

#include "tenon/copy.h"

#include "../error.h"
#include "../release.h"
#include "../span_room.h"
#include "dlpack.h"
#include "unfold.h"

typedef struct lent {
    tnpy_debt debt;    /* to the Span; not used where `array` owns */
    PyObject *span;    /* held, or NULL */
    tn_array array;    /* {0}, or a copy */
    union {
        tnpy_dl_versioned versioned;
        tnpy_dl_legacy legacy;
    } as;
    int64_t extents[]; /* shape, strides */
} lent;

/* --- what DLPack can't say ---------------------------------------------------------------------------------------- */

static bool element_type(const tn_type *type, tnpy_dl_type *out)
{
    static const struct {
        uint8_t kind, code;
    } codes[] = {{TN_INT, TNPY_DL_INT},       {TN_UINT, TNPY_DL_UINT},       {TN_FLOAT, TNPY_DL_FLOAT},
                 {TN_BFLOAT, TNPY_DL_BFLOAT}, {TN_COMPLEX, TNPY_DL_COMPLEX}, {TN_BOOL, TNPY_DL_BOOL}};
    if (type->itemsize > 16)
        return false;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (codes[i].kind == type->kind) {
            *out = (tnpy_dl_type){.code = codes[i].code, .bits = (uint8_t)(type->itemsize * 8), .lanes = 1};
            return tnpy_dlpack_type(*out) != NULL;
        }
    return false;
}

static tn_status refuse_type(const tn_type *type, tn_error *err)
{
    char text[160];
    return tn_fail(err, TN_UNSUPPORTED, "DLPack has no type for %s; %s one", tn_type_describe(type, text, sizeof text),
                   tnpy_speakers(type));
}

static tn_status check_type(const tn_span *span, tn_error *err)
{
    char text[160];
    tnpy_dl_type type;
    if (!element_type(span->type, &type))
        return refuse_type(span->type, err);
    if (!tnpy_is_native(span->type))
        return tn_fail(err, TN_UNSUPPORTED,
                       "DLPack knows the machine's byte order only, and this is %s; the buffer protocol and "
                       "__array_interface__ say it, and copy=True converts it",
                       tn_type_describe(span->type, text, sizeof text));
    return TN_OK;
}

/* bfloat16 is taken by no protocol of strides in bytes. */
static const char *takers(const tn_type *type)
{
    return type->kind == TN_BFLOAT ? "numpy() takes" : "the buffer protocol and __array_interface__ take";
}

static tn_status check_layout(const tn_span *span, tn_error *err)
{
    if (span->suboffsets != NULL)
        return tn_fail(err, TN_UNSUPPORTED,
                       "DLPack cannot say that memory is indirect; the buffer protocol can, and copy=True makes it "
                       "direct");
    ptrdiff_t itemsize = span->type->itemsize;
    if (!tn_is_aligned(span->data, span->ndim, span->shape, span->strides, span->type->alignment))
        return tn_fail(err, TN_UNSUPPORTED,
                       "a tensor's elements are aligned, and these are not to the %u bytes of C; %s them, and "
                       "copy=True aligns them",
                       (unsigned)span->type->alignment, takers(span->type));
    for (int i = 0; i < span->ndim && tn_span_size(span) > 0; i++)
        if (span->shape[i] > 1 && span->strides[i] % itemsize != 0)
            return tn_fail(err, TN_UNSUPPORTED,
                           "DLPack counts strides in elements, and strides[%d] is %td bytes where an element has %td; "
                           "%s it, and copy=True closes the gaps",
                           i, span->strides[i], itemsize, takers(span->type));
    return TN_OK;
}

/* What tensors of before 1.0 cannot say, or their consumers do not expect: torch 1.13 ends the process where a stride
 * is negative. */
static tn_status check_legacy(const tn_span *span, tn_error *err)
{
    if (span->flags & TN_READONLY)
        return tn_fail(err, TN_UNSUPPORTED,
                       "the memory is read-only, which DLPack can say since 1.0: max_version=(1, 0) asks for it, "
                       "copy=True makes a copy, and the buffer protocol says it, too");
    for (int i = 0; i < span->ndim && tn_span_size(span) > 0; i++)
        if (span->shape[i] > 1 && span->strides[i] < 0)
            return tn_fail(err, TN_UNSUPPORTED,
                           "strides[%d] is negative, which consumers of DLPack before 1.0 are not made for: max_version=(1, 0) "
                           "asks for a newer tensor, copy=True makes a copy, and %s it",
                           i, takers(span->type));
    return TN_OK;
}

/* --- making a tensor ---------------------------------------------------------------------------------------------- */

typedef struct request {
    int minor; /* of version 1; -1: a tensor of before 1.0 */
    bool copy;
} request;

/* Strides that mean nothing, of extents up to 1, may be no multiple of an element: any number will do. */
static void fill_tensor(tnpy_dl_tensor *tensor, const tn_span *span, int64_t *extents)
{
    int64_t *strides = extents + span->ndim;
    for (int i = 0; i < span->ndim; i++) {
        extents[i] = span->shape[i];
        strides[i] = span->strides[i] / span->type->itemsize;
    }
    *tensor = (tnpy_dl_tensor){.data = tn_span_size(span) == 0 ? NULL : span->data, .device = {.kind = TNPY_DL_CPU},
                               .ndim = span->ndim, .shape = extents, .strides = strides};
    element_type(span->type, &tensor->type);
}

static void settle(tnpy_debt *debt, int alive)
{
    lent *self = (lent *)debt;
    if (alive) {
        tnpy_span_let_go(self->span);
        Py_DECREF(self->span);
    }
    PyMem_RawFree(self);
}

static void let_go(lent *self)
{
    if (self->span != NULL) {
        tnpy_pay(&self->debt);
        return;
    }
    tn_array_release(&self->array);
    PyMem_RawFree(self);
}

static void delete_versioned(tnpy_dl_versioned *tensor)
{
    let_go(tensor->context);
}

static void delete_legacy(tnpy_dl_legacy *tensor)
{
    let_go(tensor->context);
}

/* A block that shows `span` and owns nothing yet; NULL where there is no memory. */
static lent *new_lent(const tn_span *span, int minor)
{
    lent *self = PyMem_RawCalloc(1, sizeof *self + 2 * (size_t)span->ndim * sizeof *self->extents);
    if (self == NULL)
        return NULL;
    if (minor < 0) {
        self->as.legacy = (tnpy_dl_legacy){.context = self, .deleter = delete_legacy};
        fill_tensor(&self->as.legacy.tensor, span, self->extents);
        return self;
    }
    self->as.versioned = (tnpy_dl_versioned){.version = {TNPY_DL_MAJOR, (uint32_t)minor}, .context = self,
                                             .deleter = delete_versioned,
                                             .flags = span->flags & TN_READONLY ? TNPY_DL_READ_ONLY : 0};
    fill_tensor(&self->as.versioned.tensor, span, self->extents);
    return self;
}

static lent *wrap(tn_array *array, int minor)
{
    lent *self = new_lent(&array->span, minor);
    if (self == NULL)
        tn_array_release(array);
    else
        self->array = tn_array_move(array);
    return self;
}

tnpy_dl_versioned *tnpy_dlpack_wrap(tn_array *array, int minor)
{
    lent *self = wrap(array, minor);
    return self == NULL ? NULL : &self->as.versioned;
}

static tn_status view(PyObject *obj, const tn_span *span, int minor, lent **out, tn_error *err)
{
    tn_status status = check_type(span, err);
    if (status == TN_OK)
        status = check_layout(span, err);
    if (status == TN_OK && minor < 0)
        status = check_legacy(span, err);
    if (status != TN_OK)
        return status;
    lent *self = new_lent(span, minor);
    if (self == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    tnpy_owe(((tnpy_span *)obj)->dtype->state, &self->debt, settle);
    tnpy_span_hold(obj);
    self->span = Py_NewRef(obj);
    *out = self;
    return TN_OK;
}

/* In the machine's byte order, and in the order that the memory has. */
static tn_status copy(const tn_span *span, int minor, lent **out, tn_error *err)
{
    tnpy_dl_type code;
    if (!element_type(span->type, &code))
        return refuse_type(span->type, err);
    bool fortran = !tnpy_is_contiguous(span, TN_ORDER_C) && tnpy_is_contiguous(span, TN_ORDER_F);
    tn_array array;
    tn_status status = tn_array_new(tnpy_dlpack_type(code), span->ndim, span->shape, fortran ? TN_ORDER_F : TN_ORDER_C,
                                    &array, err);
    if (status != TN_OK)
        return status;
    status = tn_copy(&array.span, span, tnpy_is_native(span->type) ? TN_CAST_NO : TN_CAST_EXACT, err);
    if (status != TN_OK) {
        tn_array_release(&array);
        return status;
    }
    lent *self = wrap(&array, minor);
    if (self == NULL)
        return tn_fail(err, TN_NO_MEMORY, "out of memory");
    if (minor >= 0)
        self->as.versioned.flags = TNPY_DL_IS_COPIED;
    *out = self;
    return TN_OK;
}

static lent *lend(PyObject *obj, const request *r)
{
    const tn_span *shown = tnpy_span_get(obj);
    if (shown == NULL)
        return NULL;
    tn_layout layout;
    tn_span span;
    tn_error reason, err;
    lent *self = NULL;
    tn_status status = tnpy_unfold(shown, &span, &layout, &reason);
    if (status == TN_OK)
        status = r->copy ? copy(&span, r->minor, &self, &reason) : view(obj, &span, r->minor, &self, &reason);
    if (status != TN_OK) {
        tn_fail(&err, status, "Span.__dlpack__(): %s", reason.message);
        tnpy_raise(&err);
    }
    return self;
}

tnpy_dl_versioned *tnpy_dlpack_lend(PyObject *self, int minor)
{
    lent *made = lend(self, &(request){.minor = minor});
    return made == NULL ? NULL : &made->as.versioned;
}

/* --- __dlpack__ --------------------------------------------------------------------------------------------------- */

static void destroy_versioned(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, TNPY_DL_VERSIONED)) /* else a consumer took the tensor */
        delete_versioned(PyCapsule_GetPointer(capsule, TNPY_DL_VERSIONED));
}

static void destroy_legacy(PyObject *capsule)
{
    if (PyCapsule_IsValid(capsule, TNPY_DL_LEGACY))
        delete_legacy(PyCapsule_GetPointer(capsule, TNPY_DL_LEGACY));
}

static PyObject *capsule_of(lent *made, const request *r)
{
    PyObject *capsule = r->minor < 0 ? PyCapsule_New(&made->as.legacy, TNPY_DL_LEGACY, destroy_legacy)
                                     : PyCapsule_New(&made->as.versioned, TNPY_DL_VERSIONED, destroy_versioned);
    if (capsule == NULL)
        let_go(made);
    return capsule;
}

/* Two integers in a tuple. */
static int read_pair(PyObject *obj, const char *name, Py_ssize_t pair[2])
{
    if (!PyTuple_Check(obj) || PyTuple_GET_SIZE(obj) != 2) {
        PyErr_Format(PyExc_TypeError, "Span.__dlpack__(): %s must be None or a tuple of two integers, got %.100s", name,
                     Py_TYPE(obj)->tp_name);
        return -1;
    }
    for (int i = 0; i < 2; i++) {
        pair[i] = PyNumber_AsSsize_t(PyTuple_GET_ITEM(obj, i), NULL);
        if (pair[i] == -1 && PyErr_Occurred())
            return -1;
    }
    return 0;
}

static int read_version(PyObject *max_version, request *r)
{
    Py_ssize_t version[2];
    r->minor = -1;
    if (max_version == Py_None)
        return 0;
    if (read_pair(max_version, "max_version", version) < 0)
        return -1;
    if (version[0] > TNPY_DL_MAJOR || (version[0] == TNPY_DL_MAJOR && version[1] > TNPY_DL_MINOR))
        r->minor = TNPY_DL_MINOR;
    else if (version[0] == TNPY_DL_MAJOR && version[1] >= 0)
        r->minor = (int)version[1];
    return 0;
}

static int check_device(PyObject *dl_device)
{
    Py_ssize_t device[2];
    if (dl_device == Py_None)
        return 0;
    if (read_pair(dl_device, "dl_device", device) < 0)
        return -1;
    if (device[0] == TNPY_DL_CPU && device[1] == 0)
        return 0;
    PyErr_Format(PyExc_BufferError,
                 "Span.__dlpack__(): the memory is the CPU's, (1, 0), and is not copied to device (%zd, %zd); let the "
                 "consumer copy it", device[0], device[1]);
    return -1;
}

static int check_stream(PyObject *stream)
{
    if (stream == Py_None)
        return 0;
    PyErr_SetString(PyExc_BufferError, "Span.__dlpack__(): the CPU's memory has no streams; stream must be None");
    return -1;
}

enum { STREAM, MAX_VERSION, DL_DEVICE, COPY, NAMES };

/* Sort keyword arguments into places. */
static int read_keywords(PyObject *const *values, PyObject *kwnames, PyObject *places[NAMES])
{
    static const char *const names[NAMES] = {"stream", "max_version", "dl_device", "copy"};
    for (Py_ssize_t i = 0; kwnames != NULL && i < PyTuple_GET_SIZE(kwnames); i++) {
        int place = 0;
        while (place < NAMES && PyUnicode_CompareWithASCIIString(PyTuple_GET_ITEM(kwnames, i), names[place]) != 0)
            place++;
        if (place == NAMES) {
            PyErr_Format(PyExc_TypeError, "Span.__dlpack__() got an unexpected keyword argument '%U'",
                         PyTuple_GET_ITEM(kwnames, i));
            return -1;
        }
        places[place] = values[i];
    }
    return 0;
}

static PyObject *dlpack(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *given[NAMES] = {Py_None, Py_None, Py_None, Py_None};
    request r = {0};
    if (nargs > 0)
        return PyErr_Format(PyExc_TypeError, "Span.__dlpack__() takes keyword arguments only");
    if (read_keywords(args, kwnames, given) < 0)
        return NULL;
    int copies = given[COPY] == Py_None ? 0 : PyObject_IsTrue(given[COPY]);
    if (copies < 0 || read_version(given[MAX_VERSION], &r) < 0 || check_device(given[DL_DEVICE]) < 0 ||
        check_stream(given[STREAM]) < 0)
        return NULL;
    r.copy = copies;
    lent *made = lend(self, &r);
    return made == NULL ? NULL : capsule_of(made, &r);
}

static PyObject *dlpack_device(PyObject *self, PyObject *unused)
{
    (void)unused;
    return tnpy_span_get(self) == NULL ? NULL : Py_BuildValue("(ii)", TNPY_DL_CPU, 0);
}

/* --- the room ----------------------------------------------------------------------------------------------------- */

PyDoc_STRVAR(dlpack_doc,
"__dlpack__($self, /, *, stream=None, max_version=None, dl_device=None, copy=None)\n--\n\n"
"The memory as a DLPack tensor in a capsule, for a consumer's from_dlpack().\n\n"
"BufferError where DLPack has no word for what the Span is. copy=True makes a copy, in the machine's byte order.");

static PyMethodDef methods[] = {
    {"__dlpack__", (PyCFunction)(void (*)(void))dlpack, METH_FASTCALL | METH_KEYWORDS, dlpack_doc},
    {"__dlpack_device__", dlpack_device, METH_NOARGS,
     "__dlpack_device__($self, /)\n--\n\nDLPack's number of the CPU, and 0."},
    {NULL, NULL, 0, NULL},
};

static int complete(PyTypeObject *type)
{
    PyObject *capsule = tnpy_dlpack_exchange_capsule();
    int status = capsule == NULL ? -1 : PyDict_SetItemString(type->tp_dict, "__dlpack_c_exchange_api__", capsule);
    Py_XDECREF(capsule);
    return status;
}

const tnpy_span_room tnpy_span_tensors = {.methods = methods, .complete = complete};
