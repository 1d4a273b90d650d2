/* SPDX-License-Identifier: BSD-3-Clause */
/* tenon._core: the module, its state, and the table through which compiled modules reach it. */
#include <Python.h>

#include "api.h"
#include "base.h"
#include "dtype.h"
#include "dtype_cache.h"
#include "error.h"
#include "function.h"
#include "gather.h"
#include "growable_type.h"
#include "indirect.h"
#include "handle.h"
#include "here.h"
#include "lend.h"
#include "making.h"
#include "memory.h"
#include "overload.h"
#include "protocol/pickle.h"
#include "record.h"
#include "release.h"
#include "slot.h"
#include "spare.h"
#include "span_type.h"
#include "state.h"
#include "tenon/python.h"
#include "tenon/version.h"

/* --- filling a compiled module ------------------------------------------------------------------------------------ */

static int add(PyObject *module, const char *name, PyObject *value)
{
    int status = value == NULL ? -1 : PyModule_AddObjectRef(module, name, value);
    Py_XDECREF(value);
    return status;
}

static PyObject *constant_value(const tn_constant *constant)
{
    switch ((tn_constant_kind)constant->kind) {
    case TN_CONSTANT_FLOAT:
        return PyFloat_FromDouble(constant->number);
    case TN_CONSTANT_TEXT:
        return PyUnicode_FromString(constant->text);
    case TN_CONSTANT_INT:
        break;
    }
    return constant->text != NULL ? PyLong_FromString(constant->text, NULL, 10)
                                  : PyLong_FromLongLong(constant->integer);
}

static int add_constants(PyObject *module, const tn_module *def)
{
    for (uint32_t i = 0; i < def->nconstants; i++)
        if (add(module, def->constants[i].name, constant_value(&def->constants[i])) < 0)
            return -1;
    return 0;
}

static int add_overloads(tnpy_state *state, PyObject *core, PyObject *module, PyObject *name, const tn_module *def,
                         PyObject *const *functions)
{
    for (int i = 0; i < def->noverloads; i++) {
        PyObject *overloads = tnpy_overloads_new(state, core, name, &def->overloads[i], functions);
        if (add(module, def->overloads[i].name, overloads) < 0)
            return -1;
    }
    return 0;
}

static int add_classes(PyObject *module, PyObject *classes, const tn_module *def, PyObject *const *functions)
{
    if (tnpy_classes_complete(classes, functions) < 0)
        return -1;
    for (int k = 0; k < def->nclasses; k++) {
        const tnpy_class *cls = (tnpy_class *)PyTuple_GET_ITEM(classes, k);
        if (PyModule_AddObjectRef(module, def->classes[k].name, (PyObject *)cls->type) < 0)
            return -1;
    }
    return 0;
}

static int add_functions(tnpy_state *state, PyObject *core, PyObject *module, const tn_module *def)
{
    PyObject *name = PyModule_GetNameObject(module);
    PyObject *classes = name == NULL ? NULL : tnpy_classes_new(state, core, name, def);
    PyObject **functions = PyMem_Calloc((size_t)def->nfunctions + 1, sizeof *functions);
    int status = classes == NULL || functions == NULL ? -1 : 0;
    for (int i = 0; i < def->nfunctions && status == 0; i++) {
        functions[i] = tnpy_function_new(state, core, name, classes, &def->functions[i]);
        if (functions[i] == NULL)
            status = -1;
        else if (!tnpy_is_method(def, i))
            status = PyModule_AddObjectRef(module, def->functions[i].name, functions[i]);
    }
    if (status == 0)
        status = add_overloads(state, core, module, name, def, functions);
    if (status == 0)
        status = add_classes(module, classes, def, functions);
    Py_XDECREF(classes);
    for (int i = 0; functions != NULL && i < def->nfunctions; i++)
        Py_XDECREF(functions[i]);
    PyMem_Free(functions);
    Py_XDECREF(name);
    return status;
}

/* --- what is made at first use ------------------------------------------------------------------------------------ */

/* Variables and structures need NumPy, where it is to be had; a module must not import it by being imported. They are
 * made by the module's __getattr__ (PEP 562), whose self is (tenon._core, descriptor, module). */

