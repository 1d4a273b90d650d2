/* SPDX-License-Identifier: BSD-3-Clause */
#include "overload.h"

#include <stddef.h>
#include <structmember.h>

#include "call.h"
#include "error.h"
#include "frame.h"
#include "refusal.h"
#include "slot.h"

typedef struct overloads {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    const tn_overloads *def;
    tnpy_state *state;
    PyObject *core;         /* tenon._core: keeps the state */
    PyObject *module_name;
    PyObject *weakrefs;
    PyObject *candidates;   /* tuple of tenon.Function, in order of preference */
} overloads;

/* --- matching ----------------------------------------------------------------------------------------------------- */

static bool fits_ndim(int ndim, int wanted, bool batch)
{
    return ndim == wanted || (batch && ndim > wanted);
}

/* Element type and number of dimensions of any exporter, without holding on to it. 1, 0, or -1 with an exception
 * set. */
static int fits_foreign(tnpy_frame *frame, int i, PyObject *obj, int ndim)
{
    const tn_param *param = &frame->def->params[i];
    tnpy_loan loan;
    tn_span span;
    tn_error reason;
    tn_status status = tnpy_borrow(frame->state, obj, false, &loan, &span, &reason);
    if (status == TN_RAISED)
        return -1;
    if (status != TN_OK)
        return 0;
    bool any_byte = param->flags & TN_CHARACTER && span.type->itemsize == 1;
    bool fits = (any_byte || tn_type_equal(param->type, span.type)) && fits_ndim(span.ndim, ndim, frame->batch);
    tnpy_give_back(&loan);
    return fits;
}

static int fits_array(tnpy_frame *frame, int i, PyObject *obj, int ndim)
{
    if (!tnpy_numpy_is_array(frame->state, obj))
        return fits_foreign(frame, i, obj, ndim);
    tn_span span;
    tnpy_numpy_fields(obj, &span);
    return fits_ndim(span.ndim, ndim, frame->batch) && tnpy_numpy_has_type(obj, &frame->function->slots[i].key);
}

/* Of rows in a list the first one decides; a list without rows may be of any type. */
static int fits_rows(tnpy_frame *frame, int i)
{
    PyObject *obj = frame->objects[i];
    int ndim = frame->def->params[i].ndim;
    if (!PyList_Check(obj) && !PyTuple_Check(obj))
        return fits_array(frame, i, obj, ndim);
    if (PySequence_Fast_GET_SIZE(obj) == 0)
        return 1;
    PyObject *first = Py_NewRef(PySequence_Fast_GET_ITEM(obj, 0));
    int result = fits_array(frame, i, first, ndim - 1);
    Py_DECREF(first);
    return result;
}

/* NumPy's scalars and 0-d arrays say exactly what they are, and so they are taken; but where no candidate is exactly
 * that, they are numbers as Python's own. */
typedef enum closeness { EXACTLY, AS_A_NUMBER } closeness;

static bool is_inexact(int kind)
{
    return kind == TN_FLOAT || kind == TN_BFLOAT || kind == TN_COMPLEX;
}

/* An integer fits every kind of number, a float no integer, a complex number only its own kind. */
static bool fits_number(PyObject *obj, const tn_param *param)
{
    int kind = param->type->kind;
    if (param->flags & TN_CHARACTER)
        return false;
    if (PyIndex_Check(obj))
        return is_inexact(kind) || kind == TN_INT || kind == TN_UINT || (kind == TN_BOOL && PyBool_Check(obj));
    if (PyComplex_Check(obj))
        return kind == TN_COMPLEX;
    return is_inexact(kind) && PyNumber_Check(obj);
}

static int fits_value(tnpy_frame *frame, int i, closeness how)
{
    const tn_param *param = &frame->def->params[i];
    PyObject *obj = frame->objects[i];
    if (PyUnicode_Check(obj))
        return (param->flags & TN_CHARACTER) != 0;
    if (PyFloat_CheckExact(obj) || PyComplex_CheckExact(obj) || PyLong_Check(obj))
        return fits_number(obj, param);
    if (PyObject_CheckBuffer(obj)) {
        int fits = fits_foreign(frame, i, obj, param->ndim);
        bool has_axes = false;
        if (tnpy_numpy_is_array(frame->state, obj)) {
            tn_span span;
            tnpy_numpy_fields(obj, &span);
            has_axes = span.ndim > 0;
        }
        return fits != 0 || how == EXACTLY || has_axes ? fits : fits_number(obj, param);
    }
    if (param->type->kind == TN_STRUCT)
        return PyMapping_Check(obj) || PyTuple_Check(obj);
    return fits_number(obj, param);
}

