/* SPDX-License-Identifier: BSD-3-Clause */
/* What generated glue is written in: a module as constant data, plus one inner loop a function.
 *
 * `tenon build` and `tenon glue` write two halves. The C half includes the user's own source or header, asserts that
 * the compiler sees the types as the binder read them, and defines the loops. The Python half holds the descriptors
 * below and hands a tn_module to the engine, which does everything else. All descriptors are static and constant; the
 * engine keeps pointers into them for the life of the process and never writes to them.
 *
 * This header needs no Python and no user type. Layouts are append-only; TN_MODULE_ABI counts incompatible changes.
 */
#ifndef TENON_MODULE_H
#define TENON_MODULE_H

#include <stddef.h>
#include <stdint.h>

#include "loop.h"
#include "type.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TN_MODULE_ABI = 3 };

/* --- sizes -------------------------------------------------------------------------------------------------------- */

/* Every extent of every parameter is an index into its function's `sizes`; dims[1 + k] is the value of sizes[k]. */
typedef enum tn_size_kind {
    TN_SIZE_IMPLIED,    /* the extent of params[param] along `axis`; every other place it stands must agree */
    TN_SIZE_ARGUMENT,   /* nothing implies it: params[param] is its Python parameter, of kind TN_PARAM_SIZE */
    TN_SIZE_CONSTANT,   /* `value` */
    TN_SIZE_EXPRESSION  /* `program`, evaluated once all sizes before it in the table are known */
} tn_size_kind;

/* Postfix, in checked int64; division truncates towards zero as in C. Ends with TN_OP_END. */
typedef enum tn_opcode {
    TN_OP_END, TN_OP_CONSTANT, TN_OP_SIZE, TN_OP_ADD, TN_OP_SUB, TN_OP_MUL, TN_OP_DIV, TN_OP_MOD, TN_OP_NEG
} tn_opcode;

typedef struct tn_op {
    int64_t operand;  /* TN_OP_CONSTANT: the value; TN_OP_SIZE: an index into sizes, smaller than this one's own */
    uint8_t code;     /* tn_opcode */
} tn_op;

enum { TN_MAX_STACK = 32, TN_MAX_SIZES = 64, TN_MAX_PARAMS = 64 };

typedef struct tn_size {
    const char *name;      /* "n"; "n + 1" for an expression; "3" for a constant; NULL for a view's own extent */
    const tn_op *program;  /* TN_SIZE_EXPRESSION */
    int64_t value;         /* TN_SIZE_CONSTANT */
    int64_t min, max;      /* range of the C parameters it is passed to; 0, INT64_MAX where there is none. What is no
                              array's extent may be negative: its min says so */
    uint16_t param, axis;  /* TN_SIZE_IMPLIED, TN_SIZE_ARGUMENT */
    uint8_t kind;          /* tn_size_kind */
} tn_size;

/* --- parameters --------------------------------------------------------------------------------------------------- */

typedef enum tn_param_kind {
    TN_PARAM_ARRAY,  /* C-contiguous memory of `shape`; ndim ≥ 1 */
    TN_PARAM_VIEW,   /* a typed strided view (view.h); any strides */
    TN_PARAM_SPAN,   /* a tn_span; any element type, ndim and strides; `type` NULL */
    TN_PARAM_VALUE,  /* one value of `type`, a number or a structure; by value or by reference, the loop knows */
    TN_PARAM_TEXT,   /* const char *, NUL-terminated; `type` NULL */
    TN_PARAM_SIZE,   /* an integer that is a size nothing implies: sizes[shape[0]] */
    TN_PARAM_ROWS,   /* an array of pointers to rows: `T **` or `T (*rows[m])[n]`; ndim ≥ 2. Along the first axis the
                        memory may lie anywhere; each row is C-contiguous memory of the further extents */
    TN_PARAM_HANDLE, /* a pointer to an opaque object: an instance of classes[`handle`]; `type` NULL */
    TN_PARAM_OWNED   /* a tn_array by value; `type` NULL, any layout. TN_IN: C keeps what it is given, and must release
                        it; as the result: what C hands over */
} tn_param_kind;