/* The memory is there as long as the process, since CPython unloads no extension. `owner` only stands for it: it must
 * not be the module, which keeps the array, and the array can't be traversed. */
static PyObject *variable_value(tnpy_state *state, const tn_variable *variable, PyObject *owner)
{
    tnpy_dtype_key key;
    tnpy_dtype_key_init(&key, variable->type, variable->character);
    PyObject *value = tnpy_lend_static(state, &key, variable->ndim, variable->shape, *variable->address,
                                       variable->readonly, owner);
    tnpy_dtype_key_clear(&key);
    return value;
}

static PyObject *record_value(tnpy_state *state, const tn_record *record)
{
    int numpy = tnpy_numpy_import(state);
    if (numpy == 0)
        PyErr_Format(PyExc_ImportError, "%s is a numpy.dtype, and NumPy cannot be imported", record->name);
    return numpy == 1 ? tnpy_numpy_dtype(record->type) : NULL;
}

static PyObject *make(tnpy_state *state, const tn_module *def, PyObject *owner, PyObject *name)
{
    for (int i = 0; i < def->nvariables; i++)
        if (PyUnicode_CompareWithASCIIString(name, def->variables[i].name) == 0)
            return variable_value(state, &def->variables[i], owner);
    for (int i = 0; i < def->nrecords; i++)
        if (PyUnicode_CompareWithASCIIString(name, def->records[i].name) == 0)
            return record_value(state, &def->records[i]);
    PyErr_Format(PyExc_AttributeError, "module '%s' has no attribute '%U'", def->name, name);
    return NULL;
}

static PyObject *module_getattr(PyObject *self, PyObject *name)
{
    if (!PyUnicode_Check(name))
        return PyErr_Format(PyExc_TypeError, "attribute name must be str, not %.100s", Py_TYPE(name)->tp_name);
    tnpy_state *state = tnpy_state_of(PyTuple_GET_ITEM(self, 0));
    PyObject *capsule = PyTuple_GET_ITEM(self, 1), *module = PyTuple_GET_ITEM(self, 2);
    PyObject *value = make(state, PyCapsule_GetPointer(capsule, NULL), capsule, name);
    if (value != NULL && PyObject_SetAttr(module, name, value) < 0)
        Py_CLEAR(value);
    return value;
}

static PyMethodDef getattr_method = {"__getattr__", module_getattr, METH_O, NULL};

static int add_getattr(PyObject *core, PyObject *module, const tn_module *def)
{
    if (def->nvariables == 0 && def->nrecords == 0)
        return 0;
    PyObject *capsule = PyCapsule_New((void *)def, NULL, NULL);
    PyObject *self = capsule == NULL ? NULL : PyTuple_Pack(3, core, capsule, module);
    Py_XDECREF(capsule);
    PyObject *function = self == NULL ? NULL : PyCFunction_New(&getattr_method, self);
    Py_XDECREF(self);
    return add(module, "__getattr__", function);
}

static int append_name(PyObject *list, const char *name)
{
    PyObject *text = PyUnicode_FromString(name);
    int status = text == NULL ? -1 : PyList_Append(list, text);
    Py_XDECREF(text);
    return status;
}

/* Everything public, so that dir(), completion and `from m import *` see what is not made yet. */
static int add_all(PyObject *module, const tn_module *def)
{
    PyObject *all = PyList_New(0);
    int status = all == NULL ? -1 : 0;
    for (int i = 0; i < def->nfunctions && status == 0; i++)
        if (!tnpy_is_method(def, i))
            status = append_name(all, def->functions[i].name);
    for (int i = 0; i < def->nclasses && status == 0; i++)
        status = append_name(all, def->classes[i].name);
    for (int i = 0; i < def->noverloads && status == 0; i++)
        status = append_name(all, def->overloads[i].name);
    for (uint32_t i = 0; i < def->nconstants && status == 0; i++)
        status = append_name(all, def->constants[i].name);
    for (int i = 0; i < def->nvariables && status == 0; i++)
        status = append_name(all, def->variables[i].name);
    for (int i = 0; i < def->nrecords && status == 0; i++)
        status = append_name(all, def->records[i].name);
    if (status < 0)
        Py_CLEAR(all);
    return add(module, "__all__", all);
}

