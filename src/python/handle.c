/* SPDX-License-Identifier: BSD-3-Clause */
#include "handle.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <structmember.h>

#include "call.h"
#include "error.h"
#include "fast.h"
#include "function.h"
#include "object.h"
#include "memory.h"
#include "owned.h"
#include "slot.h"
#include "span_walk.h"
#include "spare.h"

_Static_assert(offsetof(tnpy_handle, pointer) == offsetof(tn_object, pointer), "tn_object: pointer");
_Static_assert(offsetof(tnpy_handle, exclusive) == offsetof(tn_object, exclusive), "tn_object: exclusive");

static tnpy_handle *handle_of(PyObject *self)
{
    return (tnpy_handle *)self;
}

static const char *name_of(PyObject *self)
{
    return handle_of(self)->cls->def->name;
}

/* --- life and death ----------------------------------------------------------------------------------------------- */

static void dealloc(PyObject *self);
static PyObject *signature_of(PyObject *self, PyObject *obj, PyObject *type);

/* The class of C that a type is, or derives from: the type's base of which dealloc is our own has it in its dictionary,
 * which is immutable. Borrowed; NULL with an exception. */
static tnpy_class *find_class(PyTypeObject *type)
{
    PyTypeObject *base = type;
    while (base != NULL && base->tp_dealloc != dealloc)
        base = base->tp_base;
    bool derives = base != NULL && base->tp_base->tp_flags & Py_TPFLAGS_HEAPTYPE; /* tenon.Handle itself does not */
    tnpy_state *state = derives ? tnpy_state_of_type(base->tp_base) : NULL;
    if (state != NULL && state->last_class != NULL && state->last_class->type == base)
        return state->last_class;
    PyObject *found = state == NULL ? NULL : PyDict_GetItemWithError(base->tp_dict, state->signature_name);
    if (found != NULL && Py_TYPE(found)->tp_descr_get == signature_of) {
#ifndef Py_GIL_DISABLED
        state->last_class = (tnpy_class *)found;
#endif
        return (tnpy_class *)found;
    }
    if (!PyErr_Occurred())
        PyErr_Format(PyExc_TypeError, "%.100s is no class of C: tenon.Handle is only the base of those", type->tp_name);
    return NULL;
}

/* An object of exactly the class refers to nothing that could refer to it, and costs the collector nothing. */
static tnpy_handle *new_exact_handle(tnpy_class *cls)
{
    tnpy_handle *h = (tnpy_handle *)tnpy_spare_take(&cls->spare, cls->type);
    if (h == NULL)
        return NULL;
    h->lender.views = h->calls = 0;
    h->pointer = NULL;
    h->exclusive = 0;
    h->weakrefs = NULL;
    h->layout_ndim = 0;
    tnpy_views_init(&h->shown);
    return h;
}

static tnpy_handle *new_handle(tnpy_class *cls, PyTypeObject *type)
{
    tnpy_handle *h = type == cls->type ? new_exact_handle(cls) : (tnpy_handle *)type->tp_alloc(type, 0);
    if (h != NULL)
        h->cls = (tnpy_class *)Py_NewRef((PyObject *)cls);
    return h;
}

/* An object without its pointer yet, as closed ones are: __init__ makes it. */
static PyObject *handle_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    (void)args, (void)kwargs;
    tnpy_class *cls = find_class(type);
    return cls == NULL ? NULL : (PyObject *)new_handle(cls, type);
}

static int refuse_making(const tnpy_class *cls)
{
    const char *name = cls->def->name;
    if (cls->makers != NULL)
        PyErr_Format(PyExc_TypeError, "%s() makes nothing: C has no %s_new(); %s gives a %s", name, name, cls->makers,
                     name);
    else
        PyErr_Format(PyExc_TypeError, "%s() makes nothing: C has no %s_new(), and nothing else that returns a %s", name,
                     name, name);
    return -1;
}

static int handle_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    tnpy_handle *h = handle_of(self);
    if (h->cls->constructor == NULL)
        return refuse_making(h->cls);
    if (h->pointer != NULL) {
        PyErr_Format(PyExc_TypeError, "%s.__init__() was called already, and close() has not been", name_of(self));
        return -1;
    }
    return tnpy_call_into(h->cls->constructor, self, args, kwargs);
}

