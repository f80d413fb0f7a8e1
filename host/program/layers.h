/* What the host knows of a compiled net beside its program: <net>.layers.yaml and prim2names.yaml
 * (docs/formats.md). This is the only code that knows these two formats, in both directions. */
#ifndef AWH_LAYERS_H
#define AWH_LAYERS_H

#include "aw/program.h"
#include "base/yaml.h"
#include "prims/prim.h"

/* One layer of the program; the index in `awh_layers.items` is the layer's index in the program. */
struct awh_layer_info {
    const char *name; /* "0_conv_1"; unique in the net */
    const char *key;  /* canonical, of aw_layer_key */
    uint8_t op;       /* enum aw_op_id */
    enum aw_act act;
    uint32_t primitive; /* index into prim2names.yaml */
    uint64_t macs;
    uint64_t bytes; /* activations read and written plus weights and biases */
};

/* <net>.layers.yaml. */
struct awh_layers {
    const char *net;
    struct awh_layer_info *items;
    size_t count;
    uint64_t macs; /* of all layers */
    uint32_t arena_bytes, weight_bytes, program_bytes;
    uint32_t program_crc32; /* aw_program.crc of the program that this describes */
    uint32_t input_seed;
};

/* One entry of prim2names.yaml. A primitive without layers has no names. */
struct awh_prim_names {
    struct awh_prim prim;
    const char **names;
    size_t count;
};

/* Reads a layers.yaml; everything is in the arena. Indices must count from 0, names be unique, ops
 * and activations be known and `macs` be the sum of the layers. */
AW_MUST_USE enum aw_err awh_layers_load(struct awh_arena *arena, const char *path,
                                        struct awh_layers *layers_out, struct awh_diag *diag);
/* The document; NULL when memory is short. */
struct awh_yaml *awh_layers_to_yaml(struct awh_arena *arena, const struct awh_layers *layers);

/* Reads a prim2names.yaml. No layer may belong to two primitives. */
AW_MUST_USE enum aw_err awh_prim_names_load(struct awh_arena *arena, const char *path,
                                            struct awh_prim_names **items_out, size_t *count_out,
                                            struct awh_diag *diag);
struct awh_yaml *awh_prim_names_to_yaml(struct awh_arena *arena, const struct awh_prim_names *items,
                                        size_t count);

/* Both files of a net, read and checked against each other: every layer is among the names of its
 * primitive, and every name is a layer. */
struct awh_net_layers {
    struct awh_layers layers;
    struct awh_prim_names *prims;
    size_t prim_count;
};
AW_MUST_USE enum aw_err awh_net_layers_load(struct awh_arena *arena, const char *directory,
                                            const char *net, struct awh_net_layers *out,
                                            struct awh_diag *diag);

/* AW_ERR_MISMATCH unless `program` is the one that `layers` describes; `path` is that of the
 * program, for the message. */
AW_MUST_USE enum aw_err awh_layers_check_program(const struct awh_layers *layers,
                                                 const struct aw_program *program, const char *path,
                                                 struct awh_diag *diag);

#endif