/* dir(module): what is there, and what __getattr__ would make. */
static PyObject *module_dir(PyObject *module, PyObject *ignored)
{
    (void)ignored;
    PyObject *all = PyObject_GetAttrString(module, "__all__");
    PyObject *names = all == NULL ? NULL : PySet_New(all);
    PyObject *present = names == NULL ? NULL : PyDict_Keys(PyModule_GetDict(module));
    for (Py_ssize_t i = 0; present != NULL && i < PyList_GET_SIZE(present); i++)
        if (PySet_Add(names, PyList_GET_ITEM(present, i)) < 0)
            Py_CLEAR(present);
    PyObject *list = present == NULL ? NULL : PySequence_List(names);
    Py_XDECREF(all);
    Py_XDECREF(names);
    Py_XDECREF(present);
    return list;
}

static PyMethodDef dir_methods[] = {{"__dir__", module_dir, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};

/* --- the table ---------------------------------------------------------------------------------------------------- */

int tnpy_add_module(PyObject *module, const tn_module *def)
{
    if (def->abi != TN_MODULE_ABI) {
        PyErr_Format(PyExc_ImportError,
                     "%s was built for another version of tenon (module layout %u, this is %u); rebuild it", def->name,
                     (unsigned)def->abi, (unsigned)TN_MODULE_ABI);
        return -1;
    }
    tnpy_state *state = tnpy_here();
    if (state == NULL)
        return -1;
    PyObject *core = Py_NewRef(state->core);
    int status = def->doc == NULL ? 0 : PyModule_SetDocString(module, def->doc);
    if (status == 0)
        status = add_constants(module, def);
    if (status == 0)
        status = add_functions(state, core, module, def);
    if (status == 0)
        status = add_getattr(core, module, def);
    if (status == 0)
        status = add_all(module, def);
    if (status == 0)
        status = PyModule_AddFunctions(module, dir_methods);
    Py_DECREF(core);
    return status;
}

/* --- tenon._core -------------------------------------------------------------------------------------------------- */

/* The ways to make memory from Python. */
static int add_making(tnpy_state *state, PyObject *module)
{
    state->lent_type = tnpy_lent_make_type(module);
    if (state->lent_type == NULL || PyModule_AddFunctions(module, tnpy_making_methods) < 0 ||
        PyModule_AddFunctions(module, tnpy_lending_methods) < 0)
        return -1;
    return add(module, "growable", (PyObject *)tnpy_growable_make_type(module));
}

static int exec(PyObject *module)
{
    tnpy_state *state = tnpy_state_of(module);
    if (tnpy_inbox_join(state) < 0)
        return -1;
    state->core = module;
    state->signature_name = PyUnicode_InternFromString("__signature__");
    state->named_tuples = PyDict_New();
    state->call_error = tnpy_new_call_error();
    state->function_type = tnpy_function_make_type(module);
    state->overloads_type = tnpy_overloads_make_type(module);
    state->dtype_type = tnpy_dtype_make_type(module);
    state->memory_type = tnpy_memory_make_type(module);
    state->views_type = tnpy_views_make_type(module);
    state->block_type = tnpy_block_make_type(module);
    state->span_type = tnpy_span_make_type(module);
    state->span_iterator_type = tnpy_span_iterator_make_type(module);
    state->handle_type = tnpy_handle_make_type(module);
    state->class_type = tnpy_class_make_type(module);
    if (state->signature_name == NULL || state->named_tuples == NULL || state->call_error == NULL ||
        state->function_type == NULL || state->overloads_type == NULL || state->dtype_type == NULL ||
        state->memory_type == NULL || state->views_type == NULL || state->block_type == NULL ||
        state->span_type == NULL || state->span_iterator_type == NULL || state->handle_type == NULL ||
        state->class_type == NULL)
        return -1;
    if (add(module, "CallError", Py_NewRef(state->call_error)) < 0 ||
        add(module, "Function", Py_NewRef((PyObject *)state->function_type)) < 0 ||
        add(module, "Overloads", Py_NewRef((PyObject *)state->overloads_type)) < 0 ||
        add(module, "DType", Py_NewRef((PyObject *)state->dtype_type)) < 0 ||
        add(module, "Span", Py_NewRef((PyObject *)state->span_type)) < 0 ||
        add(module, "Exporter", (PyObject *)tnpy_exporter_make_type(module)) < 0 ||
        PyModule_AddFunctions(module, tnpy_gather_methods) < 0 ||
        PyModule_AddFunctions(module, tnpy_indirect_methods) < 0 ||
        add(module, "Handle", Py_NewRef((PyObject *)state->handle_type)) < 0 ||
        add(module, "_api", PyCapsule_New((void *)&tnpy_api, TN_API_CAPSULE, NULL)) < 0)
        return -1;
    if (add_making(state, module) < 0 || PyModule_AddFunctions(module, tnpy_pickle_methods) < 0)
        return -1;
    if (PyModule_AddIntConstant(module, "_module_abi", TN_MODULE_ABI) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "__version__", TENON_VERSION);
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    tnpy_state *state = tnpy_state_of(module);
    Py_VISIT(state->call_error);
    Py_VISIT(state->function_type);
    Py_VISIT(state->overloads_type);
    Py_VISIT(state->dtype_type);
    Py_VISIT(state->memory_type);
    Py_VISIT(state->views_type);
    Py_VISIT(state->block_type);
    Py_VISIT(state->span_type);
    Py_VISIT(state->span_iterator_type);
    Py_VISIT(state->lent_type);
    Py_VISIT(state->handle_type);
    Py_VISIT(state->class_type);
    for (int i = 0; i < TNPY_FORMAT_CHARACTERS; i++)
        Py_VISIT((PyObject *)state->dtypes[i]);
    int stop = tnpy_dtype_cache_traverse(state, visit, arg);
    if (stop != 0)
        return stop;
    Py_VISIT(state->named_tuples);
    Py_VISIT(state->protocol_names);
    return 0;
}

/* What the collector may break a cycle at. Not the types and what else is made only once: on a cycle that is garbage
 * there may be finalizers, to which all must still look whole. The collector clears types itself, and with them their
 * references to the module. */
static int clear(PyObject *module)
{
    tnpy_state *state = tnpy_state_of(module);
    tnpy_spare_free(&state->spare_memory);
    tnpy_spare_free(&state->spare_span);
    tnpy_spare_free_plain(&state->spare_block);
    for (int i = 0; i < TNPY_FORMAT_CHARACTERS; i++)
        Py_CLEAR(state->dtypes[i]);
    tnpy_dtype_cache_clear(state);
    return 0;
}

static void release(void *module)
{
    tnpy_state *state = tnpy_state_of(module);
    tnpy_inbox_leave(state);
    tnpy_here_forget();
    clear((PyObject *)module);
    Py_CLEAR(state->call_error);
    Py_CLEAR(state->function_type);
    Py_CLEAR(state->overloads_type);
    Py_CLEAR(state->dtype_type);
    Py_CLEAR(state->memory_type);
    Py_CLEAR(state->views_type);
    Py_CLEAR(state->block_type);
    Py_CLEAR(state->span_type);
    Py_CLEAR(state->span_iterator_type);
    Py_CLEAR(state->lent_type);
    Py_CLEAR(state->handle_type);
    Py_CLEAR(state->class_type);
    Py_CLEAR(state->signature_name);
    Py_CLEAR(state->named_tuples);
    Py_CLEAR(state->protocol_names);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, TNPY_SLOT(exec)},
#if PY_VERSION_HEX >= 0x030C0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030D0000
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

PyModuleDef tnpy_core_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "tenon._core",
    .m_doc = "The engine. Import tenon instead.",
    .m_size = sizeof(tnpy_state),
    .m_methods = tnpy_record_methods,
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC PyInit__core(void)
{
    return PyModuleDef_Init(&tnpy_core_module);
}
