/* A graph as an ONNX model: one node a layer, more for h-swish and for layers that ONNX lacks. */
#ifndef AWH_ONNX_EXPORT_H
#define AWH_ONNX_EXPORT_H

#include "compilers/onnx/model.h"
#include "net/graph.h"
#include "program/float_weights.h"

/* Scales of int8 inference, symmetric: real = q * scale. */
struct awh_onnx_scales {
    const float *tensors; /* one a tensor of the graph */
};

/* Appends the nodes of the graph to `model` and the whole file to `file`. The model's input is
 * called "input", its output "output", each layer as the graph calls it. `scales` NULL: float.
 * Otherwise every activation but the output goes through QuantizeLinear and DequantizeLinear, and
 * so do the weights, with a scale for each output channel; the graph must be folded, and the opset
 * 13. */
AW_MUST_USE enum aw_err awh_onnx_export(struct awh_onnx_model *model, const struct awh_graph *graph,
                                        const struct awh_float_weights *weights,
                                        const struct awh_onnx_scales *scales, struct awh_str *file,
                                        struct awh_diag *diag);

/* Scales of a folded graph: the largest magnitude of each tensor over `inputs` seeded inputs. */
AW_MUST_USE enum aw_err awh_onnx_calibrate(struct awh_arena *arena, const struct awh_graph *graph,
                                           const struct awh_float_weights *weights, uint32_t seed,
                                           uint32_t inputs, struct awh_onnx_scales *scales_out,
                                           struct awh_diag *diag);

#endif
