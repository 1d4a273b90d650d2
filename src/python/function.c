/* SPDX-License-Identifier: BSD-3-Clause */
#include "function.h"

#include <stddef.h>
#include <string.h>
#include <structmember.h>

#include "call.h"
#include "error.h"
#include "fast.h"
#include "handle.h"
#include "protocol/ufunc.h"
#include "rows.h"
#include "slot.h"
#include "tenon/array.h"

/* --- making ------------------------------------------------------------------------------------------------------- */

enum { SLOT_ALIGNMENT = 16 }; /* enough for every scalar type and so for every structure without attributes */

static size_t scratch_needed(const tn_param *param)
{
    if (param->kind == TN_PARAM_TEXT || param->kind == TN_PARAM_HANDLE)
        return sizeof(char *);
    if (param->kind == TN_PARAM_OWNED)
        return sizeof(tn_array);
    if (param->kind == TN_PARAM_ROWS)
        return tnpy_rows_size(param);
    return param->kind == TN_PARAM_VALUE ? (size_t)param->type->itemsize : 0;
}

static int fill_slot(tnpy_function *f, int i, const tn_param *param)
{
    tnpy_slot *slot = &f->slots[i];
    slot->param = param;
    slot->name = PyUnicode_InternFromString(param->name);
    slot->offset = f->scratch_size;
    f->scratch_size += (scratch_needed(param) + SLOT_ALIGNMENT - 1) / SLOT_ALIGNMENT * SLOT_ALIGNMENT;
    bool elements = param->kind == TN_PARAM_ARRAY || param->kind == TN_PARAM_ROWS;
    tnpy_dtype_key_init(&slot->key, param->type, elements && param->flags & TN_CHARACTER);
    f->noutputs += tnpy_is_returned(param);
    return slot->name == NULL ? -1 : 0;
}

static int fill_slots(tnpy_function *f)
{
    const tn_function *def = f->def;
    for (int i = 0; i < def->nparams; i++) {
        const tn_param *param = &def->params[i];
        if (fill_slot(f, i, param) < 0)
            return -1;
        if (param->kind == TN_PARAM_HANDLE)
            f->accepted[i] = Py_NewRef(tnpy_class_type(PyTuple_GET_ITEM(f->classes, param->handle)));
        if (param->direction != TN_OUT)
            f->positional[f->npositional++] = (uint16_t)i;
        f->any_written |= param->direction != TN_IN;
        f->any_rows |= param->kind == TN_PARAM_ROWS;
        f->any_strided |= param->kind == TN_PARAM_VIEW || param->kind == TN_PARAM_SPAN || param->kind == TN_PARAM_ROWS;
    }
    return def->result == NULL ? 0 : fill_slot(f, def->nparams, def->result);
}

static PyObject *raise_failure(PyObject *self, int64_t code)
{
    tnpy_function *f = (tnpy_function *)self;
    return tnpy_raise_call_error(f->state, f->def, code, NULL);
}

/* Three ways through a call, each of which falls back on the next: the glue's own, where it has one; the plan's; the
 * general one. */
static void fill_callable(tnpy_function *f)
{
    tn_callable *callable = &f->callable;
    callable->general = f->plan != NULL ? tnpy_call_planned : tnpy_call;
    callable->vectorcall = f->plan != NULL && f->def->call != NULL ? (vectorcallfunc)f->def->call : callable->general;
    callable->ndarray = &f->state->ndarray;
    callable->accepted = f->accepted;
    callable->failed = raise_failure;
    callable->made = tnpy_made;
    callable->last = tnpy_call;
    callable->make = tnpy_make_output;
}

