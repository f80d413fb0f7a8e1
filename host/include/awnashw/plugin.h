/* What plug-ins of awnas-hw are written against, and the built-in members too: primitives, search
 * spaces, compilers, readers and models.
 *
 * A plug-in is a shared object that exports one symbol, made by AWH_PLUGIN. It links nothing but
 * libc: everything that it needs of awnas-hw is in struct awh_host, which init gets. Structs
 * without a definition here are handles. docs/plugins.md explains it; examples/plugin is one. */
#ifndef AWNASHW_PLUGIN_H
#define AWNASHW_PLUGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "aw/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Counts up whenever a struct of this header changes. A plug-in that was made for another number is
 * not loaded. Functions that are added at the end of awh_host do not count. */
#define AWH_PLUGIN_ABI 1

struct awh_arena;     /* memory that is freed as a whole */
struct awh_diag;      /* takes the message of an error */
struct awh_graph;     /* the layer graph that primitives are lowered to */
struct awh_registrar; /* takes the members of a plug-in */
struct awh_stage;     /* a result directory while it is written */
struct awh_yaml;      /* a node of a YAML document */

/* -- Primitives ---------------------------------------------------------------------------------
 */

#define AWH_PRIM_PARAMS_MAX 6

enum awh_value_kind {
    AWH_VALUE_NULL,
    AWH_VALUE_BOOL,
    AWH_VALUE_INT,
    AWH_VALUE_FLOAT,
    AWH_VALUE_STR
};

struct awh_value {
    enum awh_value_kind kind;
    union {
        bool boolean;
        int64_t integer;
        double real;
        const char *text; /* borrowed: from the document or registry that made it, or an arena */
    };
};

struct awh_param {
    const char *name; /* borrowed from the type */
    struct awh_value value;
};

struct awh_prim {
    const struct awh_prim_type *type;
    int32_t spatial_size, c, c_out, stride;
    struct awh_value affine;
    uint8_t param_count;
    struct awh_param params[AWH_PRIM_PARAMS_MAX]; /* sorted by name */
};

struct awh_param_spec {
    const char *name;
    bool has_default;
    struct awh_value default_value;
};

struct awh_prim_type {
    const char *name; /* "mobilenet_v3_block"; "null" is the type whose name is YAML's null */
    const struct awh_param_spec *params; /* sorted by name, terminated by name == NULL */
    /* Appends the layers of the primitive to the graph, from tensor `in` (whose channels are
     * input_ch or prim->c); sets *out_tensor. Errors name the layer; awh_net_lower adds the net and
     * the primitive. */
    enum aw_err (*lower)(struct awh_graph *graph, const struct awh_prim *prim, int in,
                         int *out_tensor, struct awh_diag *diag);
    const void *variant; /* the type's own: what tells types that share a `lower` apart */
    int32_t input_ch;    /* channels that it takes whatever its C says; 0: C */
};

/* Attributes of the layers that a graph is built of. */
struct awh_conv {
    int32_t out_ch;
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    int32_t pad_h, pad_w; /* both sides */
    int32_t groups, dilation;
    bool bias;
};

/* Windows start in the padding and never reach beyond it (floor mode). */
struct awh_pool {
    int32_t kernel_h, kernel_w;
    int32_t stride_h, stride_w;
    int32_t pad_h, pad_w;   /* both sides; at most half of the kernel */
    bool count_include_pad; /* the mean divides by the whole window, not by what is in the input */
};

struct awh_pad {
    int32_t top, bottom, left, right;
    int32_t channels; /* after the last one */
};

struct awh_slice {
    int32_t offset_h, offset_w;
    int32_t stride_h, stride_w;
};

/* -- Search spaces ------------------------------------------------------------------------------
 */

struct awh_prim_list { /* malloc'ed; texts inside primitives are borrowed from the config documents
                        */
    struct awh_prim *prims;
    size_t count, capacity;
};