static int fits_argument(tnpy_frame *frame, int i, closeness how)
{
    const tn_param *param = &frame->def->params[i];
    PyObject *obj = frame->objects[i];
    if (obj == NULL)
        return 1;
    if (obj == Py_None)
        return param->flags & TN_OPTIONAL || param->direction == TN_OUT;
    switch ((tn_param_kind)param->kind) {
    case TN_PARAM_SIZE:
        return PyIndex_Check(obj);
    case TN_PARAM_HANDLE:
    case TN_PARAM_OWNED:
        return 1; /* what it is is no matter of element types */
    case TN_PARAM_TEXT:
        return PyUnicode_Check(obj) || PyBytes_Check(obj);
    case TN_PARAM_VALUE:
        return fits_value(frame, i, how);
    case TN_PARAM_SPAN:
        return 1;
    case TN_PARAM_ROWS:
        return fits_rows(frame, i);
    case TN_PARAM_ARRAY:
    case TN_PARAM_VIEW:
        break;
    }
    return fits_array(frame, i, obj, param->ndim);
}

/* 1 if `candidate` takes these arguments; 0 if not; -1 with an exception set. */
static int fits(tnpy_function *candidate, closeness how, bool batch, PyObject *const *args, Py_ssize_t nargs,
                PyObject *kwnames)
{
    tnpy_frame frame;
    tn_status status = tnpy_frame_init(&frame, candidate, batch);
    if (status == TN_OK)
        status = tnpy_bind(&frame, args, nargs, kwnames);
    int result = status == TN_OK ? 1 : status == TN_RAISED || status == TN_NO_MEMORY ? -1 : 0;
    for (int i = 0; i < frame.def->nparams && result == 1; i++)
        result = fits_argument(&frame, i, how);
    if (status == TN_NO_MEMORY)
        PyErr_NoMemory();
    tnpy_frame_clear(&frame);
    return result;
}

/* --- refusing ----------------------------------------------------------------------------------------------------- */

/* "float32[3]" for an array, the name of its class for anything else. */
static PyObject *describe(tnpy_state *state, PyObject *obj)
{
    tnpy_loan loan;
    tn_span span = {0};
    tn_error reason;
    const tn_type *type = NULL;
    tn_type *owned = NULL;
    bool borrowed = false;
    if (tnpy_numpy_is_array(state, obj)) {
        tnpy_numpy_fields(obj, &span);
        if (tnpy_numpy_type(obj, &type, &owned, NULL) != TN_OK)
            type = NULL;
    } else if (PyObject_CheckBuffer(obj) && tnpy_borrow(state, obj, false, &loan, &span, &reason) == TN_OK) {
        type = span.type;
        borrowed = true;
    }
    PyErr_Clear();
    char name[160];
    PyObject *text = PyUnicode_FromString(type == NULL ? Py_TYPE(obj)->tp_name
                                                       : tn_type_describe(type, name, sizeof name));
    for (int k = 0; type != NULL && k < span.ndim && text != NULL; k++)
        Py_SETREF(text, PyUnicode_FromFormat(k == 0 ? "%U[%zd" : "%U, %zd", text, (Py_ssize_t)span.shape[k]));
    if (type != NULL && span.ndim > 0 && text != NULL)
        Py_SETREF(text, PyUnicode_FromFormat("%U]", text));
    tn_type_free(owned);
    if (borrowed)
        tnpy_give_back(&loan);
    return text;
}

static PyObject *join(const char *separator, PyObject *list)
{
    PyObject *glue = PyUnicode_FromString(separator);
    PyObject *text = glue == NULL || list == NULL ? NULL : PyUnicode_Join(glue, list);
    Py_XDECREF(glue);
    return text;
}

static PyObject *list_signatures(overloads *o)
{
    PyObject *list = PyList_New(0);
    for (Py_ssize_t k = 0; list != NULL && k < PyTuple_GET_SIZE(o->candidates); k++) {
        PyObject *candidate = PyTuple_GET_ITEM(o->candidates, k);
        PyObject *signature = PyObject_GetAttrString(candidate, "__signature__");
        PyObject *line = signature == NULL
                             ? NULL
                             : PyUnicode_FromFormat("%s%S", ((tnpy_function *)candidate)->def->name, signature);
        Py_XDECREF(signature);
        if (line == NULL || PyList_Append(list, line) < 0)
            Py_CLEAR(list);
        Py_XDECREF(line);
    }
    return list;
}

static PyObject *refuse(overloads *o, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    Py_ssize_t nkeywords = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    PyObject *got = PyList_New(0);
    for (Py_ssize_t k = 0; got != NULL && k < nargs + nkeywords; k++) {
        PyObject *text = describe(o->state, args[k]);
        if (text != NULL && k >= nargs)
            Py_SETREF(text, PyUnicode_FromFormat("%U=%U", PyTuple_GET_ITEM(kwnames, k - nargs), text));
        if (text == NULL || PyList_Append(got, text) < 0)
            Py_CLEAR(got);
        Py_XDECREF(text);
    }
    PyObject *have = join(", ", got);
    PyObject *signatures = list_signatures(o);
    PyObject *candidates = join("\n    ", signatures);
    if (have != NULL && candidates != NULL)
        PyErr_Format(PyExc_TypeError, "%s(): no candidate takes (%U); the candidates are\n    %U", o->def->name, have,
                     candidates);
    Py_XDECREF(got);
    Py_XDECREF(have);
    Py_XDECREF(signatures);
    Py_XDECREF(candidates);
    return NULL;
}