/* Calling the class itself, not one derived from it: there is no other __init__, so C makes its object first. */
static PyObject *construct(PyObject *type, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    tnpy_class *cls = find_class((PyTypeObject *)type);
    if (cls == NULL)
        return NULL;
    PyObject *constructor = cls->constructor;
    if (constructor == NULL) { /* the collector has cleared the class */
        refuse_making(cls);
        return NULL;
    }
    return ((const tn_callable *)constructor)->vectorcall(constructor, args, nargsf, kwnames);
}

/* The object gets its pointer. 0, or -1 with an exception: then it is freed. */
static int own_pointer(tnpy_handle *h, void *pointer)
{
    h->pointer = pointer;
    if (tnpy_handle_table_enter(&h->cls->table, h) == 0)
        return 0;
    h->pointer = NULL;
    h->cls->def->free(pointer);
    PyErr_NoMemory();
    return -1;
}

static void free_pointer(tnpy_handle *h)
{
    void *pointer = h->pointer;
    if (pointer == NULL)
        return;
    tnpy_handle_table_leave(&h->cls->table, h);
    h->pointer = NULL;
    h->cls->def->free(pointer);
}

/* A finalizer in Python has run before, and may have kept the object alive: then this is not reached. */
static void dealloc(PyObject *self)
{
    tnpy_handle *h = handle_of(self);
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    free_pointer(h); /* first: a callback of a weak reference may call C, which must not find what is dying */
    if (h->weakrefs != NULL)
        PyObject_ClearWeakRefs(self);
    tnpy_class *cls = h->cls;
    if (type == cls->type)
        tnpy_spare_keep(&cls->spare, self, false);
    else
        type->tp_free(self);
    Py_DECREF(cls);
    Py_DECREF(type);
}

/* There is no tp_clear: what the object keeps is needed to free the pointer, and is on no cycle of its own. */
static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(handle_of(self)->cls);
    return 0;
}

/* --- what every class has ----------------------------------------------------------------------------------------- */

static const char *plural(Py_ssize_t count)
{
    return count == 1 ? "" : "s";
}

static Py_ssize_t count_views(const tnpy_handle *h)
{
    return h->lender.views + tnpy_views_count(&h->shown);
}

static PyObject *handle_close(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    tnpy_handle *h = handle_of(self);
    Py_ssize_t views = count_views(h);
    if (views > 0)
        return PyErr_Format(PyExc_BufferError, "%s.close(): %zd view%s of its memory %s alive; let go of %s first",
                            name_of(self), views, plural(views), views == 1 ? "is" : "are", views == 1 ? "it" : "them");
    if (h->calls > 0)
        return PyErr_Format(PyExc_BufferError, "%s.close(): a call that uses the %s is under way", name_of(self),
                            name_of(self));
    free_pointer(h);
    Py_RETURN_NONE;
}

static PyObject *refuse_closed(PyObject *self, const char *function)
{
    return PyErr_Format(PyExc_ValueError, "%s.%s(): the %s is closed", name_of(self), function, name_of(self));
}

static PyObject *handle_enter(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return handle_of(self)->pointer == NULL ? refuse_closed(self, "__enter__") : Py_NewRef(self);
}

static PyObject *handle_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    (void)args, (void)nargs;
    return handle_close(self, NULL);
}

static PyObject *handle_reduce(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return PyErr_Format(PyExc_TypeError, "a %s can be neither pickled nor copied: only C knows what it is made of",
                        name_of(self));
}

static PyObject *get_closed(PyObject *self, void *closure)
{
    (void)closure;
    return PyBool_FromLong(handle_of(self)->pointer == NULL);
}