typedef enum tn_direction { TN_IN = 1, TN_OUT = 2, TN_INOUT = 3 } tn_direction;

enum {
    TN_OPTIONAL = 1,     /* None stands for NULL */
    TN_DEFAULTS = 2,     /* TN_OPTIONAL, and may be left out */
    TN_RESTRICT = 4,     /* overlaps nothing that is written, and nothing at all if written itself */
    TN_CHARACTER = 8,    /* plain char: an array takes any one-byte element type, a value is one ASCII character */
    TN_AT_LEAST = 16,    /* [static n]: the first extent may be longer */
    TN_POSITIONAL = 32   /* unnamed in C, or before one that is: cannot be passed by keyword */
};

/* args[i] of the loop belongs to params[i], args[nparams] to the result:
 *
 *   TN_PARAM_ARRAY  address of the first element; NULL for an optional one that is None
 *   TN_PARAM_VIEW   address of the first element. Its extents are dims[1 + shape[k]]; its strides in bytes are
 *                   steps[nargs + strides + k], where nargs = nparams + (result ? 1 : 0)
 *   TN_PARAM_SPAN   address of a tn_span; its step is 0
 *   TN_PARAM_VALUE  address of the value, aligned for it, also for an output and by reference; NULL as for arrays
 *   TN_PARAM_TEXT   address of a `const char *`; NULL pointer there for an optional one that is None; its step is 0
 *                   (as result: of the `const char *` to fill)
 *   TN_PARAM_SIZE   NULL: the value is in dims
 *   TN_PARAM_ROWS   address of the first of dims[1 + shape[0]] pointers, a table made for the call; its step is 0
 *   TN_PARAM_HANDLE address of a `void *`, which is NULL for an optional one that is None; its step is 0
 *                   (as result: of the `void *` to fill)
 *   TN_PARAM_OWNED  address of a tn_array, which the loop hands on (as result: of the one to fill); its step is 0
 *
 * steps[i] is the distance in bytes from one point to the next; 0 where the argument is the same for all points.
 */
typedef struct tn_param {
    const char *name;       /* as Python spells it */
    const char *annotation; /* what it must be, as messages and signatures say it: "float64[m, n]", "int",
                               "str | None" */
    const tn_type *type;    /* of one element, or of the value */
    const uint16_t *shape;  /* ndim indices into sizes */
    uint16_t strides;       /* TN_PARAM_VIEW: index of its first stride behind the nargs steps */
    uint8_t kind;           /* tn_param_kind */
    uint8_t direction;      /* tn_direction: TN_IN is never written; TN_OUT is keyword-only and part of the result;
                               an array TN_INOUT is written in place; a value TN_INOUT is taken and returned */
    uint8_t ndim;
    uint8_t flags;          /* TN_OPTIONAL … */
    uint16_t handle;        /* TN_PARAM_HANDLE: index into the module's classes */
} tn_param;

/* --- functions ---------------------------------------------------------------------------------------------------- */

/* What the error codes from first to last mean; the first entry that holds a code says. */
typedef struct tn_throw {
    int64_t first, last;
    const char *text;
} tn_throw;

enum {
    TN_THREADSAFE = 1,     /* runs without the GIL */
    TN_RETURNS_STATUS = 2, /* the C result is an error code: 0 is success and no value is returned */
    TN_EXCLUSIVE = 4,      /* refused while views of its first handle's memory are alive: it may move or free that
                              memory */
    TN_RAISES_STATUS = 8   /* those codes are a tn_status, and raise the exceptions of status.h's list */
};

