/* SPDX-License-Identifier: BSD-3-Clause */
/* What DLPack 1.x fixes: structures, numbers and names. https://dmlc.github.io/dlpack/latest
 *
 * A producer fills in a managed tensor and puts it into a capsule. A consumer takes it out, marks the capsule as used,
 * and calls the deleter once, when it needs the memory no more, from any thread.
 */
#ifndef TNPY_PROTOCOL_DLPACK_ABI_H
#define TNPY_PROTOCOL_DLPACK_ABI_H

#include <stddef.h>
#include <stdint.h>

/* The newest version spoken here. Another major version is another layout; a greater minor one only adds numbers. */
enum { TNPY_DL_MAJOR = 1, TNPY_DL_MINOR = 3 };

/* Names of capsules: a tensor that nobody has taken yet, and one that somebody has. */
#define TNPY_DL_VERSIONED "dltensor_versioned"
#define TNPY_DL_VERSIONED_USED "used_dltensor_versioned"
#define TNPY_DL_LEGACY "dltensor"
#define TNPY_DL_LEGACY_USED "used_dltensor"
#define TNPY_DL_EXCHANGE "dlpack_exchange_api"

/* Kinds of memory. C can read the host kinds; all others are another machine's. X(name, number, text) */
#define TNPY_DL_DEVICE_LIST(X)       \
    X(CPU, 1, "CPU")                 \
    X(CUDA, 2, "CUDA")               \
    X(CUDA_HOST, 3, "pinned CUDA")   \
    X(OPENCL, 4, "OpenCL")           \
    X(VULKAN, 7, "Vulkan")           \
    X(METAL, 8, "Metal")             \
    X(VPI, 9, "VPI")                 \
    X(ROCM, 10, "ROCm")              \
    X(ROCM_HOST, 11, "pinned ROCm")  \
    X(EXTENSION, 12, "extension")    \
    X(CUDA_MANAGED, 13, "managed CUDA") \
    X(ONEAPI, 14, "oneAPI")          \
    X(WEBGPU, 15, "WebGPU")          \
    X(HEXAGON, 16, "Hexagon")        \
    X(MAIA, 17, "MAIA")              \
    X(TRAINIUM, 18, "Trainium")

enum {
#define TNPY_ENUMERATOR(name, number, text) TNPY_DL_##name = number,
    TNPY_DL_DEVICE_LIST(TNPY_ENUMERATOR)
#undef TNPY_ENUMERATOR
};

/* Kinds of elements. X(name, number, text) */
#define TNPY_DL_CODE_LIST(X)                 \
    X(INT, 0, "int")                         \
    X(UINT, 1, "uint")                       \
    X(FLOAT, 2, "float")                     \
    X(OPAQUE, 3, "opaque")                   \
    X(BFLOAT, 4, "bfloat")                   \
    X(COMPLEX, 5, "complex")                 \
    X(BOOL, 6, "bool")                       \
    X(FLOAT8_E3M4, 7, "float8_e3m4")         \
    X(FLOAT8_E4M3, 8, "float8_e4m3")         \
    X(FLOAT8_E4M3B11FNUZ, 9, "float8_e4m3b11fnuz") \
    X(FLOAT8_E4M3FN, 10, "float8_e4m3fn")    \
    X(FLOAT8_E4M3FNUZ, 11, "float8_e4m3fnuz") \
    X(FLOAT8_E5M2, 12, "float8_e5m2")        \
    X(FLOAT8_E5M2FNUZ, 13, "float8_e5m2fnuz") \
    X(FLOAT8_E8M0FNU, 14, "float8_e8m0fnu")  \
    X(FLOAT6_E2M3FN, 15, "float6_e2m3fn")    \
    X(FLOAT6_E3M2FN, 16, "float6_e3m2fn")    \
    X(FLOAT4_E2M1FN, 17, "float4_e2m1fn")

enum {
#define TNPY_ENUMERATOR(name, number, text) TNPY_DL_##name = number,
    TNPY_DL_CODE_LIST(TNPY_ENUMERATOR)
#undef TNPY_ENUMERATOR
};

enum {
    TNPY_DL_READ_ONLY = 1, /* the consumer must not write */
    TNPY_DL_IS_COPIED = 2  /* made for this consumer alone: nobody sees what it writes */
};

typedef struct tnpy_dl_version {
    uint32_t major;
    uint32_t minor;
} tnpy_dl_version;

