/* SPDX-License-Identifier: BSD-3-Clause */
#include "names.h"

#include "../object.h"
#include "dlpack_abi.h"

static PyObject *make(void)
{
    PyObject *version = PyUnicode_InternFromString("max_version"), *copy = PyUnicode_InternFromString("copy");
    PyObject *names = version == NULL || copy == NULL
                          ? NULL
                          : Py_BuildValue("(NNNN(OO)(O)(ii))", PyUnicode_InternFromString("__array_struct__"),
                                          PyUnicode_InternFromString("__arrow_c_array__"),
                                          PyUnicode_InternFromString("__dlpack__"),
                                          PyUnicode_InternFromString("__array_interface__"), version, copy, version,
                                          TNPY_DL_MAJOR, TNPY_DL_MINOR);
    Py_XDECREF(version);
    Py_XDECREF(copy);
    return names;
}

PyObject *tnpy_protocol_name(tnpy_state *state, tnpy_name name)
{
    if (state->protocol_names == NULL) {
        PyObject *made = make();
        if (made == NULL)
            return NULL;
        Py_XSETREF(state->protocol_names, made);
    }
    return PyTuple_GET_ITEM(state->protocol_names, name);
}

int tnpy_protocol_attribute(tnpy_state *state, PyObject *obj, tnpy_name name, PyObject **out)
{
    *out = NULL;
    if (PyType_Check(obj))
        return 0; /* a class that defines the attribute is no array */
    PyObject *text = tnpy_protocol_name(state, name);
    return text == NULL ? -1 : tnpy_optional_attribute_of(obj, text, out);
}