/* "x=1.0" where attribute k is a number, a text or a structure of them; NULL without an exception where it is none. */
static PyObject *show_attribute(PyObject *self, int k)
{
    const tnpy_class *cls = handle_of(self)->cls;
    const tn_method *method = &cls->def->methods[k];
    const tn_param *result = cls->module->functions[method->function].result;
    if (method->kind != TN_ATTRIBUTE || result == NULL ||
        (result->kind != TN_PARAM_VALUE && result->kind != TN_PARAM_TEXT))
        return NULL;
    PyObject *value = PyObject_GetAttrString(self, method->name);
    PyObject *text = value == NULL ? NULL : PyUnicode_FromFormat("%s=%R", method->name, value);
    Py_XDECREF(value);
    return text;
}

/* point(x=1.0, y=2.0), of the attributes; <point object> where there are none. */
static PyObject *handle_repr(PyObject *self)
{
    const tnpy_handle *h = handle_of(self);
    PyObject *name = PyType_GetName(Py_TYPE(self)), *shown = PyList_New(0), *text = NULL;
    int status = name == NULL || shown == NULL ? -1 : 0;
    for (int k = 0; h->pointer != NULL && k < h->cls->def->nmethods && status == 0; k++) {
        PyObject *attribute = show_attribute(self, k);
        if (attribute != NULL)
            status = PyList_Append(shown, attribute);
        else if (PyErr_Occurred())
            status = -1;
        Py_XDECREF(attribute);
    }
    PyObject *comma = status < 0 ? NULL : PyUnicode_FromString(", ");
    PyObject *joined = comma == NULL ? NULL : PyUnicode_Join(comma, shown);
    if (joined != NULL && PyList_GET_SIZE(shown) > 0)
        text = PyUnicode_FromFormat("%U(%U)", name, joined);
    else if (joined != NULL)
        text = PyUnicode_FromFormat(h->pointer == NULL ? "<closed %U>" : "<%U object>", name);
    Py_XDECREF(comma);
    Py_XDECREF(joined);
    Py_XDECREF(name);
    Py_XDECREF(shown);
    return text;
}

static PyMethodDef methods[] = {
    {"close", handle_close, METH_NOARGS,
     "close($self, /)\n--\n\nFree the object of C now, rather than when nothing refers to it any more.\n\n"
     "BufferError while views of its memory are alive, or while a call uses it. Closing twice is legal; everything else\n"
     "that is asked of a closed object is a ValueError."},
    {"__enter__", handle_enter, METH_NOARGS,
     "__enter__($self, /)\n--\n\nThe object itself; a ValueError if it is closed."},
    {"__exit__", (PyCFunction)(void (*)(void))handle_exit, METH_FASTCALL, "close()"},
    {"__reduce__", handle_reduce, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyGetSetDef attributes[] = {
    {"closed", get_closed, NULL, "whether the object of C is gone: closed, or never made", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

static PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(tnpy_handle, weakrefs), READONLY, NULL},
    {NULL, 0, 0, 0, NULL},
};

/* Its instances are smaller than those of the classes, of which each adds memory of its own, then: so Python derives
 * from no two of them, and turns no object of the one into an object of the other. */
static PyType_Slot base_slots[] = {
    {Py_tp_doc, "The base of the classes of C.\n\nAn object of C is freed when nothing refers to it or to its memory "
                "any more, or by close(); `with` closes it, too."},
    {Py_tp_new, TNPY_SLOT(handle_new)},
    {Py_tp_dealloc, TNPY_SLOT(dealloc)},
    {Py_tp_traverse, TNPY_SLOT(traverse)},
    {Py_tp_repr, TNPY_SLOT(handle_repr)},
    {Py_tp_methods, methods},
    {Py_tp_getset, attributes},
    {0, NULL},
};

static PyType_Spec base_spec = {
    .name = "tenon.Handle",
    .basicsize = sizeof(tnpy_lender),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = base_slots,
};

PyTypeObject *tnpy_handle_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &base_spec, NULL);
}

/* --- an object that is an array ----------------------------------------------------------------------------------- */

static int is_array(const tn_class *def)
{
    for (int k = 0; k < def->nmethods; k++)
        if (def->methods[k].kind == TN_BUFFER)
            return 1;
    return 0;
}