typedef struct tnpy_dl_device {
    int32_t kind; /* TNPY_DL_CPU, … */
    int32_t id;   /* which of several; 0 for the CPU */
} tnpy_dl_device;

typedef struct tnpy_dl_type {
    uint8_t code;   /* TNPY_DL_INT, … */
    uint8_t bits;   /* of one lane; fewer than 8 where elements share bytes */
    uint16_t lanes; /* 1, but for vectors of several numbers as one element */
} tnpy_dl_type;

typedef struct tnpy_dl_tensor {
    void *data;             /* NULL where there are no elements */
    tnpy_dl_device device;
    int32_t ndim;
    tnpy_dl_type type;      /* in the machine's byte order */
    int64_t *shape;         /* ndim extents; may be NULL if ndim is 0 */
    int64_t *strides;       /* ndim steps in elements, not bytes; NULL before 1.2: C-contiguous */
    uint64_t byte_offset;   /* from data to the first element */
} tnpy_dl_tensor;

/* Before 1.0. It can't say that memory is read-only, nor which version it is. */
typedef struct tnpy_dl_legacy {
    tnpy_dl_tensor tensor;
    void *context;                                  /* the producer's */
    void (*deleter)(struct tnpy_dl_legacy *self);   /* frees the structure, too; NULL: nothing to do */
} tnpy_dl_legacy;

/* Since 1.0. Everything up to `flags` stays where it is in every version, so that a tensor of an unknown one can be
 * given back. */
typedef struct tnpy_dl_versioned {
    tnpy_dl_version version;
    void *context;
    void (*deleter)(struct tnpy_dl_versioned *self);
    uint64_t flags;                                 /* TNPY_DL_READ_ONLY, … */
    tnpy_dl_tensor tensor;
} tnpy_dl_versioned;

/* Since 1.3: what type(x).__dlpack_c_exchange_api__ holds, a table that lives as long as the process. All functions
 * return 0, or -1 after a failure. Those on Python objects need the GIL and leave an exception. None waits for a
 * device. */
typedef struct tnpy_dl_exchange {
    tnpy_dl_version version;
    struct tnpy_dl_exchange *older; /* a table of an earlier major version; NULL: there is none */
    /* A new tensor of the prototype's type, shape and device. May be called without the GIL: failures go to `fail`. */
    int (*allocate)(tnpy_dl_tensor *prototype, tnpy_dl_versioned **out, void *context,
                    void (*fail)(void *context, const char *kind, const char *message));
    int (*from_object)(void *object, tnpy_dl_versioned **out);
    int (*to_object)(tnpy_dl_versioned *tensor, void **out); /* takes the tensor over if it succeeds */
    /* The same as from_object without owning anything, valid until control returns. NULL: not offered. */
    int (*peek)(void *object, tnpy_dl_tensor *out);
    int (*current_stream)(int32_t device, int32_t id, void **out);
} tnpy_dl_exchange;

_Static_assert(sizeof(tnpy_dl_type) == 4, "DLPack: element type");
_Static_assert(offsetof(tnpy_dl_tensor, device) == sizeof(void *), "DLPack: device");
_Static_assert(offsetof(tnpy_dl_tensor, ndim) == sizeof(void *) + 8, "DLPack: ndim");
_Static_assert(offsetof(tnpy_dl_tensor, type) == sizeof(void *) + 12, "DLPack: type");
_Static_assert(offsetof(tnpy_dl_tensor, shape) == sizeof(void *) + 16, "DLPack: shape");
_Static_assert(offsetof(tnpy_dl_tensor, byte_offset) == 3 * sizeof(void *) + 16, "DLPack: byte_offset");
_Static_assert(offsetof(tnpy_dl_versioned, context) == 8, "DLPack: context");
_Static_assert(offsetof(tnpy_dl_versioned, flags) == 8 + 2 * sizeof(void *), "DLPack: flags");
_Static_assert(offsetof(tnpy_dl_versioned, tensor) == 16 + 2 * sizeof(void *), "DLPack: tensor");
_Static_assert(offsetof(tnpy_dl_exchange, allocate) == 8 + sizeof(void *), "DLPack: exchange");
_Static_assert(sizeof(tnpy_dl_exchange) == 8 + 6 * sizeof(void *), "DLPack: exchange");

#endif
