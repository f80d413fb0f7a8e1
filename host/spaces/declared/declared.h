/* A search space that a YAML section declares: stages of blocks of primitives, whose parameters are
 * expressions over choices. docs/spaces.md describes the language.
 *
 * A choice is made once for the net, for a stage or for a block. What a block is built from is
 * known then: the size and channels that come in, its place, and the choices that its expressions
 * name. */
#ifndef AWH_DECLARED_H
#define AWH_DECLARED_H

#include "spaces/declared/expr.h"
#include "spaces/space.h"

#define AWH_DECLARED_CHOICES_MAX     32
#define AWH_DECLARED_VALUES_MAX      64
#define AWH_DECLARED_LETS_MAX        20
#define AWH_DECLARED_ENTRIES_MAX     64
#define AWH_DECLARED_STAGES_MAX      256
#define AWH_DECLARED_REPEAT_MAX      256
#define AWH_DECLARED_BLOCK_PRIMS_MAX 16
#define AWH_DECLARED_NET_PRIMS_MAX   10000

/* Variables of expressions: these, then the choices, then the lets. */
enum awh_declared_variable {
    AWH_DECLARED_IN,     /* channels that come in */
    AWH_DECLARED_SIZE,   /* height and width that come in */
    AWH_DECLARED_STAGE,  /* number of the stage */
    AWH_DECLARED_INDEX,  /* number among the stages of its entry */
    AWH_DECLARED_REPEAT, /* blocks of the stage */
    AWH_DECLARED_BLOCK,  /* number of the block in the stage */
    AWH_DECLARED_FIRST,  /* it is the stage's first block */
    AWH_DECLARED_LAST,
    AWH_DECLARED_CHOICE0,
    AWH_DECLARED_LET0 = AWH_DECLARED_CHOICE0 + AWH_DECLARED_CHOICES_MAX,
};
_Static_assert(AWH_DECLARED_LET0 + AWH_DECLARED_LETS_MAX <= AWH_EXPR_VARIABLES_MAX,
               "every variable has a bit");

enum awh_declared_scope { AWH_DECLARED_NET, AWH_DECLARED_OF_STAGE, AWH_DECLARED_OF_BLOCK };

struct awh_declared_choice {
    const char *name;
    enum awh_declared_scope scope;
    struct awh_value *values;
    unsigned count;
};

struct awh_declared_let {
    struct awh_expr expr;
    unsigned variable;
    uint64_t uses; /* also through other lets; no bits of lets */
    uint32_t lets; /* bit i: needs let i, itself included */
};

/* One expression with what it depends on. */
struct awh_declared_field {
    struct awh_expr expr;
    const char *name; /* of a parameter */
    bool given;
};

struct awh_declared_prim {
    const struct awh_yaml *place;
    struct awh_declared_field type, spatial_size, c, c_out, stride, affine;
    struct awh_declared_field *params;
    unsigned param_count;
    uint64_t uses;
    uint32_t lets;
    unsigned steps; /* of evaluating all of it */
};

/* `count` stages that are declared alike. */
struct awh_declared_entry {
    const struct awh_yaml *place;
    struct awh_declared_field repeat;
    uint64_t repeat_uses;
    uint32_t repeat_lets;
    unsigned repeat_steps;
    struct awh_declared_prim *prims;
    unsigned prim_count;
    uint64_t block_uses; /* of all its primitives */
};

struct awh_declared_stage {
    const struct awh_declared_entry *entry;
    unsigned index;      /* among the stages of the entry */
    uint32_t live_after; /* choices of the net that later stages name */
};

struct awh_declared {
    const struct awh_yaml *place;
    int32_t input_size, input_c;
    struct awh_declared_choice choices[AWH_DECLARED_CHOICES_MAX];
    unsigned choice_count;
    struct awh_declared_let lets[AWH_DECLARED_LETS_MAX]; /* none names a later one */
    unsigned let_count;
    struct awh_declared_stage stages[AWH_DECLARED_STAGES_MAX];
    unsigned stage_count;
    const struct awh_yaml *fixed_primitives; /* NULL: none */
};