typedef struct tn_function {
    const char *name;
    const char *doc;           /* the comment, without the commands that Tenon acts on; may be NULL */
    const char *signature;     /* "(m,n)->()", NumPy's generalised ufunc notation; NULL if it cannot run in a batch */
    const char *no_batch;      /* if signature is NULL: why, as the end of "… has no batch(): " */
    const char *source;        /* "stats.c:12:8" */
    const tn_param *params;    /* the Python-visible parameters and the outputs, in prototype order */
    const tn_param *result;    /* the C result as a TN_OUT parameter: a value, text, a handle, or an owned array; NULL if
                                  void or a status */
    const tn_size *sizes;
    const tn_throw *throws;
    tn_loop *loop;
    uint16_t nparams, nsizes, nthrows, nstrides; /* nstrides: strides of all views together */
    uint32_t flags;            /* TN_THREADSAFE … */
    void (*call)(void);        /* a vectorcallfunc that serves the commonest calls (fast.h); NULL: there is none */
} tn_function;

/* --- the rest of a module ----------------------------------------------------------------------------------------- */

typedef struct tn_overloads {
    const char *name;
    const char *doc;                   /* may be NULL */
    const uint16_t *candidates;        /* indices into the module's functions, in order of preference */
    uint16_t ncandidates;
} tn_overloads;

typedef enum tn_constant_kind { TN_CONSTANT_INT, TN_CONSTANT_FLOAT, TN_CONSTANT_TEXT } tn_constant_kind;

typedef struct tn_constant {
    const char *name;
    const char *text;    /* TN_CONSTANT_TEXT, UTF-8; TN_CONSTANT_INT beyond int64: decimal digits, else NULL */
    int64_t integer;     /* TN_CONSTANT_INT */
    double number;       /* TN_CONSTANT_FLOAT */
    uint8_t kind;        /* tn_constant_kind */
} tn_constant;

/* Memory of static storage duration. */
typedef struct tn_variable {
    const char *name;
    const char *annotation;    /* "float64[256]" */
    void *const *address;      /* where the C half keeps its address */
    const tn_type *type;
    const ptrdiff_t *shape;    /* ndim extents; C order */
    uint8_t ndim;
    uint8_t readonly;          /* 1 if const */
    uint8_t character;         /* 1 if plain char */
} tn_variable;

/* A structure that the module offers as a dtype. */
typedef struct tn_record {
    const char *name;
    const tn_type *type;       /* kind TN_STRUCT */
} tn_record;

/* How a function belongs to a class. */
typedef enum tn_method_kind {
    TN_METHOD,     /* its first parameter, `self`, is a handle of this class */
    TN_NEW,        /* makes an object: what calling the class does */
    TN_STATIC,     /* makes an object in another way: T_name(…) that returns a T * and takes none first */
    TN_ATTRIBUTE,  /* a method without further parameters that is read like an attribute */
    TN_SET,        /* a method with one further parameter that sets the attribute of the same name */
    TN_BUFFER      /* a method whose tn_array is what the object shows as an array, through every protocol; also
                      callable */
} tn_method_kind;

typedef struct tn_method {
    const char *name;      /* as Python spells it, without the prefix */
    uint16_t function;     /* index into the module's functions; such a function is no attribute of the module */
    uint8_t kind;          /* tn_method_kind */
} tn_method;

/* Opaque objects of C. Python's object owns one pointer, and calls `free` once: when it is closed, or when it and the
 * last view of its memory are gone. */
typedef struct tn_class {
    const char *name;
    const char *doc;               /* may be NULL */
    const char *source;            /* "grid.h:12:8", of the typedef */
    const tn_method *methods;
    void (*free)(void *handle);    /* in the C half; never NULL, never called with NULL */
    uint16_t nmethods;
} tn_class;

typedef struct tn_module {
    uint32_t abi;              /* TN_MODULE_ABI */
    uint32_t size;             /* sizeof(tn_module): what is appended later is read only if it is there */
    const char *name;
    const char *doc;           /* may be NULL */
    const tn_function *functions;
    const tn_overloads *overloads;
    const tn_constant *constants;
    const tn_variable *variables;
    const tn_record *records;
    uint16_t nfunctions, noverloads, nvariables, nrecords;
    uint32_t nconstants;
    const tn_class *classes;
    uint16_t nclasses;
} tn_module;

#ifdef __cplusplus
}
#endif
#endif
