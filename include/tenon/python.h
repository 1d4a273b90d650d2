/* SPDX-License-Identifier: BSD-3-Clause */
/* The way into the engine for compiled Python modules: one versioned, append-only table in a capsule.
 *
 * Everything here needs the GIL (or an attached thread state). The table belongs to the interpreter's tenon._core and
 * stays valid as long as that module does; a module made by TN_PYTHON_MODULE keeps it alive.
 */
#ifndef TENON_PYTHON_H
#define TENON_PYTHON_H

#include <Python.h>

#include "fast.h"
#include "module.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TN_API_CAPSULE "tenon._core._api"
enum { TN_API_ABI = 1 };

typedef struct tn_api {
    uint32_t abi;  /* TN_API_ABI; a different number is a different layout */
    uint32_t size; /* sizeof(tn_api) of the engine: what is appended later is there only if it fits */
    /* Fill `module` with everything `descriptor` describes. 0, or -1 with an exception set. The descriptor and all it
     * points to must live as long as the process. */
    int (*add_module)(PyObject *module, const tn_module *descriptor);
} tn_api;

/* The table, or NULL with an ImportError that says what to do. Borrowed. */
static inline const tn_api *tn_import_api(void)
{
    PyObject *core = PyImport_ImportModule("tenon._core");
    if (core == NULL)
        return NULL;
    Py_DECREF(core); /* sys.modules holds it */
    const tn_api *api = (const tn_api *)PyCapsule_Import(TN_API_CAPSULE, 0);
    if (api != NULL && (api->abi != TN_API_ABI || api->size < sizeof(tn_api))) {
        PyErr_Format(PyExc_ImportError, "this module was built for another version of tenon (table %d, found %d); rebuild it",
                     (int)TN_API_ABI, (int)api->abi);
        return NULL;
    }
    return api;
}

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
