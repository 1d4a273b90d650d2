/* SPDX-License-Identifier: BSD-3-Clause */
/* Tenon for compiled Python modules: borrow, keep and lend in hand-written extensions, and generated glue.
 *
 *     static PyObject *total(PyObject *module, PyObject *arg)
 *     {
 *         static const tn_want vector = {&tn_type_float64, 1, 1, 0};
 *         tn_loan x;
 *         if (tn_borrow_argument(arg, &vector, &x, "total", "x") < 0)
 *             return NULL;
 *         …x.span.data, x.span.shape[0], x.span.strides[0]…
 *         tn_give_back(&x);
 *
 * The functions of this header are inline and reach the engine through one versioned, append-only table in a capsule;
 * so the header alone is enough, and a module works with every later Tenon of the same TN_API_ABI. What is declared in
 * the other headers (tn_array_new, tn_copy, tn_type_float64, …) is in libtenon, which the module links: the flags are
 * those of `tenon --cflags --libs`.
 *
 * Threads. Everything here needs an attached thread state (the GIL), but for releasing a tn_array that tn_keep gave,
 * and for reading what was borrowed.
 * Interpreters. The table is one constant for the whole process, so that each source file keeps its address in a static
 * variable and needs no module state; every function finds the objects of the interpreter that runs by itself. A module
 * may therefore declare TN_SLOT_INTERPRETERS(1) as far as Tenon is concerned.
 * Errors. Functions that return a tn_status take an optional tn_error, whose message continues the name of a parameter:
 * "is read-only". tn_raise makes an exception of both. Functions that return a PyObject * or an int set the exception.
 */
#ifndef TENON_PYTHON_H
#define TENON_PYTHON_H

#include <Python.h>

#include "array.h"
#include "fast.h"
#include "module.h"
#include "span.h"
#include "status.h"
#include "type.h"

