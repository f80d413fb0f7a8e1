/* The .awp program: flat, little-endian, read in place, validated completely before it runs.
 * Every byte is described in docs/program.md.
 *
 * Layout: header (64 bytes), tensors (16 bytes each), layers (48 bytes each), tables (256 bytes
 * each), weight block (weights mode EMBEDDED only), CRC-32 of everything before it (4 bytes). A
 * weight block holds, per weighted layer at weights_offset (a multiple of 16): weight_count int8
 * (when packed, what aw_packing_bytes says), zero padding to 4, bias_count int32. */
#ifndef AW_PROGRAM_H
#define AW_PROGRAM_H

#include <stdint.h>

#include "aw/err.h"
#include "aw/op.h"
#include "aw/packing.h"

#define AW_PROGRAM_MAGIC        0x31505741u /* "AWP1" */
#define AW_PROGRAM_VERSION      2u
#define AW_PROGRAM_HEADER_BYTES 64u
#define AW_PROGRAM_PACKING_AT   7u /* in the header: enum aw_packing_id */
#define AW_PROGRAM_TENSOR_BYTES 16u
#define AW_PROGRAM_LAYER_BYTES  48u
#define AW_PROGRAM_TABLE_BYTES  256u
#define AW_PROGRAM_MAX_LAYERS   1024u
#define AW_PROGRAM_MAX_TENSORS  1024u

enum aw_weights_mode {
    AW_WEIGHTS_SEEDED = 0,   /* a seed per layer; aw_rng makes them */
    AW_WEIGHTS_EMBEDDED = 1, /* in the program */
};

/* A validated view; borrows the bytes. */
struct aw_program {
    const uint8_t *bytes;
    uint32_t size;
    uint16_t tensor_count, layer_count, table_count;
    uint16_t input, output; /* tensor indices of the net's input and output */
    uint8_t weights_mode;
    const struct aw_packing *packing; /* order of embedded weights; NULL: canonical */
    uint32_t arena_bytes;             /* end of the last tensor */
    uint32_t weight_bytes; /* canonical: sum over weighted layers of weights and biases, each
                              rounded up to 16 */
    uint32_t input_seed;   /* seed of the input of a verified run (aw_rng_input) */
    uint32_t tensors_at, layers_at, tables_at, weights_at; /* offsets in bytes */
    uint32_t crc; /* the program's own CRC-32, its identity in results */
};

/* What the machine that will run it has. 0 means no limit. */
struct aw_program_limits {
    uint32_t program_bytes, arena_bytes, weight_bytes;
    uint16_t layers;
    /* The order of embedded weights that the machine takes beside the canonical one; NULL: none. */
    const struct aw_packing *packing;
};

/* Why a program was refused. `index` is the layer or tensor, or -1. */
struct aw_program_fault {
    const char *what; /* constant text */
    int index;
    bool is_tensor;
};

/* Memory of the check: when each tensor is written and read. */
struct aw_program_work {
    uint16_t written[AW_PROGRAM_MAX_TENSORS];
    uint16_t last_read[AW_PROGRAM_MAX_TENSORS];
};

/* Checks size, magic, version, CRC, counts and reserved bytes; every tensor (shape, position,
 * alignment, inside the arena); every layer (aw_layer_plan, tensor ids, written before read, its
 * output overlaps no tensor that is read later or now, except exactly in0 for ops that work in
 * place when in0 is not read again); tables and weights inside the file. Nothing is read outside
 * bytes[0..size). Fills program_out only on success and fault (may be NULL) only on failure. */
AW_MUST_USE enum aw_err aw_program_open(const uint8_t *bytes, uint32_t size,
                                        const struct aw_program_limits *limits,
                                        struct aw_program *program_out,
                                        struct aw_program_fault *fault);
/* The same for machines whose stack has no room for the work. */
AW_MUST_USE enum aw_err aw_program_open_with(const uint8_t *bytes, uint32_t size,
                                             const struct aw_program_limits *limits,
                                             struct aw_program_work *work,
                                             struct aw_program *program_out,
                                             struct aw_program_fault *fault);

/* index < tensor_count / layer_count of an opened program. */
void aw_program_tensor(const struct aw_program *program, uint16_t index, struct aw_tensor *out);
void aw_program_layer(const struct aw_program *program, uint16_t index, struct aw_layer *out);
/* Plan of a layer of an opened program; cannot fail. */
void aw_program_plan(const struct aw_program *program, uint16_t index, struct aw_plan *out);

/* Table of a layer whose plan says `table`: from the program, or made by aw_act_table. */
void aw_program_table(const struct aw_program *program, const struct aw_plan *plan,
                      int8_t table[256]);

/* Weights, in the program's packing, and bias of a weighted layer, from the program or made by
 * seeded.h. weights has aw_packing_bytes(program->packing, plan) and bias plan->bias_count entries.
 */
void aw_program_weights(const struct aw_program *program, const struct aw_plan *plan,
                        int8_t *weights, int32_t *bias);

/* Everything that aw_program_write needs; arrays are borrowed. */
struct aw_program_source {
    const struct aw_tensor *tensors;
    const struct aw_layer *layers;
    const int8_t (*tables)[256];
    uint16_t tensor_count, layer_count, table_count;
    uint16_t input, output;
    uint8_t weights_mode;
    uint32_t input_seed;
    const uint8_t *weights; /* NULL when seeded */
    uint32_t weights_size;
};

/* Serialises a program; layers' table_offset is the index of their table on the way in
 * (AW_NO_OFFSET for none) and becomes the offset. AW_ERR_NO_SPACE sets *size_out to what is needed.
 * The result is not validated: open it. */
AW_MUST_USE enum aw_err aw_program_write(const struct aw_program_source *source, uint8_t *bytes,
                                         uint32_t capacity, uint32_t *size_out);

/* The same program with its weights packed, for an upload: `program` has embedded, canonical ones,
 * else AW_ERR_ARG. AW_ERR_NO_SPACE sets *size_out to what is needed. `bytes` is 16-byte aligned. */
AW_MUST_USE enum aw_err aw_program_pack(const struct aw_program *program,
                                        const struct aw_packing *packing, uint8_t *bytes,
                                        uint32_t capacity, uint32_t *size_out);

#endif
