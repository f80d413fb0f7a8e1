#include "program/reference.h"

#include <stdlib.h>
#include <string.h>

#include "aw/crc.h"
#include "aw/rng.h"
#include "program/embed.h"

struct reference {
    const struct aw_program *program;
    int8_t *arena, *weights;
    int8_t *packed; /* NULL: the program's weights are in canonical order */
    int32_t *bias;
};

static enum aw_err prepare(struct reference *run, struct awh_diag *diag)
{
    const struct aw_program *program = run->program;
    uint32_t weights = 0, packed = 0, biases = 0;
    for (uint16_t i = 0; i < program->layer_count; i++) {
        struct aw_plan plan;
        aw_program_plan(program, i, &plan);
        uint32_t bytes = aw_packing_bytes(program->packing, &plan);
        weights = plan.weight_count > weights ? plan.weight_count : weights;
        packed = bytes > packed ? bytes : packed;
        biases = plan.bias_count > biases ? plan.bias_count : biases;
    }
    /* aw_buffers wants tensors aligned to 16, which calloc gives. One more byte: never of size 0.
     */
    run->arena = calloc((size_t)program->arena_bytes + 1, 1);
    run->weights = malloc((size_t)weights + 1);
    run->bias = malloc(((size_t)biases + 1) * sizeof(*run->bias));
    if (program->packing)
        run->packed = malloc((size_t)packed + 1);
    if (!run->arena || !run->weights || !run->bias || (program->packing && !run->packed))
        return awh_fail_mem(diag);
    return AW_OK;
}

static void fill_input(const struct reference *run, const int8_t *values)
{
    struct aw_tensor input;
    aw_program_tensor(run->program, run->program->input, &input);
    uint32_t bytes = (uint32_t)input.shape.h * input.shape.w * input.shape.c;
    if (values == NULL)
        aw_rng_input(run->program->input_seed, bytes, run->arena + input.offset);
    else
        memcpy(run->arena + input.offset, values, bytes);
}

static int8_t *tensor_at(const struct reference *run, uint16_t index)
{
    struct aw_tensor tensor;
    if (index == AW_NO_TENSOR)
        return NULL;
    aw_program_tensor(run->program, index, &tensor);
    return run->arena + tensor.offset;
}

static enum aw_err load_weights(const struct reference *run, const struct aw_plan *plan,
                                struct awh_diag *diag)
{
    if (!run->packed) {
        aw_program_weights(run->program, plan, run->weights, run->bias);
        return AW_OK;
    }
    aw_program_weights(run->program, plan, run->packed, run->bias);
    return awh_unpack_weights(run->program->packing, plan, run->packed, run->weights, diag);
}

static enum aw_err run_layer(const struct reference *run, uint16_t index,
                             const struct awh_reference_observer *observer, struct awh_diag *diag)
{
    struct aw_plan plan;
    aw_program_plan(run->program, index, &plan);
    const struct aw_op *op = aw_op_find(plan.layer.op);
    enum aw_err err = op->weighted ? load_weights(run, &plan, diag) : AW_OK;
    if (err)
        return err;
    struct aw_buffers buffers = {
        .in0 = tensor_at(run, plan.layer.in0),
        .in1 = tensor_at(run, plan.layer.in1),
        .weights = op->weighted ? run->weights : NULL,
        .bias = plan.bias_count > 0 ? run->bias : NULL,
        .out = tensor_at(run, plan.layer.out),
    };
    op->run(&plan, &buffers);
    if (plan.table) {
        int8_t table[256];
        aw_program_table(run->program, &plan, table);
        aw_table_apply(table, buffers.out, plan.out_bytes);
    }
    observer->layer(observer->context, index, buffers.out, plan.out_bytes);
    return AW_OK;
}

enum aw_err awh_reference_observe(const struct aw_program *program, const int8_t *input,
                                  const struct awh_reference_observer *observer,
                                  struct awh_diag *diag)
{
    struct reference run = {.program = program};
    enum aw_err err = prepare(&run, diag);
    if (!err) {
        fill_input(&run, input);
        for (uint16_t i = 0; i < program->layer_count && !err; i++)
            err = run_layer(&run, i, observer, diag);
    }
    free(run.arena);
    free(run.weights);
    free(run.packed);
    free(run.bias);
    return err;
}

static void keep_crc(void *context, uint16_t index, const int8_t *values, uint32_t count)
{
    uint32_t *crcs = context;
    crcs[index] = aw_crc32(0, values, count);
}

enum aw_err awh_reference_run(const struct aw_program *program, uint32_t *crcs,
                              struct awh_diag *diag)
{
    const struct awh_reference_observer observer = {.layer = keep_crc, .context = crcs};
    return awh_reference_observe(program, NULL, &observer, diag);
}