struct awh_space_type {
    const char *name; /* "ofa_mixin" */
    /* Validates search_space_cfg merged with mixin_search_space_cfg. */
    enum aw_err (*open)(struct awh_arena *arena, const struct awh_yaml *search_space_cfg,
                        const struct awh_yaml *mixin_cfg, void **space_out, struct awh_diag *diag);
    /* All primitives to profile, canonical. `prof_prims_cfg` as in the hwobj file; `seed` serves
     * its `sample: N`. */
    enum aw_err (*primitives)(const void *space, const struct awh_yaml *prof_prims_cfg,
                              uint64_t seed, struct awh_prim_list *out, struct awh_diag *diag);
    /* Primitives of architecture number `index` of the random stream `seed`, in order. */
    enum aw_err (*sample)(const void *space, const struct awh_yaml *prof_prims_cfg, uint64_t seed,
                          uint64_t index, struct awh_prim_list *out, struct awh_diag *diag);
    /* Primitives of a genotype string such as "image_size=224, cell_0=1, ..., cell_0_block_0=(1,
     * 3)". */
    enum aw_err (*genotype)(const void *space, const struct awh_yaml *prof_prims_cfg,
                            const char *genotype, struct awh_prim_list *out, struct awh_diag *diag);
    /* Genotype string of architecture number `index` of the stream; from the arena. */
    enum aw_err (*sample_genotype)(const void *space, struct awh_arena *arena, uint64_t seed,
                                   uint64_t index, char **genotype_out, struct awh_diag *diag);
    /* Genotype string of the architecture that has these primitives, in this order; else an error
     * that names the first one that fits none. NULL: the space cannot tell. */
    enum aw_err (*net_genotype)(const void *space, const struct awh_yaml *prof_prims_cfg,
                                struct awh_arena *arena, const struct awh_prim *prims, size_t count,
                                char **genotype_out, struct awh_diag *diag);
};

/* -- Compilers ----------------------------------------------------------------------------------
 */

struct awh_net {
    char name[40]; /* file name without ".yaml": "0" */
    struct awh_prim *prims;
    size_t count;
};

struct awh_compiler_type {
    const char *name; /* "dpu" */
    /* Writes the files of `net` below `directory` (relative to the stage). `cfg` is
     * hardware_compiler_cfg or NULL. */
    enum aw_err (*compile)(const struct awh_yaml *cfg, const struct awh_net *net,
                           struct awh_stage *stage, const char *directory, struct awh_diag *diag);
};

/* One layer of a lowered net, before folding, in order of execution. */
struct awh_layer_view {
    const char *name;    /* "0_conv_1" */
    const char *op;      /* "conv", "batch_norm", "act", ...: see docs/plugins.md */
    const char *act;     /* of an act: "relu"; "none" elsewhere */
    int in0, in1, out;   /* numbers of tensors; 0 is the net's input; in1 -1: one input */
    int32_t in_shape[3]; /* h, w, c of in0 */
    int32_t out_shape[3];
    size_t prim;          /* index in the net's list of primitives */
    bool affine;          /* batch_norm: has gamma and beta */
    struct awh_conv conv; /* all 0 where the op is another one */
    struct awh_pool pool;
    struct awh_pad pad;
    struct awh_slice slice;
    uint64_t macs, params;
};

/* -- Readers ------------------------------------------------------------------------------------
 */

/* How the samples behind a value lie; NAN where the source does not say. */
#define AWH_QUANTILES_MAX 4
struct awh_quantile {
    double percent, value; /* 99 percent of the samples are at most `value` */
};
struct awh_spread {
    double min, max, mean, median;
    struct awh_quantile quantiles[AWH_QUANTILES_MAX];
    uint32_t quantile_count;
};

/* A field that is 0 or NULL, but for `value`: the source does not say. */
struct awh_layer_time {
    const char *name; /* as the source has it, marks of a cut ("*", "...") and of fusing included */
    double value;     /* mean over the inferences, in the unit of the run */
    const char *type; /* kind of layer as the source names it */
    uint64_t count;   /* samples behind `value` */
    uint32_t line;    /* of the source, from 1 */
    const struct awh_prim *prim;     /* the source measured this primitive as a whole */
    const struct awh_spread *spread; /* of the samples */
};

/* A whole-net figure beside the measured one: "throughput" 662.2 "qps". What the source says that
 * its layers add up to, in the unit of the run, has the name AWH_LAYERS_TOTAL: the reader checks it
 * within the source's rounding, and parse prints it. */
#define AWH_LAYERS_TOTAL "layers total"
struct awh_figure {
    const char *name, *unit;
    double value;
    uint32_t line;
};

