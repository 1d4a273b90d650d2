/* SPDX-License-Identifier: BSD-3-Clause */
/* called(f): the C function behind a built-in function or method, as an object of a type of its own.
 *
 * CPython calls its own built-in types by shortcuts of its interpreter (PEP 659). Whoever needs more of a function than
 * a call, attributes for one, has a type of its own and the vectorcall protocol (PEP 590); this is the least such
 * type. */
#include <Python.h>
#include <stdbool.h>
#include <stddef.h>
#include <structmember.h>

typedef struct called {
    PyObject_HEAD
    vectorcallfunc vectorcall;
    PyMethodDef *method;
    PyObject *self;     /* what the C function gets first, where it is not the first argument */
    PyObject *original; /* whose method it is */
} called;

static PyObject *refuse(const called *f)
{
    return PyErr_Format(PyExc_TypeError, "%s() got other arguments", f->method->ml_name);
}

static PyObject *call_with_one(PyObject *obj, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    const called *f = (const called *)obj;
    return PyVectorcall_NARGS(nargsf) == 1 && kwnames == NULL ? f->method->ml_meth(f->self, args[0]) : refuse(f);
}

static PyObject *call_with_self(PyObject *obj, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    const called *f = (const called *)obj;
    bool fits = PyVectorcall_NARGS(nargsf) == 1 && kwnames == NULL;
    return fits && Py_TYPE(args[0]) == PyDescr_TYPE(f->original) ? f->method->ml_meth(args[0], NULL) : refuse(f);
}

static PyObject *call_with_many(PyObject *obj, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    const called *f = (const called *)obj;
    _PyCFunctionFast function = (_PyCFunctionFast)(void (*)(void))f->method->ml_meth;
    return kwnames == NULL ? function(f->self, args, PyVectorcall_NARGS(nargsf)) : refuse(f);
}

static PyObject *call_with_keywords(PyObject *obj, PyObject *const *args, size_t nargsf, PyObject *kwnames)
{
    const called *f = (const called *)obj;
    _PyCFunctionFastWithKeywords function = (_PyCFunctionFastWithKeywords)(void (*)(void))f->method->ml_meth;
    return function(f->self, args, PyVectorcall_NARGS(nargsf), kwnames);
}

static vectorcallfunc way_of(const PyMethodDef *method)
{
    switch (method->ml_flags) {
    case METH_O:
        return call_with_one;
    case METH_NOARGS:
        return call_with_self;
    case METH_FASTCALL:
        return call_with_many;
    default:
        return call_with_keywords;
    }
}

static void drop(PyObject *obj)
{
    PyTypeObject *type = Py_TYPE(obj);
    Py_DECREF(((called *)obj)->original);
    type->tp_free(obj);
    Py_DECREF(type);
}

static PyObject *bind(PyObject *function, PyObject *obj, PyObject *type)
{
    (void)type;
    return obj == NULL || obj == Py_None ? Py_NewRef(function) : PyMethod_New(function, obj);
}

static PyMemberDef members[] = {{"__vectorcalloffset__", T_PYSSIZET, offsetof(called, vectorcall), READONLY, NULL},
                                {NULL, 0, 0, 0, NULL}};
static PyType_Slot slots[] = {{Py_tp_dealloc, (void *)(uintptr_t)drop},
                              {Py_tp_call, (void *)(uintptr_t)PyVectorcall_Call},
                              {Py_tp_descr_get, (void *)(uintptr_t)bind},
                              {Py_tp_members, members},
                              {0, NULL}};
static PyType_Spec spec = {"called.called", sizeof(called), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR |
                               Py_TPFLAGS_IMMUTABLETYPE, /* else looking up a method is not specialised */
                           slots};
static PyTypeObject *called_type;

static PyObject *make(PyObject *module, PyObject *original)
{
    (void)module;
    bool is_function = PyCFunction_CheckExact(original);
    if (!is_function && Py_TYPE(original) != &PyMethodDescr_Type)
        return PyErr_Format(PyExc_TypeError, "a built-in function or method is required");
    called *f = (called *)called_type->tp_alloc(called_type, 0);
    if (f == NULL)
        return NULL;
    f->original = Py_NewRef(original);
    f->self = is_function ? PyCFunction_GET_SELF(original) : NULL;
    f->method = is_function ? ((PyCFunctionObject *)original)->m_ml : ((PyMethodDescrObject *)original)->d_method;
    f->vectorcall = way_of(f->method);
    return (PyObject *)f;
}

static PyMethodDef functions[] = {{"called", make, METH_O, NULL}, {NULL, NULL, 0, NULL}};
static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "called", .m_size = -1, .m_methods = functions};

PyMODINIT_FUNC PyInit_called(void)
{
    called_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return called_type == NULL ? NULL : PyModule_Create(&module);
}
