/* SPDX-License-Identifier: BSD-3-Clause */
/* The least that an exporter in C can be: a fixed block of doubles, and a getbuffer that fills in what is asked for. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

enum { ROWS = 3, COLUMNS = 4 };

typedef struct exporter {
    PyObject_HEAD
    double memory[ROWS][COLUMNS];
} exporter;

static Py_ssize_t shape[2] = {ROWS, COLUMNS};
static Py_ssize_t strides[2] = {COLUMNS * sizeof(double), sizeof(double)};

static int get_buffer(PyObject *self, Py_buffer *view, int flags)
{
    view->buf = ((exporter *)self)->memory;
    view->len = sizeof ((exporter *)self)->memory;
    view->readonly = 0;
    view->itemsize = sizeof(double);
    view->format = flags & PyBUF_FORMAT ? "d" : NULL;
    view->ndim = 2;
    view->shape = shape;
    view->strides = strides;
    view->suboffsets = NULL;
    view->internal = NULL;
    view->obj = Py_NewRef(self);
    return 0;
}

static PyBufferProcs buffer_procs = {get_buffer, NULL};

static PyTypeObject exporter_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "exporter.Exporter",
    .tp_basicsize = sizeof(exporter),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_as_buffer = &buffer_procs,
};

static PyObject *view(PyObject *self, PyObject *obj)
{
    (void)self;
    return PyMemoryView_FromObject(obj);
}

static PyMethodDef methods[] = {{"view", view, METH_O, NULL}, {NULL, NULL, 0, NULL}};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "exporter", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC PyInit_exporter(void)
{
    if (PyType_Ready(&exporter_type) < 0)
        return NULL;
    PyObject *self = PyModule_Create(&module);
    if (self != NULL && PyModule_AddObjectRef(self, "Exporter", (PyObject *)&exporter_type) < 0)
        Py_CLEAR(self);
    return self;
}