/* One run of one net, or one table of a log. Of what is 0 or NULL the source does not say. */
struct awh_layer_run {
    struct awh_layer_time *layers;
    size_t layer_count;
    double overall;   /* whole-net figure; NAN: the file has none */
    const char *unit; /* "ms", "instructions" */
    const struct awh_yaml *device;
    bool verified;
    const char *program_crc32;
    const char *perf; /* what was measured: "latency" (also when NULL), "energy", "memory", "power";
                       * "info": nothing, there are only figures or a device */
    const char *net;  /* kernel, model or subgraph */
    const char *section; /* a side table that is no part of the net's run ("init", "by_type") */
    bool warmup;         /* of tuning or warming up: not to be counted */
    bool incomplete;     /* layers are missing; a warning said which */
    uint32_t line;       /* of the source, where it begins */
    uint64_t count;      /* inferences behind the figures */
    const struct awh_spread *spread; /* of `overall` */
    const double *samples;           /* of `overall`, in their order */
    size_t sample_count;
    uint64_t sample_size; /* inferences behind each sample */
    const struct awh_figure *figures;
    size_t figure_count;
    const char *reader; /* set by awnas-hw */
};

/* A file as a reader gets it. */
struct awh_log {
    const char *path;        /* for messages */
    FILE *stream;            /* a regular file, at its beginning */
    struct awh_arena *arena; /* outlives the read; for `device`, `prim` and texts that stay */
    /* Takes a run. All of it is copied, but for `device` and `prim`. */
    enum aw_err (*take)(void *context, const struct awh_layer_run *run, struct awh_diag *diag);
    void *context;
};

struct awh_reader_type {
    const char *name;
    /* True when a file is of this kind. `text` (terminated, at most 64 KiB) is its beginning or,
     * when no reader knew that, a stretch further on, from the start of a line. */
    bool (*detect)(const char *text, size_t size);
    /* Reads the file in one pass and in memory that does not grow with it: each run is handed to
     * log->take as soon as it is complete. */
    enum aw_err (*read)(const struct awh_log *log, struct awh_diag *diag);
};

/* -- Models -------------------------------------------------------------------------------------
 */

/* One run of one net, as parse writes it. */
struct awh_profile {
    const struct awh_prim *prims; /* shared by the runs of a net */
    const double *perfs;          /* one a primitive, in the unit of the data; NAN: not measured */
    size_t prim_count;
    double overall;   /* whole-net pass; NAN: not known */
    double block_sum; /* as read (NAN: absent); block_sum overwrites it */
};

struct awh_profile_net {
    const char *name;
    struct awh_profile *runs;
    size_t run_count;
};

/* Training data: nets of runs. */
struct awh_profiles {
    struct awh_profile_net *nets;
    size_t net_count;
    const char *unit;              /* "ms", "instructions" or NULL */
    const struct awh_yaml *device; /* borrowed from the first file; NULL when absent */
    bool verified;                 /* every run was */
};

struct awh_model_type {
    const char *name;                         /* "regression" */
    const char *const *default_preprocessors; /* NULL terminated */
    /* `state` is the type's own, from the arena. `data` is preprocessed (one net per run after
     * flatten). `cfg` is hwperfmodel_cfg or NULL. */
    enum aw_err (*fit)(struct awh_arena *arena, const struct awh_yaml *cfg,
                       const struct awh_profiles *data, const char *perf_name, void **state_out,
                       struct awh_diag *diag);
    /* Primitives that were never measured count 0; *missing_out says how many. */
    enum aw_err (*predict)(const void *state, const struct awh_prim *prims, size_t count,
                           double *value_out, size_t *missing_out);
    /* The type's keys of the model file, set in `map`, and read back from it. */
    enum aw_err (*save)(struct awh_arena *arena, const void *state, const char *perf_name,
                        struct awh_yaml *map, struct awh_diag *diag);
    enum aw_err (*load)(struct awh_arena *arena, const struct awh_yaml *map, const char *perf_name,
                        void **state_out, struct awh_diag *diag);
};

/* -- What awnas-hw does for a plug-in -----------------------------------------------------------
 */

enum awh_yaml_kind {
    AWH_YAML_NULL,
    AWH_YAML_BOOL,
    AWH_YAML_INT,
    AWH_YAML_FLOAT, /* also integers that do not fit 64 bits */
    AWH_YAML_STR,
    AWH_YAML_SEQ,
    AWH_YAML_MAP,
};