/* The buffer of a Span over what C lends now, which keeps the object. */
static int show_span(PyObject *span, Py_buffer *view, int flags)
{
    int status = span == NULL ? -1 : PyObject_GetBuffer(span, view, flags);
    Py_XDECREF(span);
    return status;
}

static bool has_layout(const tnpy_handle *h, const tn_span *span)
{
    bool same = h->layout_ndim == span->ndim;
    for (int k = 0; same && k < span->ndim; k++)
        same = h->layout[k] == span->shape[k] && h->layout[TNPY_SHOWN_NDIM + k] == span->strides[k];
    return same;
}

/* The layout goes to the object, which has room for one: all buffers that are alive must have the same. */
static bool keep_layout(tnpy_handle *h, const tn_span *span)
{
    if (span->ndim == 0)
        return true;
    if (h->layout_ndim > 0 && tnpy_views_count(&h->shown) > 0)
        return has_layout(h, span);
    h->layout_ndim = span->ndim;
    for (int k = 0; k < span->ndim; k++) {
        h->layout[k] = span->shape[k];
        h->layout[TNPY_SHOWN_NDIM + k] = span->strides[k];
    }
    return true;
}

/* The buffer of all there is to say, PyBUF_FULL_RO, as memoryview and NumPy ask for it, of numbers in memory of the
 * object's own. The object itself may not stand in view->obj: np.ndarray(buffer=memoryview(…)) keeps that, and nothing
 * of the buffer, and the object would not know. 0 without an exception where a Span must show it. */
static int show_plainly(tnpy_handle *h, tn_array *array, Py_buffer *view)
{
    const tnpy_function *f = (const tnpy_function *)h->cls->array;
    const tn_span *span = &array->span;
    const char *format = tnpy_owned_format(f, array);
    if (format == NULL || !keep_layout(h, span))
        return 0;
    view->obj = tnpy_views_add(f->state, h);
    if (view->obj == NULL)
        return 0;
    view->buf = span->data;
    view->len = tnpy_nbytes(span);
    view->itemsize = span->type->itemsize;
    view->readonly = (span->flags & TN_READONLY) != 0;
    view->ndim = span->ndim;
    view->format = (char *)format;
    view->shape = span->ndim == 0 ? NULL : h->layout;
    view->strides = span->ndim == 0 ? NULL : h->layout + TNPY_SHOWN_NDIM;
    view->suboffsets = NULL;
    view->internal = NULL;
    return 1;
}

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    tnpy_handle *h = handle_of(self);
    PyObject *function = h->cls->array;
    tn_array array;
    view->obj = NULL;
    /* np.ndarray(buffer=…) alone asks so; it gives the buffer back at once and keeps the address, uncounted. */
    if ((flags & ~PyBUF_WRITABLE) == PyBUF_ANY_CONTIGUOUS) {
        PyErr_Format(PyExc_BufferError,
                     "np.ndarray(buffer=...) would not hold the %s's memory; np.asarray(...) does, and so does "
                     "buffer=memoryview(...)",
                     name_of(self));
        return -1;
    }
    int called = tnpy_call_for_array(function, self, &array);
    if (called == 0)
        return show_span(tnpy_call_generally_for_span(function, self), view, flags);
    if (called < 0)
        return -1;
    if (flags == PyBUF_FULL_RO && show_plainly(h, &array, view))
        return 0;
    return show_span(tnpy_array_as_span(function, self, &array), view, flags);
}

/* Whatever stands in view->obj gives it back. That there is something to give back makes np.frombuffer hold it. */
static void release_buffer(PyObject *self, Py_buffer *view)
{
    (void)self, (void)view;
}

/* What consumers ask for that take no buffer, or were refused one: the object's array answers. */
static PyObject *ask_array(PyObject *array, const char *name, PyObject *const *args, Py_ssize_t nargs,
                           PyObject *kwnames)
{
    PyObject *method = array == NULL ? NULL : PyObject_GetAttrString(array, name);
    PyObject *answer = method == NULL ? NULL : PyObject_Vectorcall(method, args, (size_t)nargs, kwnames);
    Py_XDECREF(method);
    Py_XDECREF(array);
    return answer;
}

