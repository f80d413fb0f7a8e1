/* Builds an ONNX model (onnx.proto3) message by message. Memory that runs short is latched and
 * found by awh_onnx_finish. */
#ifndef AWH_ONNX_MODEL_H
#define AWH_ONNX_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/mem.h"
#include "base/str.h"

#define AWH_ONNX_OPSET_MIN 9
#define AWH_ONNX_OPSET_MAX 13
/* From here on the limits of Clip are inputs. */
#define AWH_ONNX_OPSET_CLIP_INPUTS 11

/* A node as the file has it, and the primitive that it was made for. */
struct awh_onnx_name {
    const char *name; /* in the arena */
    int prim;
};

struct awh_onnx_model {
    struct awh_arena *arena;
    int opset; /* AWH_ONNX_OPSET_MIN..MAX */
    int prim;  /* stamped on the names of new nodes */
    /* relu6 and hardtanh as Clip, one layer, in every opset. Otherwise from opset 11 on, where the
     * limits of Clip are inputs that OpenCV 4.6 does not read, as a scaled HardSigmoid. */
    bool clip;
    struct awh_str nodes, initializers; /* encoded entries of GraphProto */
    struct awh_onnx_name *names;
    size_t name_count, name_capacity;
    bool failed;
};

struct awh_onnx_node {
    const char *op, *name;
    const char *inputs[6]; /* up to the first NULL */
    const char *output;
};

struct awh_onnx_value {
    const char *name;
    int64_t dims[4]; /* NCHW */
};

void awh_onnx_init(struct awh_onnx_model *model, struct awh_arena *arena, int opset);
void awh_onnx_release(struct awh_onnx_model *model);

/* A node; its attributes are what is written before the end, which gets what begin returned. */
size_t awh_onnx_node_begin(struct awh_onnx_model *model, const struct awh_onnx_node *node);
void awh_onnx_node_end(struct awh_onnx_model *model, size_t mark);
void awh_onnx_attr_int(struct awh_onnx_model *model, const char *name, int64_t value);
void awh_onnx_attr_float(struct awh_onnx_model *model, const char *name, float value);
void awh_onnx_attr_ints(struct awh_onnx_model *model, const char *name, const int64_t *values,
                        size_t count);
/* A node without attributes. */
void awh_onnx_node(struct awh_onnx_model *model, const struct awh_onnx_node *node);

/* Initializers. dim_count 0: a scalar. Names are unique in the model. */
void awh_onnx_floats(struct awh_onnx_model *model, const char *name, const int64_t *dims,
                     size_t dim_count, const float *values);
void awh_onnx_scalar(struct awh_onnx_model *model, const char *name, float value);
void awh_onnx_int64s(struct awh_onnx_model *model, const char *name, const int64_t *values,
                     size_t count);
/* `count` int8 zeros in one dimension; 0: a scalar. */
void awh_onnx_int8_zeros(struct awh_onnx_model *model, const char *name, size_t count);

/* A text in the model's arena; "" when memory was short. */
AW_PRINTF(2, 3)
const char *awh_onnx_text(struct awh_onnx_model *model, const char *format, ...);

/* The file, appended to `file`. IR version 7 for opset 12 and 13, what came with the older ones. */
AW_MUST_USE enum aw_err awh_onnx_finish(struct awh_onnx_model *model, const char *graph_name,
                                        const struct awh_onnx_value *input,
                                        const struct awh_onnx_value *output, struct awh_str *file,
                                        struct awh_diag *diag);

#endif
