/* SPDX-License-Identifier: BSD-3-Clause */
#include "memory.h"

#include "base.h"
#include "error.h"
#include "making.h"
#include "object.h"
#include "release.h"
#include "slot.h"
#include "span_type.h"
#include "span_walk.h"
#include "spare.h"

/* --- life cycle --------------------------------------------------------------------------------------------------- */

/* Not tracked yet, and nothing borrowed nor lent: `loan` and `array` are not filled in. */
static tnpy_memory *new_memory(tnpy_state *state)
{
    tnpy_memory *memory = (tnpy_memory *)tnpy_spare_take(&state->spare_memory, state->memory_type);
    if (memory == NULL)
        return NULL;
    memory->keeper = NULL;
    memory->saved = NULL;
    memory->exports = 0;
    memory->state = state;
    memory->tracked = memory->links = 0;
    memory->borrows = 0;
    memory->counted = 0;
    memory->pinned = 0;
    memory->ended = 0;
    return memory;
}

static bool may_refer(PyObject *obj)
{
    return obj != NULL && PyType_IS_GC(Py_TYPE(obj));
}

/* An object of exactly a class of C refers to nothing (handle.c); one of a class that Python derives from it has that
 * class as its type's base. */
static bool may_keeper_refer(const tnpy_memory *memory)
{
    PyObject *keeper = memory->keeper;
    return may_refer(keeper) && Py_TYPE(keeper)->tp_base != memory->state->handle_type;
}

/* Memory is on no cycle, and no Span of it, where nothing that it holds can refer to anything: most of it, then, costs
 * the collector nothing. */
static void track(tnpy_memory *memory)
{
    const tnpy_loan *loan = &memory->loan;
    memory->tracked = may_refer(loan->buffer.obj) || may_refer(loan->owner) || may_refer(loan->token) ||
                      may_refer(loan->span) || may_keeper_refer(memory);
    const PyObject *exporter = loan->buffer.obj;
    memory->links = memory->tracked || exporter == NULL || Py_TYPE(exporter) == memory->state->views_type;
    if (memory->tracked)
        PyObject_GC_Track(memory);
}

tnpy_memory *tnpy_memory_lend(tnpy_state *state, tn_array *array, PyObject *keeper, int counts)
{
    tnpy_memory *memory = new_memory(state);
    if (memory == NULL) {
        tn_array_release(array);
        return NULL;
    }
    tnpy_loan_init(&memory->loan);
    memory->array = *array;
    *array = (tn_array){.release = NULL};
    tn_span *span = &memory->array.span;
    if (span->suboffsets != NULL && !tnpy_is_indirect(span))
        span->suboffsets = NULL; /* what C filled in by hand may say so in either way; consumers know the shorter one */
    memory->keeper = Py_XNewRef(keeper);
    if (keeper != NULL && counts) {
        memory->counted = 1;
        TNPY_COUNT(((tnpy_lender *)keeper)->views, 1);
    }
    track(memory);
    return memory;
}

/* "Span(): …": what is refused, in the words that continue a parameter's name. */
static void raise_refusal(tn_error *reason, PyObject *obj, const char *what)
{
    tn_error err = {.status = reason->status, .position = -1};
    if (reason->status == TN_RAISED)
        return;
    if (reason->message[0] == '\0')
        tn_fail(&err, TN_WRONG_TYPE,
                "%s: a bytes-like object or an array is required, got %.100s, which speaks no protocol for arrays", what,
                tnpy_type_name(obj));
    else
        tn_fail(&err, reason->status, "%s: %.100s %s", what, tnpy_type_name(obj), reason->message);
    tnpy_raise(&err);
}

tnpy_memory *tnpy_memory_borrow(tnpy_state *state, PyObject *obj, int writable, const char *what, tn_span *span)
{
    tnpy_settle(state);
    tnpy_memory *memory = new_memory(state);
    if (memory == NULL)
        return NULL;
    memory->array = (tn_array){.release = NULL};
    tn_error err;
    tn_status status = tnpy_borrow(state, obj, writable, &memory->loan, span, &err);
    if (status == TN_OK) {
        memory->borrows = 1;
        track(memory);
        return memory;
    }
    memory->ended = 1; /* nothing is held */
    Py_DECREF(memory);
    raise_refusal(&err, obj, what);
    return NULL;
}

