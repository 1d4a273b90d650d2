/* SPDX-License-Identifier: BSD-3-Clause */
/* Handles: opaque objects of C as objects of Python classes.
 *
 * An object owns one pointer, and T_free is called for it exactly once: by close(), or when the object dies, which it
 * does not while a view of its memory lives, since every view keeps it. Two counts stand between that pointer and
 * whoever would free or move what it points to:
 *
 *     views   of its memory that are alive: Memory objects (tnpy_lender), and what refers to its tenon.Views (base.h)
 *     calls   calls under way that were given the pointer: another thread, or Python code that a call runs while it
 *             converts its arguments, must not free it meanwhile
 *
 * A class has a tnpy_class, which knows the descriptor. It lies in the type's own dictionary, where nobody can change
 * it (the type is immutable), as __signature__; its instances keep it, so that no trick with classes makes C see one
 * type of pointer as another.
 */
#ifndef TNPY_HANDLE_H
#define TNPY_HANDLE_H

#include <Python.h>

#include "base.h"
#include "frame.h"
#include "handle_table.h"
#include "memory.h"
#include "state.h"
#include "tenon/module.h"

typedef struct tnpy_class {
    PyObject_HEAD
    const tn_class *def;
    const tn_module *module;
    PyObject *core;           /* tenon._core: keeps the state */
    PyTypeObject *type;
    PyObject *constructor;    /* a tenon.Function; NULL: calling the class makes nothing */
    PyObject *array;          /* a tenon.Function: the array that an object is; NULL: it is none */
    tnpy_handle_table table;  /* its objects that have a pointer */
    PyObject *spare;          /* a dead object of exactly this class: spare.h */
    char *makers;             /* "load() or stack()": what else makes objects; NULL where nothing does */
} tnpy_class;

enum { TNPY_SHOWN_NDIM = 2 };

/* The objects of C that a call was given; borrowed. */
typedef struct tnpy_handles {
    PyObject *const *objects;
    int count;
} tnpy_handles;

/* Begins as a tn_object. */
struct tnpy_handle {
    tnpy_lender lender;       /* counts the Memory objects that show its memory */
    void *pointer;            /* NULL: not made yet, or closed */
    int exclusive;            /* one of the calls excludes others */
    Py_ssize_t calls;
    tnpy_views shown;         /* is, and counts, what stands for its memory besides */
    int layout_ndim;          /* of a buffer that has been shown since there are views; 0: none that needs a layout */
    Py_ssize_t layout[2 * TNPY_SHOWN_NDIM]; /* its shape and strides */
    tnpy_class *cls;
    tnpy_handle *next;        /* for the class's table */
    PyObject *weakrefs;
};

/* tenon.Handle, the base of all classes; and the type of tnpy_class. New references, made from `core`. */
PyTypeObject *tnpy_handle_make_type(PyObject *core);
PyTypeObject *tnpy_class_make_type(PyObject *core);

/* The classes of a module as a tuple of tnpy_class, without their methods: those need the functions, which need the
 * classes. New reference, or NULL with an exception. */
PyObject *tnpy_classes_new(tnpy_state *state, PyObject *core, PyObject *module_name, const tn_module *def);

/* Give the classes their methods; functions[i] is the tenon.Function of the module's functions[i]. 0, or -1 with an
 * exception. */
int tnpy_classes_complete(PyObject *classes, PyObject *const *functions);

/* The type of a tnpy_class's objects. Borrowed. */
static inline PyObject *tnpy_class_type(PyObject *cls)
{
    return (PyObject *)((tnpy_class *)cls)->type;
}

/* Does a function belong to a class, so that it is no attribute of the module? */
int tnpy_is_method(const tn_module *def, int function);

/* --- in a call ---------------------------------------------------------------------------------------------------- */

/* Phase 1: argument i, an object of its parameter's class. It counts as used until tnpy_handles_done. */
tn_status tnpy_convert_handle(tnpy_frame *frame, int i);

/* Phase 2: what excludes others finds no view alive, and no other call under way. Runs no Python code. */
tn_status tnpy_check_exclusive(tnpy_frame *frame);

void tnpy_handles_done(tnpy_frame *frame);

/* The same for objects that no frame counts: around code of Python's that must find them as they are. */
static inline void tnpy_handles_hold(tnpy_handles handles)
{
    for (int k = 0; k < handles.count; k++)
        ((tnpy_handle *)handles.objects[k])->calls++;
}

static inline void tnpy_handles_let_go(tnpy_handles handles)
{
    for (int k = 0; k < handles.count; k++)
        ((tnpy_handle *)handles.objects[k])->calls--;
}

/* What a function returned as an object of C: the object that owns the pointer already (one of the arguments, or what
 * an earlier call returned), which a constructor may not return; a new one; or `target` (may be NULL), which takes it.
 * NULL of C is MemoryError. Takes over the pointer. New reference, or NULL with an exception. */
PyObject *tnpy_handle_result(const tnpy_function *f, void *pointer, PyObject *target);

#endif