PyObject *tnpy_function_new(tnpy_state *state, PyObject *core, PyObject *module_name, PyObject *classes,
                            const tn_function *def)
{
    if (def->nparams > TN_MAX_PARAMS || def->nsizes > TN_MAX_SIZES) {
        PyErr_Format(PyExc_ImportError, "%s() has more than %d parameters or %d sizes", def->name, (int)TN_MAX_PARAMS,
                     (int)TN_MAX_SIZES);
        return NULL;
    }
    tnpy_function *f = (tnpy_function *)state->function_type->tp_alloc(state->function_type, 0);
    if (f == NULL)
        return NULL;
    f->def = def;
    f->state = state;
    f->core = Py_NewRef(core);
    f->module_name = Py_NewRef(module_name);
    f->classes = Py_XNewRef(classes);
    f->nargs = def->nparams + (def->result != NULL);
    f->slots = PyMem_Calloc((size_t)f->nargs + 1, sizeof *f->slots);
    f->positional = PyMem_Calloc((size_t)def->nparams + 1, sizeof *f->positional);
    f->accepted = PyMem_Calloc((size_t)def->nparams + 1, sizeof *f->accepted);
    if (f->slots == NULL || f->positional == NULL || f->accepted == NULL)
        PyErr_NoMemory();
    else if (fill_slots(f) == 0 && tnpy_plan_new(f, &f->plan) == 0) {
        fill_callable(f);
        return (PyObject *)f;
    }
    Py_DECREF(f);
    return NULL;
}

/* --- living and dying --------------------------------------------------------------------------------------------- */

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    tnpy_function *f = (tnpy_function *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(f->core);
    Py_VISIT(f->ufunc);
    Py_VISIT(f->classes);
    Py_VISIT(f->lent_dtype);
    for (int i = 0; f->slots != NULL && i < f->nargs; i++) {
        Py_VISIT(f->slots[i].key.seen);
        Py_VISIT(f->slots[i].key.dtype);
        Py_VISIT(f->slots[i].key.lent);
    }
    for (int i = 0; f->accepted != NULL && i < f->def->nparams; i++)
        Py_VISIT(f->accepted[i]);
    return 0;
}

static int clear(PyObject *self)
{
    tnpy_function *f = (tnpy_function *)self;
    Py_CLEAR(f->ufunc);
    Py_CLEAR(f->classes);
    Py_CLEAR(f->lent_dtype);
    for (int i = 0; f->slots != NULL && i < f->nargs; i++)
        tnpy_dtype_key_clear(&f->slots[i].key);
    for (int i = 0; f->accepted != NULL && i < f->def->nparams; i++)
        Py_CLEAR(f->accepted[i]);
    return 0;
}