/* NumPy takes no notice of why an object has no buffer; what is raised here it passes on. */
static PyObject *to_array(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return ask_array(PyObject_CallOneArg(handle_of(self)->cls->array, self), "__array__", args, nargs, kwnames);
}

static PyObject *ask_span(PyObject *self, const char *name, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return ask_array(tnpy_call_for_span(handle_of(self)->cls->array, self), name, args, nargs, kwnames);
}

static PyObject *to_dlpack(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return ask_span(self, "__dlpack__", args, nargs, kwnames);
}

static PyObject *dlpack_device(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return ask_span(self, "__dlpack_device__", args, nargs, kwnames);
}

static PyObject *to_arrow(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return ask_span(self, "__arrow_c_array__", args, nargs, kwnames);
}

static PyObject *arrow_schema(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    return ask_span(self, "__arrow_c_schema__", args, nargs, kwnames);
}

#define PROTOCOL(name, function) {name, (PyCFunction)(void (*)(void))function, METH_FASTCALL | METH_KEYWORDS, NULL}

/* No array interface: its readers keep the object and an address, and nothing would count that. */
static PyMethodDef array_methods[] = {
    PROTOCOL("__array__", to_array),
    PROTOCOL("__dlpack__", to_dlpack),
    PROTOCOL("__dlpack_device__", dlpack_device),
    PROTOCOL("__arrow_c_schema__", arrow_schema),
    PROTOCOL("__arrow_c_array__", to_arrow),
    {NULL, NULL, 0, NULL},
};

/* --- one class ---------------------------------------------------------------------------------------------------- */

static PyObject *make_type(PyObject *module_name, const tn_class *def, PyTypeObject *base)
{
    PyType_Slot slots[] = {
        {Py_tp_new, TNPY_SLOT(handle_new)},
        {Py_tp_init, TNPY_SLOT(handle_init)},
        {Py_tp_dealloc, TNPY_SLOT(dealloc)},
        {Py_tp_traverse, TNPY_SLOT(traverse)},
        {Py_tp_members, members},
        {0, NULL}, {0, NULL}, {0, NULL}, {0, NULL}, {0, NULL},
    };
    PyType_Slot *next = &slots[5];
    if (def->doc != NULL)
        *next++ = (PyType_Slot){Py_tp_doc, (void *)def->doc};
    if (is_array(def)) {
        *next++ = (PyType_Slot){Py_bf_getbuffer, TNPY_SLOT(get_buffer)};
        *next++ = (PyType_Slot){Py_bf_releasebuffer, TNPY_SLOT(release_buffer)};
        *next++ = (PyType_Slot){Py_tp_methods, array_methods};
    }
    PyObject *full = PyUnicode_FromFormat("%U.%s", module_name, def->name);
    const char *name = full == NULL ? NULL : PyUnicode_AsUTF8(full);
    PyType_Spec spec = {
        .name = name,
        .basicsize = sizeof(tnpy_handle),
        .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
        .slots = slots,
    };
    PyObject *type = name == NULL ? NULL : PyType_FromSpecWithBases(&spec, (PyObject *)base);
    Py_XDECREF(full);
    return type;
}

static tnpy_class *make_class(tnpy_state *state, PyObject *core, PyObject *module_name, const tn_module *module,
                              const tn_class *def)
{
    tnpy_class *cls = (tnpy_class *)state->class_type->tp_alloc(state->class_type, 0);
    if (cls == NULL)
        return NULL;
    cls->def = def;
    cls->module = module;
    cls->core = Py_NewRef(core);
    cls->type = (PyTypeObject *)make_type(module_name, def, state->handle_type);
    if (cls->type != NULL && PyObject_SetAttrString((PyObject *)cls->type, "__signature__", (PyObject *)cls) == 0)
        return cls;
    Py_DECREF(cls);
    return NULL;
}