PyObject *tnpy_memory_owner(const tnpy_memory *memory)
{
    const tnpy_loan *loan = &memory->loan;
    PyObject *exporter = loan->buffer.obj;
    if (exporter != NULL && Py_TYPE(exporter) == memory->state->span_type) { /* as which another object shows itself */
        PyObject *owner = tnpy_memory_owner(((const tnpy_span *)exporter)->memory);
        return owner == NULL ? exporter : owner;
    }
    if (exporter != NULL) {
        PyObject *object = tnpy_views_object(memory->state, exporter);
        return object == NULL ? exporter : object;
    }
    if (loan->span != NULL)
        return loan->span;
    if (loan->owner != NULL || memory->keeper == NULL)
        return loan->owner;
    if (Py_TYPE(memory->keeper) == Py_TYPE((PyObject *)memory)) /* rows of one array */
        return tnpy_memory_owner((const tnpy_memory *)memory->keeper);
    return tnpy_lent_owner(memory->keeper);
}

void tnpy_memory_end(tnpy_memory *memory)
{
    if (memory->ended)
        return;
    memory->ended = 1;
    if (memory->borrows)
        tnpy_give_back(&memory->loan);
    bool released = memory->array.release != NULL;
    if (released)
        tn_array_release(&memory->array);
    memory->array.span.data = NULL;
    if (memory->counted)
        TNPY_COUNT(((tnpy_lender *)memory->keeper)->views, -1);
    memory->counted = 0;
    Py_CLEAR(memory->keeper);
    Py_CLEAR(memory->saved);
    /* An array that C had kept may have been lent again. */
    tnpy_state *state = released ? tnpy_state_of_type(Py_TYPE((PyObject *)memory)) : NULL;
    if (state != NULL)
        tnpy_settle(state);
}

static void dealloc(PyObject *self)
{
    tnpy_memory *memory = (tnpy_memory *)self;
    PyTypeObject *type = Py_TYPE(self);
    if (memory->tracked)
        PyObject_GC_UnTrack(self);
    tnpy_memory_end(memory);
    bool loaded = ((PyHeapTypeObject *)type)->ht_module != NULL; /* else the collector has cleared the type */
    tnpy_spare_keep(loaded ? &memory->state->spare_memory : NULL, self, memory->tracked);
    Py_DECREF(type);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    const tnpy_memory *memory = (const tnpy_memory *)self;
    Py_VISIT(memory->loan.buffer.obj);
    Py_VISIT(memory->loan.owner);
    Py_VISIT(memory->loan.token);
    Py_VISIT(memory->loan.dtype);
    Py_VISIT(memory->loan.span);
    Py_VISIT(memory->keeper);
    Py_VISIT(Py_TYPE(self));
    return 0;
}

/* Whoever took a buffer from one of its Spans may still read it while the collector works; it breaks the cycle
 * instead. */
static int clear(PyObject *self)
{
    tnpy_memory *memory = (tnpy_memory *)self;
    if (memory->exports == 0 && !memory->pinned)
        tnpy_memory_end(memory);
    return 0;
}

/* On a cycle that is garbage, before any of it is cleared. A memoryview that is cleared while somebody has its buffer
 * is broken: CPython 3.11 reads a NULL pointer when it dies. So it gets its buffer back first; and where a buffer of
 * ours keeps that from happening, a reference that the collector can't account for keeps all of the cycle alive. */
static void finalize(PyObject *self)
{
    tnpy_memory *memory = (tnpy_memory *)self;
    PyObject *exporter = memory->loan.buffer.obj;
    if (exporter == NULL || !PyMemoryView_Check(exporter) || memory->pinned)
        return;
    if (memory->exports == 0)
        tnpy_memory_end(memory);
    else if (memory->saved == NULL)
        memory->saved = Py_NewRef(exporter);
}

/* --- the type ----------------------------------------------------------------------------------------------------- */

static PyType_Slot slots[] = {
    {Py_tp_doc, "What keeps memory alive that views show; made and held by them."},
    {Py_tp_dealloc, TNPY_SLOT(dealloc)},
    {Py_tp_traverse, TNPY_SLOT(traverse)},
    {Py_tp_clear, TNPY_SLOT(clear)},
    {Py_tp_finalize, TNPY_SLOT(finalize)},
    {0, NULL},
};

static PyType_Spec spec = {
    .name = "tenon.Memory",
    .basicsize = sizeof(tnpy_memory),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
    .slots = slots,
};

PyTypeObject *tnpy_memory_make_type(PyObject *core)
{
    return (PyTypeObject *)PyType_FromModuleAndSpec(core, &spec, NULL);
}
