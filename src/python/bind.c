/* SPDX-License-Identifier: BSD-3-Clause */
/* Phase 1, first half: which Python argument belongs to which parameter. */
#include "frame.h"

#include <string.h>

#include "../core/say.h"
#include "object.h"

static const char *name_of(const tnpy_frame *frame, int i)
{
    return frame->def->params[i].name;
}

/* 1 where the first of them is the object whose method it is, which callers do not count. */
static int count_self(const tnpy_function *f)
{
    return f->npositional > 0 && tnpy_is_self(&f->def->params[0]);
}

/* "a, b, c": the parameters a call can take by position. */
static const char *list_positional(const tnpy_frame *frame, char *text, size_t capacity)
{
    const tnpy_function *f = frame->function;
    size_t used = 0;
    int first = count_self(f);
    text[0] = '\0';
    for (int k = first; k < f->npositional && used < capacity; k++)
        used += (size_t)tni_say(text + used, capacity - used, "%s%s", k == first ? "" : ", ",
                                 name_of(frame, f->positional[k]));
    return text;
}

static tn_status refuse_too_many(tnpy_frame *frame, Py_ssize_t nargs)
{
    const tnpy_function *f = frame->function;
    char text[256];
    const char *hint = "";
    char keyword[96];
    for (int i = 0; i < frame->def->nparams && *hint == '\0'; i++)
        if (frame->def->params[i].direction == TN_OUT) {
            tni_say(keyword, sizeof keyword, "; the output %s is keyword-only: %s=…", name_of(frame, i),
                    name_of(frame, i));
            hint = keyword;
        }
    int npositional = f->npositional - count_self(f);
    nargs -= count_self(f);
    if (npositional == 0)
        return tn_fail(&frame->error, TN_WRONG_TYPE, "%s() takes no arguments, got %zd%s", frame->def->name, nargs,
                       hint);
    return tn_fail(&frame->error, TN_WRONG_TYPE, "%s() takes %d argument%s (%s), got %zd%s", frame->def->name,
                   npositional, npositional == 1 ? "" : "s", list_positional(frame, text, sizeof text), nargs, hint);
}

static tn_status refuse_missing(tnpy_frame *frame, int i)
{
    const tn_param *param = &frame->def->params[i];
    const tnpy_function *f = frame->function;
    PyObject *first = frame->objects[0];
    bool forgotten = count_self(f) && i > 0 && first != NULL && !PyObject_TypeCheck(first, f->state->handle_type);
    return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): missing argument %s: %s%s", frame->def->name, param->name,
                   param->annotation, forgotten ? "; coerce() and batch() of a method take the object first" : "");
}

/* Does a misspelt name differ from a real one by a letter changed, added or dropped? */
static bool is_nearly(const char *typed, const char *real)
{
    while (*typed != '\0' && *typed == *real)
        typed++, real++;
    if (*typed == '\0' && *real == '\0')
        return false;
    const char *rest_typed = *typed == '\0' ? typed : typed + 1, *rest_real = *real == '\0' ? real : real + 1;
    return strcmp(rest_typed, rest_real) == 0 || strcmp(rest_typed, real) == 0 || strcmp(typed, rest_real) == 0;
}

/* A lone surrogate has no UTF-8, and is in no C name. */
static tn_status refuse_unspeakable(tnpy_frame *frame, PyObject *keyword)
{
    PyErr_Clear();
    PyObject *shown = PyUnicode_AsEncodedString(keyword, "ascii", "backslashreplace");
    if (shown == NULL)
        return tnpy_raised(&frame->error);
    tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): unexpected keyword argument '%.100s'", frame->def->name,
            PyBytes_AS_STRING(shown));
    Py_DECREF(shown);
    return TN_WRONG_TYPE;
}

static tn_status refuse_unexpected(tnpy_frame *frame, PyObject *keyword)
{
    const char *typed = PyUnicode_AsUTF8(keyword);
    if (typed == NULL)
        return refuse_unspeakable(frame, keyword);
    for (int k = 0; k < frame->def->nsizes; k++) {
        const tn_size *size = &frame->def->sizes[k];
        if (size->kind == TN_SIZE_IMPLIED && size->name != NULL && strcmp(size->name, typed) == 0)
            return tn_fail(&frame->error, TN_WRONG_TYPE,
                           "%s(): %s is not an argument: it is taken from the shape of %s", frame->def->name, typed,
                           name_of(frame, size->param));
    }
    for (int i = 0; i < frame->def->nparams; i++)
        if (is_nearly(typed, name_of(frame, i)))
            return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): unexpected keyword argument '%s'; did you mean '%s'?",
                           frame->def->name, typed, name_of(frame, i));
    char text[256];
    size_t used = 0;
    text[0] = '\0';
    for (int i = 0; i < frame->def->nparams && used < sizeof text; i++)
        used += (size_t)tni_say(text + used, sizeof text - used, "%s%s", i == 0 ? "" : ", ", name_of(frame, i));
    return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): unexpected keyword argument '%s'; it takes %s",
                   frame->def->name, typed, used > 0 ? text : "no arguments");
}

/* The parameter a keyword names; -1 if none. Interned names make the first pass hit nearly always. */
static int find(const tnpy_frame *frame, PyObject *keyword)
{
    const tnpy_function *f = frame->function;
    for (int i = 0; i < frame->def->nparams; i++)
        if (f->slots[i].name == keyword)
            return i;
    for (int i = 0; i < frame->def->nparams; i++)
        if (PyUnicode_Compare(f->slots[i].name, keyword) == 0)
            return i;
    return -1;
}

static tn_status bind_keyword(tnpy_frame *frame, PyObject *keyword, PyObject *value)
{
    int i = find(frame, keyword);
    if (i < 0)
        return refuse_unexpected(frame, keyword);
    if (frame->def->params[i].flags & TN_POSITIONAL)
        return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): %s cannot be passed by keyword", frame->def->name,
                       name_of(frame, i));
    if (frame->objects[i] != NULL)
        return tn_fail(&frame->error, TN_WRONG_TYPE, "%s(): two values for %s", frame->def->name, name_of(frame, i));
    frame->objects[i] = value;
    return TN_OK;
}

tn_status tnpy_bind(tnpy_frame *frame, PyObject *const *args, Py_ssize_t nargs, PyObject *kwnames)
{
    const tnpy_function *f = frame->function;
    if (nargs > f->npositional)
        return refuse_too_many(frame, nargs);
    for (int i = 0; i < frame->def->nparams; i++)
        frame->objects[i] = NULL;
    for (Py_ssize_t k = 0; k < nargs; k++)
        frame->objects[f->positional[k]] = args[k];
    Py_ssize_t nkeywords = kwnames == NULL ? 0 : PyTuple_GET_SIZE(kwnames);
    for (Py_ssize_t k = 0; k < nkeywords; k++) {
        tn_status status = bind_keyword(frame, PyTuple_GET_ITEM(kwnames, k), args[nargs + k]);
        if (status != TN_OK)
            return status;
    }
    for (Py_ssize_t k = nargs; k < f->npositional; k++) {
        int i = f->positional[k];
        if (frame->objects[i] == NULL && !(frame->def->params[i].flags & TN_DEFAULTS))
            return refuse_missing(frame, i);
    }
    return TN_OK;
}