/* Everything is in the arena. */
AW_MUST_USE enum aw_err awh_declared_read(struct awh_arena *arena,
                                          const struct awh_yaml *search_space_cfg,
                                          const struct awh_yaml *mixin_cfg,
                                          struct awh_declared *space, struct awh_diag *diag);

/* The choices of a scope that `uses` names; bit i is choice i. */
uint32_t awh_declared_choices(const struct awh_declared *space, uint64_t uses,
                              enum awh_declared_scope scope);

/* -- One place of an architecture: declared_build.c ---------------------------------------------
 */

#define AWH_DECLARED_OPEN 255 /* not chosen yet, or without influence from here on */

struct awh_declared_state {
    int32_t size, c; /* what comes in */
    int32_t repeat;
    uint32_t position; /* primitives so far; only kept when a list is compared with */
    uint8_t picks[AWH_DECLARED_CHOICES_MAX];
    uint32_t trail; /* last: it is no part of what tells states apart */
};

void awh_declared_start(const struct awh_declared *space, struct awh_declared_state *state_out);
/* Blocks of a stage. */
AW_MUST_USE enum aw_err awh_declared_repeat(const struct awh_declared *space, unsigned stage,
                                            const struct awh_declared_state *state,
                                            int32_t *repeat_out, struct awh_diag *diag);
/* Primitive number `number` of a block. */
AW_MUST_USE enum aw_err awh_declared_prim(const struct awh_declared *space, unsigned stage,
                                          unsigned block, unsigned number,
                                          const struct awh_declared_state *state,
                                          struct awh_prim *prim_out, struct awh_diag *diag);
/* Size and channels behind the primitive, as its layers really give them. */
AW_MUST_USE enum aw_err awh_declared_shape(const struct awh_declared_prim *declared,
                                           const struct awh_prim *prim, int32_t *size_out,
                                           int32_t *c_out, struct awh_diag *diag);

/* -- Whole architectures: declared_walk.c -------------------------------------------------------
 */

/* Where choices come from. The value's index; `block` means nothing for choices of other scopes. */
struct awh_declared_picker {
    enum aw_err (*pick)(void *context, unsigned choice, unsigned stage, unsigned block,
                        uint8_t *value_out, struct awh_diag *diag);
    void *context;
};
/* Builds one architecture; adds its primitives to `prims` and its genotype to `text` (each may be
 * NULL). */
AW_MUST_USE enum aw_err awh_declared_walk(const struct awh_declared *space,
                                          struct awh_declared_picker picker,
                                          struct awh_prim_list *prims, struct awh_str *text,
                                          struct awh_diag *diag);
/* "width", "stage_1_depth", "stage_1_block_0_kernel". */
void awh_declared_key(const struct awh_declared_choice *choice, unsigned stage, unsigned block,
                      char *text, size_t capacity);

/* A picker that reads a genotype. */
struct awh_declared_genotype;
AW_MUST_USE enum aw_err awh_declared_genotype_parse(struct awh_arena *arena,
                                                    const struct awh_declared *space,
                                                    const char *text,
                                                    struct awh_declared_genotype **out,
                                                    struct awh_diag *diag);
struct awh_declared_picker awh_declared_genotype_picker(struct awh_declared_genotype *genotype);
/* After the walk: a part of the genotype that nothing asked for is an error. */
AW_MUST_USE enum aw_err awh_declared_genotype_finish(const struct awh_declared_genotype *genotype,
                                                     struct awh_diag *diag);

/* -- All architectures: declared_enumerate.c ----------------------------------------------------
 */

/* Every primitive that any architecture has, each once; not in canonical order. */
AW_MUST_USE enum aw_err awh_declared_enumerate(const struct awh_declared *space,
                                               struct awh_prim_list *out, struct awh_diag *diag);

/* The choices of an architecture with these primitives. */
struct awh_declared_made {
    uint32_t choice, stage, block, value;
};
struct awh_declared_trail {
    struct awh_declared_made *items; /* malloc'ed */
    size_t count;
};
AW_MUST_USE enum aw_err awh_declared_invert(const struct awh_declared *space,
                                            const struct awh_prim *prims, size_t count,
                                            struct awh_declared_trail *trail_out,
                                            struct awh_diag *diag);

#endif