/* --- calling ------------------------------------------------------------------------------------------------------ */

/* The first candidate that takes the arguments: borrowed, or NULL with an exception. */
static PyObject *choose(overloads *o, bool batch, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    for (closeness how = EXACTLY; how <= AS_A_NUMBER; how++)
        for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(o->candidates); k++) {
            PyObject *candidate = PyTuple_GET_ITEM(o->candidates, k);
            int found = fits((tnpy_function *)candidate, how, batch, args, nargs, kwnames);
            if (found != 0)
                return found > 0 ? candidate : NULL;
        }
    return refuse(o, args, nargs, kwnames);
}

static PyObject *call(PyObject *self, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    PyObject *chosen = choose((overloads *)self, false, args, PyVectorcall_NARGS(nargsf), kwnames);
    return chosen == NULL ? NULL : ((tnpy_function *)chosen)->callable.vectorcall(chosen, args, nargsf, kwnames);
}

static PyObject *batch(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    PyObject *chosen = choose((overloads *)self, true, args, nargs, kwnames);
    return chosen == NULL ? NULL : tnpy_batch(chosen, args, nargs, kwnames);
}

/* --- the type ----------------------------------------------------------------------------------------------------- */

PyObject *tnpy_overloads_new(tnpy_state *state, PyObject *core, PyObject *module_name, const tn_overloads *def,
                             PyObject *const *functions)
{
    overloads *o = (overloads *)state->overloads_type->tp_alloc(state->overloads_type, 0);
    if (o == NULL)
        return NULL;
    o->vectorcall = call;
    o->def = def;
    o->state = state;
    o->core = Py_NewRef(core);
    o->module_name = Py_NewRef(module_name);
    o->candidates = PyTuple_New(def->ncandidates);
    for (int k = 0; o->candidates != NULL && k < def->ncandidates; k++)
        PyTuple_SET_ITEM(o->candidates, k, Py_NewRef(functions[def->candidates[k]]));
    if (o->candidates == NULL)
        Py_CLEAR(o);
    return (PyObject *)o;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    overloads *o = (overloads *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(o->core);
    Py_VISIT(o->candidates);
    return 0;
}

static void dealloc(PyObject *self)
{
    overloads *o = (overloads *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PyObject_ClearWeakRefs(self);
    Py_CLEAR(o->candidates);
    Py_CLEAR(o->module_name);
    Py_CLEAR(o->core);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyObject *get_name(PyObject *self, void *closure)
{
    (void)closure;
    return PyUnicode_FromString(((overloads *)self)->def->name);
}

static PyObject *get_doc(PyObject *self, void *closure)
{
    (void)closure;
    overloads *o = (overloads *)self;
    PyObject *signatures = list_signatures(o);
    PyObject *candidates = join("\n    ", signatures);
    PyObject *text = candidates == NULL
                         ? NULL
                         : PyUnicode_FromFormat("%s%sOne name for\n\n    %U", o->def->doc ? o->def->doc : "",
                                                o->def->doc ? "\n\n" : "", candidates);
    Py_XDECREF(signatures);
    Py_XDECREF(candidates);
    return text;
}

static PyObject *repr(PyObject *self)
{
    overloads *o = (overloads *)self;
    return PyUnicode_FromFormat("<function %U.%s of %zd candidates>", o->module_name, o->def->name,
                                PyTuple_GET_SIZE(o->candidates));
}

static PyObject *reduce(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return get_name(self, NULL);
}

static PyMethodDef methods[] = {
    {"batch", (PyCFunction)(void (*)(void))batch, METH_FASTCALL | METH_KEYWORDS,
     "batch($self, /, *args, **kwargs)\n--\n\n"
     "Run the candidate that fits at every point of the leading axes; see the candidate's own batch()."},
    {"__reduce__", reduce, METH_NOARGS, "Pickled by name."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"__name__", get_name, NULL, NULL, NULL},
    {"__qualname__", get_name, NULL, NULL, NULL},
    {"__doc__", get_doc, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(overloads, vectorcall), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(overloads, weakrefs), READONLY, NULL},
    {"__module__", T_OBJECT, offsetof(overloads, module_name), READONLY, NULL},
    {"candidates", T_OBJECT, offsetof(overloads, candidates), READONLY, "the functions, in order of preference"},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, TNPY_SLOT(dealloc)},
    {Py_tp_traverse, TNPY_SLOT(traverse)},
    {Py_tp_call, TNPY_SLOT(PyVectorcall_Call)},
    {Py_tp_repr, TNPY_SLOT(repr)},
    {Py_tp_descr_get, TNPY_SLOT(tnpy_bind_method)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_members, members},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tenon.Overloads",
    .basicsize = sizeof(overloads),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

PyTypeObject *tnpy_overloads_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &spec, NULL);
}