/* All of it may be called at any time after init began, from one thread at a time for one arena,
 * graph, stage or diag. Functions that return a pointer return NULL when memory is short; answer
 * with fail_mem. Functions that fail have put their message into `diag`: return their code. */
struct awh_host {
    uint32_t struct_size; /* of the running awnas-hw */
    const char *version;  /* "0.1.0" */

    /* Only in init. Members are borrowed for as long as the program runs: make them static. */
    enum aw_err (*register_prim)(struct awh_registrar *registrar, const struct awh_prim_type *type,
                                 struct awh_diag *diag);
    enum aw_err (*register_space)(struct awh_registrar *registrar,
                                  const struct awh_space_type *type, struct awh_diag *diag);
    enum aw_err (*register_compiler)(struct awh_registrar *registrar,
                                     const struct awh_compiler_type *type, struct awh_diag *diag);
    enum aw_err (*register_reader)(struct awh_registrar *registrar,
                                   const struct awh_reader_type *type, struct awh_diag *diag);
    enum aw_err (*register_model)(struct awh_registrar *registrar,
                                  const struct awh_model_type *type, struct awh_diag *diag);

    /* Errors: one line; the first one wins. fail returns `err`. */
    AW_PRINTF(3, 4)
    enum aw_err (*fail)(struct awh_diag *diag, enum aw_err err, const char *format, ...);
    enum aw_err (*fail_mem)(struct awh_diag *diag);
    AW_PRINTF(2, 3) void (*warn)(struct awh_diag *diag, const char *format, ...);

    /* Memory. What arena_alloc and arena_array give is zeroed. */
    struct awh_arena *(*arena_new)(void);
    void (*arena_free)(struct awh_arena *arena);
    void *(*arena_alloc)(struct awh_arena *arena, size_t size);
    void *(*arena_array)(struct awh_arena *arena, size_t count, size_t size);
    char *(*arena_strdup)(struct awh_arena *arena, const char *text);
    AW_PRINTF(2, 3) char *(*arena_printf)(struct awh_arena *arena, const char *format, ...);

    /* Reading YAML (and JSON) as PyYAML does. `name` is for messages. */
    enum aw_err (*yaml_load)(struct awh_arena *arena, const char *name, const char *bytes,
                             size_t size, struct awh_yaml **root_out, struct awh_diag *diag);
    enum awh_yaml_kind (*yaml_kind)(const struct awh_yaml *node);
    size_t (*yaml_count)(const struct awh_yaml *node); /* 0 unless a sequence or a map */
    struct awh_yaml *(*yaml_item)(const struct awh_yaml *node, size_t i); /* NULL: beyond the end */
    const char *(*yaml_key)(const struct awh_yaml *node, size_t i); /* of a map, NULL: no string */
    struct awh_yaml *(*yaml_get)(const struct awh_yaml *map, const char *key); /* NULL: absent */
    enum aw_err (*yaml_need)(const struct awh_yaml *map, const char *key, enum awh_yaml_kind kind,
                             struct awh_yaml **out, struct awh_diag *diag);
    enum aw_err (*yaml_int)(const struct awh_yaml *node, int64_t min, int64_t max, int64_t *out,
                            struct awh_diag *diag);
    enum aw_err (*yaml_real)(const struct awh_yaml *node, double *out, struct awh_diag *diag);
    enum aw_err (*yaml_bool)(const struct awh_yaml *node, bool *out, struct awh_diag *diag);
    enum aw_err (*yaml_text)(const struct awh_yaml *node, const char **out, struct awh_diag *diag);
    /* Absent or null keys leave *inout as it is. */
    enum aw_err (*yaml_opt_int)(const struct awh_yaml *map, const char *key, int64_t min,
                                int64_t max, int64_t *inout, struct awh_diag *diag);
    enum aw_err (*yaml_opt_real)(const struct awh_yaml *map, const char *key, double *inout,
                                 struct awh_diag *diag);
    enum aw_err (*yaml_opt_bool)(const struct awh_yaml *map, const char *key, bool *inout,
                                 struct awh_diag *diag);
    enum aw_err (*yaml_opt_text)(const struct awh_yaml *map, const char *key, const char **inout,
                                 struct awh_diag *diag);
    /* "FILE:LINE: PATH: MESSAGE". */
    AW_PRINTF(4, 5)
    enum aw_err (*yaml_fail)(const struct awh_yaml *node, enum aw_err err, struct awh_diag *diag,
                             const char *format, ...);
    AW_PRINTF(3, 4)
    void (*yaml_warn)(const struct awh_yaml *node, struct awh_diag *diag, const char *format, ...);
    void (*yaml_warn_unknown)(const struct awh_yaml *map, const char *const *known,
                              struct awh_diag *diag);

