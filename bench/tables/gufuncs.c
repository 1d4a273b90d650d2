/* SPDX-License-Identifier: BSD-3-Clause */
/* Generalised ufuncs as pyerfa has them: a loop in C for NumPy's machinery, over a function of functions.c, which
 * stands in the same file, so that it can be inlined. Cores that are not contiguous go through a buffer. */
#define NPY_NO_DEPRECATED_API NPY_2_0_API_VERSION
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

#include "../functions.c"

typedef double vector[3];

static const double *gathered(const char *from, npy_intp stride, double *buffer, npy_intp n)
{
    if (stride == sizeof *buffer)
        return (const double *)(const void *)from;
    for (npy_intp k = 0; k < n; k++)
        buffer[k] = *(const double *)(const void *)(from + k * stride);
    return buffer;
}

static void scatter(char *to, npy_intp stride, const double *buffer, npy_intp n)
{
    for (npy_intp k = 0; k < n; k++)
        *(double *)(void *)(to + k * stride) = buffer[k];
}

/* --- cross: (3),(3)->(3) ------------------------------------------------------------------------------------------ */

static void cross_buffered(char *a, char *b, char *c, const npy_intp *steps, npy_intp points)
{
    vector x, y, z;
    for (npy_intp i = 0; i < points; i++, a += steps[0], b += steps[1], c += steps[2]) {
        cross(gathered(a, steps[3], x, 3), gathered(b, steps[4], y, 3), z);
        scatter(c, steps[5], z, 3);
    }
}

static void loop_cross(char **args, const npy_intp *dimensions, const npy_intp *steps, void *data)
{
    (void)data;
    char *a = args[0], *b = args[1], *c = args[2];
    const npy_intp points = dimensions[0], sa = steps[0], sb = steps[1], sc = steps[2], dense = sizeof(double);
    if (steps[3] != dense || steps[4] != dense || steps[5] != dense) {
        cross_buffered(a, b, c, steps, points);
        return;
    }
    for (npy_intp i = 0; i < points; i++, a += sa, b += sb, c += sc)
        cross((const double *)(void *)a, (const double *)(void *)b, (double *)(void *)c);
}

/* --- doubled: (n)->(n) -------------------------------------------------------------------------------------------- */

static void loop_doubled(char **args, const npy_intp *dimensions, const npy_intp *steps, void *data)
{
    (void)data;
    char *x = args[0], *y = args[1];
    const npy_intp points = dimensions[0], n = dimensions[1], dense = sizeof(double);
    for (npy_intp i = 0; i < points; i++, x += steps[0], y += steps[1]) {
        if (steps[2] == dense && steps[3] == dense) {
            doubled((size_t)n, (const double *)(void *)x, (double *)(void *)y);
            continue;
        }
        for (npy_intp k = 0; k < n; k++) { /* n may be anything: one element at a time */
            double element;
            doubled(1, gathered(x + k * steps[2], 0, &element, 1), &element);
            scatter(y + k * steps[3], 0, &element, 1);
        }
    }
}

/* --- the module --------------------------------------------------------------------------------------------------- */

static PyUFuncGenericFunction cross_loops[] = {loop_cross}, doubled_loops[] = {loop_doubled};
static void *no_data[] = {NULL};
static const char doubles[] = {NPY_DOUBLE, NPY_DOUBLE, NPY_DOUBLE};

static PyModuleDef module = {PyModuleDef_HEAD_INIT, .m_name = "gufuncs", .m_size = -1};

static int add_gufunc(PyObject *to, const char *name, PyUFuncGenericFunction *loop, int inputs, const char *signature)
{
    PyObject *made = PyUFunc_FromFuncAndDataAndSignature(loop, no_data, doubles, 1, inputs, 1, PyUFunc_None, name, NULL,
                                                         0, signature);
    int status = made == NULL ? -1 : PyModule_AddObjectRef(to, name, made);
    Py_XDECREF(made);
    return status;
}

PyMODINIT_FUNC PyInit_gufuncs(void)
{
    import_array();
    import_umath();
    PyObject *made = PyModule_Create(&module);
    if (made != NULL && (add_gufunc(made, "cross", cross_loops, 2, "(3),(3)->(3)") < 0 ||
                         add_gufunc(made, "doubled", doubled_loops, 1, "(n)->(n)") < 0))
        Py_CLEAR(made);
    return made;
}