PyObject *tnpy_classes_new(tnpy_state *state, PyObject *core, PyObject *module_name, const tn_module *def)
{
    PyObject *classes = PyTuple_New(def->nclasses);
    for (int k = 0; classes != NULL && k < def->nclasses; k++) {
        tnpy_class *cls = make_class(state, core, module_name, def, &def->classes[k]);
        if (cls == NULL)
            Py_CLEAR(classes);
        else
            PyTuple_SET_ITEM(classes, k, (PyObject *)cls);
    }
    return classes;
}

/* --- its methods -------------------------------------------------------------------------------------------------- */

static int set(PyTypeObject *type, const char *name, PyObject *value)
{
    int status = value == NULL ? -1 : PyObject_SetAttrString((PyObject *)type, name, value);
    Py_XDECREF(value);
    return status;
}

static PyObject *setter_of(const tn_class *def, const char *name, PyObject *const *functions)
{
    for (int k = 0; k < def->nmethods; k++)
        if (def->methods[k].kind == TN_SET && strcmp(def->methods[k].name, name) == 0)
            return functions[def->methods[k].function];
    return Py_None;
}

/* Python's own property; its messages name the attribute. */
static PyObject *make_property(tnpy_class *cls, const tn_method *method, PyObject *const *functions)
{
    PyObject *getter = functions[method->function], *setter = setter_of(cls->def, method->name, functions);
    ((tnpy_function *)getter)->is_attribute = true;
    if (setter != Py_None)
        ((tnpy_function *)setter)->is_attribute = true;
    PyObject *property = PyObject_CallFunctionObjArgs((PyObject *)&PyProperty_Type, getter, setter, NULL);
    PyObject *named = property == NULL ? NULL
                      : PyObject_CallMethod(property, "__set_name__", "Os", (PyObject *)cls->type, method->name);
    if (named == NULL)
        Py_CLEAR(property);
    Py_XDECREF(named);
    return property;
}

static int has_attribute(const tn_class *def, const char *name)
{
    for (int k = 0; k < def->nmethods; k++)
        if (def->methods[k].kind == TN_ATTRIBUTE && strcmp(def->methods[k].name, name) == 0)
            return 1;
    return 0;
}

static int add_method(tnpy_class *cls, const tn_method *method, PyObject *const *functions)
{
    PyObject *function = functions[method->function];
    switch ((tn_method_kind)method->kind) {
    case TN_NEW:
        cls->constructor = Py_NewRef(function);
        return 0;
    case TN_SET:
        return 0; /* with the attribute that it sets */
    case TN_STATIC:
        return set(cls->type, method->name, PyStaticMethod_New(function));
    case TN_ATTRIBUTE:
        return set(cls->type, method->name, make_property(cls, method, functions));
    case TN_BUFFER:
        cls->array = Py_NewRef(function);
        if (has_attribute(cls->def, method->name))
            return 0;
        break;
    case TN_METHOD:
        break;
    }
    return set(cls->type, method->name, Py_NewRef(function));
}

/* "grid.load() or stack()": what a caller may do where the class itself makes nothing. */
static int list_makers(tnpy_class *cls, int number)
{
    char text[256] = "";
    size_t used = 0;
    for (int i = 0; i < cls->module->nfunctions && used < sizeof text; i++) {
        const tn_function *function = &cls->module->functions[i];
        if (function->result != NULL && function->result->kind == TN_PARAM_HANDLE && function->result->handle == number)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s()", used == 0 ? "" : " or ",
                                     function->name);
    }
    if (used == 0)
        return 0;
    cls->makers = PyMem_Malloc(strlen(text) + 1);
    if (cls->makers == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    memcpy(cls->makers, text, strlen(text) + 1);
    return 0;
}

int tnpy_classes_complete(PyObject *classes, PyObject *const *functions)
{
    for (Py_ssize_t n = 0; n < PyTuple_GET_SIZE(classes); n++) {
        tnpy_class *cls = (tnpy_class *)PyTuple_GET_ITEM(classes, n);
        for (int k = 0; k < cls->def->nmethods; k++)
            if (add_method(cls, &cls->def->methods[k], functions) < 0)
                return -1;
        if (list_makers(cls, (int)n) < 0)
            return -1;
        if (cls->constructor != NULL)
            cls->type->tp_vectorcall = construct;
        cls->type->tp_flags |= Py_TPFLAGS_IMMUTABLETYPE;
        PyType_Modified(cls->type);
    }
    return 0;
}

