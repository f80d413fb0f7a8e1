/* Puts a run together while a log is read, in memory that is used again for the next run. */
#ifndef AWH_DRAFT_H
#define AWH_DRAFT_H

#include "awnashw/plugin.h"
#include "base/mem.h"

#define AWH_DRAFT_LAYERS_MAX  200000u
#define AWH_DRAFT_TEXT_MAX    ((size_t)32 << 20)
#define AWH_DRAFT_SAMPLES_MAX 65536u

/* No samples behind it: all NAN. */
struct awh_spread awh_spread_unknown(void);
/* What a source says on a quantile; beyond AWH_QUANTILES_MAX of them it is left out. */
void awh_spread_quantile(struct awh_spread *spread, double percent, double value);

struct awh_draft_samples { /* of run.overall, in order */
    double *values;
    size_t capacity;
    uint64_t merged; /* samples behind each value */
    double pending;  /* sum of those of the next value */
    uint64_t pending_count;
    double sum; /* of all */
    uint64_t seen;
};

struct awh_draft {
    const struct awh_log *log;
    struct awh_diag *diag;
    struct awh_layer_run run; /* its scalars are the reader's to set; texts by awh_draft_text */
    struct awh_spread spread; /* of run.overall, given when has_spread */
    bool has_spread;

    struct awh_arena texts; /* of this run */
    struct awh_layer_time *layers;
    size_t layer_capacity;
    uint32_t *slots; /* name -> index of its first layer + 1; open addressing */
    size_t slot_count;
    bool indexed; /* slots hold all layers */
    struct awh_figure *figures;
    size_t figure_capacity;
    struct awh_draft_samples samples;
};

void awh_draft_init(struct awh_draft *draft, const struct awh_log *log, struct awh_diag *diag);
void awh_draft_release(struct awh_draft *draft);
/* Forgets everything; the next run is one of `perf` in `unit` (both static texts), from `line` on.
 */
void awh_draft_begin(struct awh_draft *draft, const char *perf, const char *unit, uint32_t line);

/* A copy that lives as long as the run; NULL (with the error in diag) when memory or the bound is
 * up. */
const char *awh_draft_text(struct awh_draft *draft, const char *text);
struct awh_spread *awh_draft_spread(struct awh_draft *draft); /* the same; all NAN */
/* Appends a layer; the same name may come again. */
AW_MUST_USE enum aw_err awh_draft_layer(struct awh_draft *draft, const char *name, double value,
                                        uint32_t line, struct awh_layer_time **layer_out);
/* Adds to the layer of that name, its count up by one, or appends it. */
AW_MUST_USE enum aw_err awh_draft_add(struct awh_draft *draft, const char *name, double value,
                                      uint32_t line, struct awh_layer_time **layer_out);
AW_MUST_USE enum aw_err awh_draft_figure(struct awh_draft *draft, const char *name, double value,
                                         const char *unit, uint32_t line);
/* A sample of `overall`. Of more than AWH_DRAFT_SAMPLES_MAX, neighbours are merged. */
AW_MUST_USE enum aw_err awh_draft_sample(struct awh_draft *draft, double value);
/* Sum of the layers' values. */
double awh_draft_sum(const struct awh_draft *draft);

/* Hands the run to the log's taker, then forgets it. */
AW_MUST_USE enum aw_err awh_draft_emit(struct awh_draft *draft);

#endif