#ifdef __cplusplus
extern "C" {
#endif

/* --- what is asked for -------------------------------------------------------------------------------------------- */

enum {
    TN_WANT_WRITABLE = 1, /* it will be written to: read-only memory is refused, and elements that share memory */
    TN_WANT_C_ORDER = 2,  /* C-contiguous; with TN_WANT_F_ORDER, too: either of the two */
    TN_WANT_F_ORDER = 4,  /* Fortran-contiguous */
    TN_TAKE_UNALIGNED = 8, /* addresses that the type's alignment forbids are taken: read elements with memcpy */
    TN_TAKE_INDIRECT = 16  /* memory with suboffsets is taken (span.h says how to walk it) */
};

/* Arrays whose elements are Python objects, and masked arrays, are always refused. Nothing is converted or copied. */
typedef struct tn_want {
    /* Of one element, equal by meaning, byte order included; NULL: any type. Borrowed: it must live as long as the
     * loan, or the kept array, whose span.type it becomes. */
    const tn_type *type;
    int32_t min_ndim, max_ndim; /* inclusive; 0, TN_MAX_NDIM: any number of dimensions */
    uint32_t flags;             /* TN_WANT_…, TN_TAKE_… */
} tn_want;

/* --- what is borrowed --------------------------------------------------------------------------------------------- */

/* An array for as long as it is needed: the token that tn_give_back takes. Usually a local variable. It must not be
 * copied or moved, since the span points into it. A loan whose span.data is NULL holds nothing. */
typedef struct tn_loan {
    tn_span span;          /* the array. data is never NULL; shape and strides are never NULL where ndim > 0 */
    ptrdiff_t extents[8];  /* for Tenon alone */
    void *inside[32];      /* for Tenon alone */
} tn_loan;

/* --- what is lent ------------------------------------------------------------------------------------------------- */

/* How the structure of an extension type begins that is to know how many views of its memory are alive. Tenon counts;
 * the type reads `views`, and refuses to free or move its memory while it is not 0. Zero when the object is made
 * (tp_alloc sees to it). Changed under the GIL, or in the object's critical section where there is none. */
typedef struct tn_lender {
    PyObject_HEAD
    Py_ssize_t views;
} tn_lender;

/* --- the table ---------------------------------------------------------------------------------------------------- */

#define TN_API_CAPSULE "tenon._core._api"
enum { TN_API_ABI = 1 };

/* Call the functions below, not these members. Every one is set (never NULL). New members are appended; what is here
 * keeps its place and its meaning as long as TN_API_ABI does. */
typedef struct tn_api {
    uint32_t abi;  /* TN_API_ABI; a different number is a different layout */
    uint32_t size; /* sizeof(tn_api) of the engine: what is appended later is there only if it fits */
    /* Fill `module` with everything `descriptor` describes. 0, or -1 with an exception set. The descriptor and all it
     * points to must live as long as the process. */
    int (*add_module)(PyObject *module, const tn_module *descriptor);
    tn_status (*borrow)(PyObject *obj, const tn_want *want, tn_loan *loan, tn_error *err);
    void (*give_back)(tn_loan *loan);
    tn_status (*keep)(PyObject *obj, const tn_want *want, tn_array *out, tn_error *err);
    void (*settle)(void);
    PyObject *(*raise_error)(const tn_error *err, const char *function, const char *parameter);
    PyObject *(*lend)(tn_array *array, PyObject *keeper, unsigned how);
    PyObject *(*dtype_new)(const tn_type *type);
    PyObject *(*dtype_from)(PyObject *obj);
    const tn_type *(*dtype_type)(PyObject *dtype);
} tn_api;

/* The table, or NULL with an ImportError that says what to do. Call it when the module is imported (Py_mod_exec), so
 * that a Tenon that is missing or too old is said then. */
static inline const tn_api *tn_import_api(void)
{
    PyObject *core = PyImport_ImportModule("tenon._core");
    if (core == NULL)
        return NULL;
    Py_DECREF(core); /* sys.modules holds it */
    const tn_api *api = (const tn_api *)PyCapsule_Import(TN_API_CAPSULE, 0);
    if (api != NULL && (api->abi != TN_API_ABI || api->size < sizeof(tn_api))) {
        PyErr_Format(PyExc_ImportError,
                     "this module was built for another version of tenon (table %d, found %d); rebuild it",
                     (int)TN_API_ABI, (int)api->abi);
        return NULL;
    }
    return api;
}

/* The same, looked up once for this source file. */
static inline const tn_api *tn_get_api(void)
{
    static const tn_api *table; /* a constant of the process: every thread and every interpreter writes the same */
    const tn_api *found = __atomic_load_n(&table, __ATOMIC_RELAXED);
    if (found == NULL && (found = tn_import_api()) != NULL)
        __atomic_store_n(&table, found, __ATOMIC_RELAXED);
    return found;
}

/* For Tenon's own failures on the way to the table. */
static inline tn_status tn_no_api(tn_error *err)
{
    if (err != NULL) {
        err->status = TN_RAISED;
        err->position = -1;
        err->message[0] = '\0';
    }
    return TN_RAISED;
}

/* --- borrow ------------------------------------------------------------------------------------------------------- */

/* The memory of `obj` as it is, until tn_give_back(loan). `obj`: an ndarray, a Span, or whatever speaks the buffer
 * protocol, DLPack, Arrow or NumPy's array interface. `want`: NULL takes every array that can be read. On TN_OK
 * loan->span has what was asked for, the object is kept alive, and an exporter stays exported. Otherwise the loan holds
 * nothing, and the status is TN_WRONG_TYPE or TN_WRONG_VALUE (it is not what was asked for), TN_NO_MEMORY, or TN_RAISED
 * (an exception is set). ndarrays of up to 4 dimensions and a plain element type cost no allocation. */
static inline tn_status tn_borrow(PyObject *obj, const tn_want *want, tn_loan *loan, tn_error *err)
{
    const tn_api *api = tn_get_api();
    return api != NULL ? api->borrow(obj, want, loan, err) : tn_no_api(err);
}

/* Give back what a loan holds; afterwards it holds nothing. One that holds nothing is legal, also one that tn_borrow
 * failed to fill, or {0}. An exception that is set stays set. */
static inline void tn_give_back(tn_loan *loan)
{
    if (loan->span.data != NULL)
        tn_get_api()->give_back(loan);
}

/* The exception that belongs to `err`: "function(): parameter must be …". `function` and `parameter` may be NULL, and
 * with TN_RAISED the exception that is set stays. Returns NULL, so that a caller can write `return tn_raise(&err,
 * "mean", "x")`. Also for errors of libtenon: tn_raise(&err, "arange", NULL). */
static inline PyObject *tn_raise(const tn_error *err, const char *function, const char *parameter)
{
    const tn_api *api = tn_get_api();
    return api != NULL ? api->raise_error(err, function, parameter) : NULL;
}

/* tn_borrow for an argument: 0, or -1 with the exception that names the function and the parameter. */
static inline int tn_borrow_argument(PyObject *obj, const tn_want *want, tn_loan *loan, const char *function,
                                     const char *parameter)
{
    tn_error err;
    if (tn_borrow(obj, want, loan, &err) == TN_OK)
        return 0;
    tn_raise(&err, function, parameter);
    return -1;
}

/* --- keep --------------------------------------------------------------------------------------------------------- */

/* Borrow for longer than a call: *out shows the memory of `obj`, with its strides, its byte order and TN_READONLY,
 * until tn_array_release(out). Releasing needs no GIL: any thread may do it at any time, also while the interpreter
 * shuts down or after. It never runs Python code; the object is let go of a little later, at the next moment when its
 * interpreter is at rest (tn_settle). `obj`, `want` and errors: as tn_borrow. */
static inline tn_status tn_keep(PyObject *obj, const tn_want *want, tn_array *out, tn_error *err)
{
    const tn_api *api = tn_get_api();
    return api != NULL ? api->keep(obj, want, out, err) : tn_no_api(err);
}

/* Let go now of the objects whose arrays have been released, in this interpreter. Runs any Python code. Tenon does so
 * by itself when it keeps the next array, when lent memory ends, and, in the main interpreter, when its main thread
 * next runs Python. */
static inline void tn_settle(void)
{
    const tn_api *api = tn_get_api();
    if (api != NULL)
        api->settle();
    else
        PyErr_WriteUnraisable(NULL);
}

/* --- lend --------------------------------------------------------------------------------------------------------- */

enum {
    TN_LEND_NDARRAY = 1, /* an ndarray, where NumPy can be imported and has such arrays; a Span otherwise */
    TN_LEND_COUNTED = 2  /* `keeper` begins with a tn_lender, and counts this as one of its views */
};

/* C memory as a Python object: a tenon.Span, which speaks every protocol. Takes over *array, also on failure: it
 * becomes {0}, and is released when the last view of the memory has died, in the thread where that happens. `keeper`
 * (NULL: nobody) is kept alive as long; for memory that belongs to an object, lend a TN_UNOWNED array (tn_array_wrap
 * without a release) and name the object. `how`: TN_LEND_… . New reference; NULL with an exception: MemoryError also
 * for an array that is {0}, ValueError for one that is described wrongly. */
static inline PyObject *tn_lend(tn_array *array, PyObject *keeper, unsigned how)
{
    const tn_api *api = tn_get_api();
    if (api != NULL)
        return api->lend(array, keeper, how);
    if (array->release != NULL)
        array->release(array);
    array->span.data = NULL;
    array->release = NULL;
    return NULL;
}

/* For bf_getbuffer: lend, and fill `view` from it. 0, or -1 with an exception and view->obj NULL. There is nothing to
 * do in bf_releasebuffer: the view holds what is lent, and that keeps and counts `keeper`. */
static inline int tn_export(tn_array *array, PyObject *keeper, unsigned how, Py_buffer *view, int flags)
{
    PyObject *lent = tn_lend(array, keeper, how & ~(unsigned)TN_LEND_NDARRAY);
    int status = lent == NULL ? -1 : PyObject_GetBuffer(lent, view, flags);
    Py_XDECREF(lent);
    if (status < 0)
        view->obj = NULL;
    return status;
}

/* --- element types ------------------------------------------------------------------------------------------------ */

/* The tenon.DType of a type, which is copied. New reference, or NULL with an exception. */
static inline PyObject *tn_dtype_new(const tn_type *type)
{
    const tn_api *api = tn_get_api();
    return api != NULL ? api->dtype_new(type) : NULL;
}

/* The tenon.DType of what a caller passes as one: a DType, a numpy.dtype, "float64", "<f8", … New reference, or NULL
 * with an exception. */
static inline PyObject *tn_dtype_from(PyObject *obj)
{
    const tn_api *api = tn_get_api();
    return api != NULL ? api->dtype_from(obj) : NULL;
}

/* The type that a tenon.DType stands for, valid as long as that object lives. NULL with a TypeError for any other
 * object. */
static inline const tn_type *tn_dtype_type(PyObject *dtype)
{
    const tn_api *api = tn_get_api();
    return api != NULL ? api->dtype_type(dtype) : NULL;
}

/* --- modules ------------------------------------------------------------------------------------------------------ */

/* What multi-phase initialisation is told: entries for a table of PyModuleDef_Slot, nothing in Pythons that don't know
 * them. `threadsafe` is 1 if all functions of the module may run at the same time, in threads without the GIL and in
 * interpreters with a GIL of their own. */
#if PY_VERSION_HEX >= 0x030C0000
#define TN_SLOT_INTERPRETERS(threadsafe) \
    {Py_mod_multiple_interpreters,       \
     (threadsafe) ? Py_MOD_PER_INTERPRETER_GIL_SUPPORTED : Py_MOD_MULTIPLE_INTERPRETERS_SUPPORTED},
#else
#define TN_SLOT_INTERPRETERS(threadsafe)
#endif
#if PY_VERSION_HEX >= 0x030D0000
#define TN_SLOT_GIL(threadsafe) {Py_mod_gil, (threadsafe) ? Py_MOD_GIL_NOT_USED : Py_MOD_GIL_USED},
#else
#define TN_SLOT_GIL(threadsafe)
#endif

/* Defines PyInit_<name> for a static `const tn_module descriptor`. `threadsafe` is 1 only if every function is. */
#define TN_PYTHON_MODULE(name, descriptor, threadsafe)                                                          \
    static int tn_exec_##name(PyObject *module)                                                                 \
    {                                                                                                           \
        const tn_api *api = tn_import_api();                                                                    \
        return api == NULL ? -1 : api->add_module(module, &(descriptor));                                       \
    }                                                                                                           \
    static PyModuleDef_Slot tn_slots_##name[] = {{Py_mod_exec, (void *)(uintptr_t)tn_exec_##name},              \
                                                 TN_SLOT_INTERPRETERS(threadsafe) TN_SLOT_GIL(threadsafe){0, NULL}}; \
    static PyModuleDef tn_def_##name = {PyModuleDef_HEAD_INIT, .m_name = #name, .m_slots = tn_slots_##name};    \
    PyMODINIT_FUNC PyInit_##name(void)                                                                          \
    {                                                                                                           \
        return PyModuleDef_Init(&tn_def_##name);                                                                \
    }

#ifdef __cplusplus
}
#endif
#endif