    /* Making documents. push and set accept a NULL value and then return false, as when memory is
     * short. dump gives a terminated text in the arena. */
    struct awh_yaml *(*yaml_new_null)(struct awh_arena *arena);
    struct awh_yaml *(*yaml_new_bool)(struct awh_arena *arena, bool value);
    struct awh_yaml *(*yaml_new_int)(struct awh_arena *arena, int64_t value);
    struct awh_yaml *(*yaml_new_real)(struct awh_arena *arena, double value);
    struct awh_yaml *(*yaml_new_str)(struct awh_arena *arena, const char *text);
    struct awh_yaml *(*yaml_new_seq)(struct awh_arena *arena);
    struct awh_yaml *(*yaml_new_map)(struct awh_arena *arena);
    bool (*yaml_push)(struct awh_arena *arena, struct awh_yaml *seq, struct awh_yaml *item);
    bool (*yaml_set)(struct awh_arena *arena, struct awh_yaml *map, const char *key,
                     struct awh_yaml *value);
    enum aw_err (*yaml_dump)(struct awh_arena *arena, const struct awh_yaml *root, char **text_out,
                             size_t *size_out, struct awh_diag *diag);

    /* Primitives: made by Prim()'s rules, compared as Python does. prim_param gives NULL for a name
     * that the type lacks. value_number is NAN of a string or null. */
    enum aw_err (*prim_make)(const char *type_name, int32_t spatial_size, int32_t c, int32_t c_out,
                             int32_t stride, struct awh_value affine, const struct awh_param *given,
                             unsigned given_count, struct awh_prim *prim_out,
                             struct awh_diag *diag);
    enum aw_err (*prim_from_yaml)(const struct awh_yaml *map, struct awh_prim *prim_out,
                                  struct awh_diag *diag);
    struct awh_yaml *(*prim_to_yaml)(struct awh_arena *arena, const struct awh_prim *prim);
    int (*prim_compare)(const struct awh_prim *a, const struct awh_prim *b);
    void (*prim_format)(const struct awh_prim *prim, char *text, size_t capacity);
    const struct awh_value *(*prim_param)(const struct awh_prim *prim, const char *name);
    double (*value_number)(const struct awh_value *value);
    bool (*value_truth)(const struct awh_value *value);
    int32_t (*make_divisible)(double v, int32_t divisor);
    enum aw_err (*prim_list_add)(struct awh_prim_list *list, const struct awh_prim *prim,
                                 struct awh_diag *diag);
    void (*prim_list_canonical)(struct awh_prim_list *list); /* sorted, each once */
    void (*prim_list_release)(struct awh_prim_list *list);

    /* Building the layers of a primitive: each appends a layer that reads tensor `in` and sets *out
     * to the number of its output. Impossible shapes are errors. */
    void (*graph_shape)(const struct awh_graph *graph, int tensor, int32_t hwc_out[3]);
    enum aw_err (*graph_conv)(struct awh_graph *graph, int in, struct awh_conv conv, int *out,
                              struct awh_diag *diag);
    enum aw_err (*graph_batch_norm)(struct awh_graph *graph, int in, bool affine, int *out,
                                    struct awh_diag *diag);
    /* "relu", "relu6", "h_swish", "h_sigmoid", "sigmoid", "tanh"; "identity" appends nothing. */
    enum aw_err (*graph_act)(struct awh_graph *graph, int in, const char *act, int *out,
                             struct awh_diag *diag);
    enum aw_err (*graph_gap)(struct awh_graph *graph, int in, int *out, struct awh_diag *diag);
    enum aw_err (*graph_add)(struct awh_graph *graph, int a, int b, int *out,
                             struct awh_diag *diag);
    /* [h, w, c] times [1, 1, c]. */
    enum aw_err (*graph_mul)(struct awh_graph *graph, int a, int scale, int *out,
                             struct awh_diag *diag);
    enum aw_err (*graph_max_pool)(struct awh_graph *graph, int in, struct awh_pool pool, int *out,
                                  struct awh_diag *diag);
    enum aw_err (*graph_avg_pool)(struct awh_graph *graph, int in, struct awh_pool pool, int *out,
                                  struct awh_diag *diag);
    enum aw_err (*graph_concat)(struct awh_graph *graph, int a, int b, int *out,
                                struct awh_diag *diag);
    enum aw_err (*graph_pad)(struct awh_graph *graph, int in, struct awh_pad pad, int *out,
                             struct awh_diag *diag);
    enum aw_err (*graph_slice)(struct awh_graph *graph, int in, struct awh_slice slice, int *out,
                               struct awh_diag *diag);
    /* Zeros of a shape. */
    enum aw_err (*graph_zero)(struct awh_graph *graph, int in, int32_t h, int32_t w, int32_t c,
                              int *out, struct awh_diag *diag);