int tnpy_is_method(const tn_module *def, int function)
{
    for (int n = 0; n < def->nclasses; n++)
        for (int k = 0; k < def->classes[n].nmethods; k++)
            if (def->classes[n].methods[k].function == function)
                return 1;
    return 0;
}

/* --- tnpy_class, which is also the descriptor __signature__ ------------------------------------------------------- */

static int class_traverse(PyObject *self, visitproc visit, void *arg)
{
    tnpy_class *cls = (tnpy_class *)self;
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(cls->core);
    Py_VISIT(cls->type);
    Py_VISIT(cls->constructor);
    Py_VISIT(cls->array);
    return 0;
}

static int class_clear(PyObject *self)
{
    tnpy_class *cls = (tnpy_class *)self;
    tnpy_state *state = tnpy_state_of(cls->core);
    if (state->last_class == cls)
        state->last_class = NULL;
    tnpy_spare_free(&cls->spare); /* which needs its type to be there */
    Py_CLEAR(cls->type);
    Py_CLEAR(cls->constructor);
    Py_CLEAR(cls->array);
    return 0;
}

static void class_dealloc(PyObject *self)
{
    tnpy_class *cls = (tnpy_class *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    class_clear(self);
    tnpy_handle_table_clear(&cls->table);
    PyMem_Free(cls->makers);
    Py_CLEAR(cls->core);
    type->tp_free(self);
    Py_DECREF(type);
}

/* inspect.signature(grid): that of the constructor, where no derived class has one of its own. */
static PyObject *signature_of(PyObject *self, PyObject *obj, PyObject *type)
{
    tnpy_class *cls = (tnpy_class *)self;
    PyTypeObject *owner = (PyTypeObject *)type;
    bool asked_of_class = (obj == NULL || obj == Py_None) && type != NULL && PyType_Check(type);
    if (asked_of_class && cls->constructor != NULL && owner->tp_init == handle_init && owner->tp_new == handle_new)
        return PyObject_GetAttrString(cls->constructor, "__signature__");
    PyErr_SetString(PyExc_AttributeError, "__signature__");
    return NULL;
}

static PyType_Slot class_slots[] = {
    {Py_tp_dealloc, TNPY_SLOT(class_dealloc)},
    {Py_tp_traverse, TNPY_SLOT(class_traverse)},
    {Py_tp_clear, TNPY_SLOT(class_clear)},
    {Py_tp_descr_get, TNPY_SLOT(signature_of)},
    {0, NULL},
};

static PyType_Spec class_spec = {
    .name = "tenon._core.Class",
    .basicsize = sizeof(tnpy_class),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = class_slots,
};

PyTypeObject *tnpy_class_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &class_spec, NULL);
}

/* --- in a call ---------------------------------------------------------------------------------------------------- */

static tnpy_class *wanted_class(const tnpy_function *f, const tn_param *param)
{
    return (tnpy_class *)PyTuple_GET_ITEM(f->classes, param->handle);
}

/* An object of the class, or of one derived from it: what its instances keep says so. */
static bool is_object_of(PyObject *obj, const tnpy_class *cls)
{
    PyTypeObject *base = Py_TYPE(obj);
    while (base != NULL && base->tp_dealloc != dealloc)
        base = base->tp_base;
    return base == cls->type;
}

static tn_status refuse_handle(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): %s must be %s, got %.100s", frame->def->name, param->name,
                   param->annotation, tnpy_type_name(frame->objects[i]));
}