static void dealloc(PyObject *self)
{
    tnpy_function *f = (tnpy_function *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PyObject_ClearWeakRefs(self);
    clear(self);
    for (int i = 0; f->slots != NULL && i < f->nargs; i++)
        Py_CLEAR(f->slots[i].name);
    tnpy_plan_free(f->plan);
    PyMem_Free(f->accepted);
    PyMem_Free(f->slots);
    PyMem_Free(f->positional);
    PyMem_Free(f->ufunc_name);
    Py_CLEAR(f->module_name);
    Py_CLEAR(f->core);
    type->tp_free(self);
    Py_DECREF(type);
}

/* --- what Python sees --------------------------------------------------------------------------------------------- */

static PyObject *text_or_none(const char *text)
{
    if (text == NULL)
        Py_RETURN_NONE;
    return PyUnicode_FromString(text);
}

/* A method is called "grid.fill" in messages. */
static PyObject *get_qualname(PyObject *self, void *closure)
{
    (void)closure;
    return PyUnicode_FromString(((tnpy_function *)self)->def->name);
}

static PyObject *get_name(PyObject *self, void *closure)
{
    (void)closure;
    const char *name = ((tnpy_function *)self)->def->name, *dot = strrchr(name, '.');
    return PyUnicode_FromString(dot == NULL ? name : dot + 1);
}

static PyObject *get_doc(PyObject *self, void *closure)
{
    (void)closure;
    return text_or_none(((tnpy_function *)self)->def->doc);
}

static PyObject *get_batch_signature(PyObject *self, void *closure)
{
    (void)closure;
    return text_or_none(((tnpy_function *)self)->def->signature);
}

static PyObject *get_source(PyObject *self, void *closure)
{
    (void)closure;
    return text_or_none(((tnpy_function *)self)->def->source);
}

static PyObject *call_helper(const char *module_name, const char *function, PyObject *args)
{
    PyObject *module = args == NULL ? NULL : PyImport_ImportModule(module_name);
    PyObject *callable = module == NULL ? NULL : PyObject_GetAttrString(module, function);
    PyObject *result = callable == NULL ? NULL : PyObject_CallObject(callable, args);
    Py_XDECREF(module);
    Py_XDECREF(callable);
    Py_XDECREF(args);
    return result;
}

/* The parameters as tenon._signature wants them: (name, annotation, kind, has default), kind as inspect.Parameter's. */
static PyObject *describe_parameters(tnpy_function *f)
{
    enum { POSITIONAL_ONLY = 0, POSITIONAL_OR_KEYWORD = 1, KEYWORD_ONLY = 3 };
    PyObject *list = PyList_New(0);
    for (int i = 0; list != NULL && i < f->def->nparams; i++) {
        const tn_param *param = &f->def->params[i];
        int kind = param->direction == TN_OUT ? KEYWORD_ONLY
                   : param->flags & TN_POSITIONAL ? POSITIONAL_ONLY : POSITIONAL_OR_KEYWORD;
        const char *annotation = i == 0 && tnpy_is_self(param) ? "" : param->annotation;
        int has_default = param->direction == TN_OUT || param->flags & TN_DEFAULTS;
        PyObject *item = Py_BuildValue("ssii", param->name, annotation, kind, has_default);
        if (item == NULL || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

/* The annotations of what is returned: the C result first, then the outputs. */
static PyObject *describe_results(tnpy_function *f)
{
    PyObject *list = PyList_New(0);
    for (int n = 0; list != NULL && n < f->nargs; n++) {
        int i = f->def->result == NULL ? n : n == 0 ? f->def->nparams : n - 1;
        const tn_param *param = f->slots[i].param;
        if (!tnpy_is_returned(param))
            continue;
        PyObject *item = PyUnicode_FromString(param->annotation);
        if (item == NULL || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *get_python_signature(PyObject *self, void *closure)
{
    (void)closure;
    tnpy_function *f = (tnpy_function *)self;
    PyObject *parameters = describe_parameters(f);
    PyObject *results = describe_results(f);
    PyObject *args = parameters != NULL && results != NULL ? PyTuple_Pack(2, parameters, results) : NULL;
    Py_XDECREF(parameters);
    Py_XDECREF(results);
    return call_helper("tenon._signature", "signature", args);
}

static PyObject *get_ufunc(PyObject *self, void *closure)
{
    (void)closure;
    tnpy_function *f = (tnpy_function *)self;
    if (f->ufunc == NULL) {
        PyObject *made = tnpy_ufunc_new(f); /* may run Python code, which may ask for it, too */
        Py_XSETREF(f->ufunc, made);
    }
    return Py_XNewRef(f->ufunc);
}

/* What coerce() may convert: (name, dtype, rows, any_byte), dtype None for all that must be passed as it is; rows says
 * that each row may be an array of its own, any_byte that any elements of one byte are taken as they are. */
static PyObject *get_inputs(PyObject *self, void *closure)
{
    (void)closure;
    tnpy_function *f = (tnpy_function *)self;
    int numpy = tnpy_numpy_import(f->state);
    if (numpy <= 0) {
        if (numpy == 0)
            PyErr_SetString(PyExc_ImportError, "coerce() converts with NumPy, which cannot be imported");
        return NULL;
    }
    PyObject *list = PyList_New(0);
    for (int k = 0; list != NULL && k < f->npositional; k++) {
        const tn_param *param = &f->def->params[f->positional[k]];
        int rows = param->kind == TN_PARAM_ROWS;
        int array = param->kind == TN_PARAM_ARRAY || param->kind == TN_PARAM_VIEW || rows;
        int converted = param->direction == TN_IN && array;
        int any_byte = (param->flags & TN_CHARACTER) != 0;
        PyObject *dtype = converted ? tnpy_numpy_dtype(param->type) : Py_NewRef(Py_None);
        PyObject *item = dtype == NULL ? NULL
                                       : Py_BuildValue("(sNOO)", param->name, dtype, rows ? Py_True : Py_False,
                                                       any_byte ? Py_True : Py_False);
        if (item == NULL || PyList_Append(list, item) < 0)
            Py_CLEAR(list);
        Py_XDECREF(item);
    }
    return list;
}

static PyObject *coerce(PyObject *self, PyObject *args, PyObject *kwargs)
{
    return call_helper("tenon._coerce", "call", Py_BuildValue("(OOO)", self, args, kwargs != NULL ? kwargs : Py_None));
}

static PyObject *repr(PyObject *self)
{
    tnpy_function *f = (tnpy_function *)self;
    PyObject *signature = get_python_signature(self, NULL);
    if (signature == NULL)
        return NULL;
    PyObject *text = PyUnicode_FromFormat("<function %U.%s%S>", f->module_name, f->def->name, signature);
    Py_DECREF(signature);
    return text;
}

/* Pickled by name, as functions are. */
static PyObject *reduce(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return get_qualname(self, NULL);
}

PyObject *tnpy_bind_method(PyObject *self, PyObject *obj, PyObject *type)
{
    (void)type;
    return obj == NULL || obj == Py_None ? Py_NewRef(self) : PyMethod_New(self, obj);
}

static PyMethodDef methods[] = {
    {"batch", (PyCFunction)(void (*)(void))tnpy_batch, METH_FASTCALL | METH_KEYWORDS,
     "batch($self, /, *args, **kwargs)\n--\n\nRun the function at every point of the leading axes.\n\n"
     "Arguments have their own axes last and the loop's axes in front, which broadcast against each other as NumPy's do; what\n"
     "is written in place has the loop's full shape. Outputs are allocated with the loop's axes in front, or passed by\n"
     "keyword. An error code stops the batch with tenon.CallError, whose `point` is the index; Ctrl-C stops it, too."},
    {"coerce", (PyCFunction)(void (*)(void))coerce, METH_VARARGS | METH_KEYWORDS,
     "coerce($self, /, *args, **kwargs)\n--\n\nCall the function, converting the arrays it only reads.\n\n"
     "Lists, other orders and element types of the same kind become arrays that fit, as copies where they must be. What the\n"
     "function writes to is never converted."},
    {"__reduce__", reduce, METH_NOARGS, "Pickled by name."},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"__name__", get_name, NULL, NULL, NULL},
    {"__qualname__", get_qualname, NULL, NULL, NULL},
    {"__doc__", get_doc, NULL, NULL, NULL},
    {"__signature__", get_python_signature, NULL, NULL, NULL},
    {"signature", get_batch_signature, NULL, "the signature as a generalised ufunc; None if there is no batch()", NULL},
    {"source", get_source, NULL, "where the C prototype stands: file:line:column", NULL},
    {"ufunc", get_ufunc, NULL, "the function as a numpy.ufunc", NULL},
    {"_inputs", get_inputs, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__vectorcalloffset__", T_PYSSIZET, offsetof(tnpy_function, callable.vectorcall), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(tnpy_function, weakrefs), READONLY, NULL},
    {"__module__", T_OBJECT, offsetof(tnpy_function, module_name), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

static PyType_Slot slots[] = {
    {Py_tp_dealloc, TNPY_SLOT(dealloc)},
    {Py_tp_traverse, TNPY_SLOT(traverse)},
    {Py_tp_clear, TNPY_SLOT(clear)},
    {Py_tp_call, TNPY_SLOT(PyVectorcall_Call)},
    {Py_tp_repr, TNPY_SLOT(repr)},
    {Py_tp_descr_get, TNPY_SLOT(tnpy_bind_method)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {Py_tp_members, members},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tenon.Function",
    .basicsize = sizeof(tnpy_function),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR |
             Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

PyTypeObject *tnpy_function_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &spec, NULL);
}