    /* For compilers: the layers of a net, in the arena, and a file of the result directory. */
    enum aw_err (*net_layers)(struct awh_arena *arena, const struct awh_net *net,
                              struct awh_layer_view **layers_out, size_t *count_out,
                              struct awh_diag *diag);
    enum aw_err (*stage_write)(struct awh_stage *stage, const char *relative, const void *bytes,
                               size_t size, struct awh_diag *diag);
};

/* -- The exported symbol ------------------------------------------------------------------------
 */

/* Sizes of the structs that both sides see: a plug-in whose own differ is not loaded, even when its
 * AWH_PLUGIN_ABI is right. */
#define AWH_PLUGIN_LAYOUT                                                                          \
    {                                                                                              \
        sizeof(struct awh_prim), sizeof(struct awh_prim_type), sizeof(struct awh_param_spec),      \
            sizeof(struct awh_prim_list), sizeof(struct awh_space_type), sizeof(struct awh_net),   \
            sizeof(struct awh_compiler_type), sizeof(struct awh_layer_view),                       \
            sizeof(struct awh_layer_run), sizeof(struct awh_reader_type),                          \
            sizeof(struct awh_profiles), sizeof(struct awh_profile),                               \
            sizeof(struct awh_model_type), sizeof(struct awh_conv), sizeof(struct awh_pool),       \
            sizeof(struct awh_pad), sizeof(struct awh_slice), sizeof(struct awh_layer_time),       \
            sizeof(struct awh_spread), sizeof(struct awh_figure), sizeof(struct awh_log)           \
    }
#define AWH_PLUGIN_LAYOUT_COUNT 21

struct awh_plugin {
    uint32_t abi_version; /* AWH_PLUGIN_ABI; always the first four bytes */
    uint32_t struct_size; /* of this struct */
    uint32_t host_size;   /* of awh_host as the plug-in knows it */
    uint16_t layout[AWH_PLUGIN_LAYOUT_COUNT];
    const char *name, *version; /* letters, digits and _ . + -, at most 63 */
    /* Registers everything and keeps `host`, which lives as long as the program. It may run twice,
     * in two processes: awnas-hw first tries a plug-in out. A failure takes back all that was
     * registered. */
    enum aw_err (*init)(const struct awh_host *host, struct awh_registrar *registrar,
                        struct awh_diag *diag);
};

#ifdef __cplusplus
}
#define AWH_PLUGIN_LINKAGE extern "C"
#else
#define AWH_PLUGIN_LINKAGE extern
#endif

/* AWH_PLUGIN("name", "1.0", init); once in a plug-in, at file scope. */
#define AWH_PLUGIN(plugin_name, plugin_version, plugin_init)                                       \
    AWH_PLUGIN_LINKAGE __attribute__((visibility("default")))                                      \
    const struct awh_plugin awnashw_plugin;                                                        \
    const struct awh_plugin awnashw_plugin = {AWH_PLUGIN_ABI,                                      \
                                              sizeof(struct awh_plugin),                           \
                                              sizeof(struct awh_host),                             \
                                              AWH_PLUGIN_LAYOUT,                                   \
                                              plugin_name,                                         \
                                              plugin_version,                                      \
                                              plugin_init}

#endif