tn_status tnpy_convert_handle(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    const tnpy_class *cls = wanted_class(frame->function, param);
    PyObject *obj = frame->objects[i];
    if (!is_object_of(obj, cls))
        return refuse_handle(frame, i);
    tnpy_handle *h = handle_of(obj);
    if (h->pointer == NULL && tnpy_is_self(param))
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): the %s is closed", frame->def->name, cls->def->name);
    if (h->pointer == NULL)
        return tn_fail(&frame->error, TN_WRONG_VALUE, "%s(): %s is a closed %s", frame->def->name, param->name,
                       cls->def->name);
    if (h->exclusive)
        return tn_fail(&frame->error, TN_BUSY, "%s(): a call that excludes others uses the %s", frame->def->name,
                       cls->def->name);
    memcpy(frame->scratch + frame->function->slots[i].offset, &h->pointer, sizeof h->pointer);
    frame->sources[i] = TNPY_SCRATCH;
    frame->handles[frame->nhandles++] = obj;
    h->calls++;
    return TN_OK;
}

void tnpy_handles_done(tnpy_frame *frame)
{
    if (frame->exclusive)
        handle_of(frame->handles[0])->exclusive = 0;
    while (frame->nhandles > 0)
        handle_of(frame->handles[--frame->nhandles])->calls--;
}

/* The first object is the one; it may have been passed more than once. */
tn_status tnpy_check_exclusive(tnpy_frame *frame)
{
    if (!(frame->def->flags & TN_EXCLUSIVE) || frame->nhandles == 0)
        return TN_OK;
    tnpy_handle *h = handle_of(frame->handles[0]);
    const char *function = frame->def->name, *name = h->cls->def->name;
    Py_ssize_t views = count_views(h), own = 0;
    for (int k = 0; k < frame->nhandles; k++)
        own += frame->handles[k] == frame->handles[0];
    if (views > 0)
        return tn_fail(&frame->error, TN_BUSY,
                       "%s(): %td view%s of the %s's memory %s alive, which C may move or free; let go of %s first", function,
                       (ptrdiff_t)views, plural(views), name, views == 1 ? "is" : "are", views == 1 ? "it" : "them");
    if (h->calls > own)
        return tn_fail(&frame->error, TN_BUSY, "%s(): another call that uses the %s is under way", function, name);
    h->exclusive = 1;
    frame->exclusive = true;
    return TN_OK;
}

/* --- results ------------------------------------------------------------------------------------------------------ */

/* __init__: what is made while the object has got a pointer already (arguments that run Python code can do that) is
 * freed. */
static PyObject *put_into_target(PyObject *target, const tnpy_class *cls, void *pointer)
{
    tnpy_handle *h = handle_of(target);
    if (h->pointer != NULL) {
        cls->def->free(pointer);
        return PyErr_Format(PyExc_TypeError, "%s.__init__() was called while it was under way", cls->def->name);
    }
    if (own_pointer(h, pointer) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *owned_already(const tnpy_function *f, const tnpy_class *cls, PyObject *owner)
{
    if ((const PyObject *)f != cls->constructor)
        return Py_NewRef(owner);
    return PyErr_Format(PyExc_RuntimeError, "%s(): C returned a %s that Python has already, and no new one",
                        f->def->name, cls->def->name);
}

/* An object for a pointer that C has returned just now. Up to Python 3.11 an allocation may collect garbage, whose
 * finalizers could free that pointer, or be given it. */
static tnpy_handle *new_owner(tnpy_class *cls)
{
#if PY_VERSION_HEX < 0x030C0000
    int collects = PyGC_Disable();
#endif
    tnpy_handle *h = new_handle(cls, cls->type);
#if PY_VERSION_HEX < 0x030C0000
    if (collects)
        PyGC_Enable();
#endif
    return h;
}

PyObject *tnpy_handle_result(const tnpy_function *f, void *pointer, PyObject *target)
{
    tnpy_class *cls = wanted_class(f, f->def->result);
    if (pointer == NULL)
        return PyErr_Format(PyExc_MemoryError, "%s(): C returned no %s (out of memory)", f->def->name, cls->def->name);
    PyObject *owner = (PyObject *)tnpy_handle_table_find(&cls->table, pointer);
    if (owner != NULL)
        return owned_already(f, cls, owner);
    if (target != NULL)
        return put_into_target(target, cls, pointer);
    tnpy_handle *h = new_owner(cls);
    if (h == NULL)
        cls->def->free(pointer);
    else if (own_pointer(h, pointer) < 0)
        Py_CLEAR(h);
    return (PyObject *)h;
}
