/* The parts of parse and net2primitive; private to parse*.c.
 *
 * parse.c: which logs belong to which net, and the order of it all.
 * parse_map.c: what the compiler wrote of a net: primitives, layer names, models of one primitive.
 * parse_net.c: the logs of a net -> results: the time of each primitive.
 * parse_figures.c: whole-net figures of many samples and kernels, and energies from power.
 * parse_kinds.c: which runs have the same layers.
 * parse_rows.c: the layers of one or many runs -> one figure each -> their owners.
 * parse_write.c: a result as aw_nas's YAML.
 * parse_table.c: the primitive table, and the summary. */
#ifndef AWH_PARSE_H
#define AWH_PARSE_H

#include "base/path.h"
#include "flow/flow.h"
#include "mapping/mapping.h"
#include "mapping/outliers.h"
#include "mapping/power.h"
#include "program/layers.h"
#include "readers/reader.h"

#define PARSE_PERF_MAX 64u /* bytes of the name of what was measured */

/* -- A net as it was compiled -------------------------------------------------------------------
 */

/* The model of one primitive: <name>_<i>@<C>x<H>x<W>.onnx, and the YAML beside it. */
struct parse_model {
    const char *stem; /* file name without ".yaml" */
    size_t prim;      /* index in the net */
    bool whole;       /* <name>_whole@...: of the net */
};

struct parse_map {
    const char *net;
    const struct awh_prim_names *prims; /* of the net, in order */
    size_t prim_count;
    struct awh_mapping *own;    /* layers of our program; NULL: there is none */
    struct awh_mapping *vendor; /* layers as a vendor's compiler got them */
    char program_crc32[16];     /* "": there is no program */
    struct parse_model *models;
    size_t model_count;
};

/* Where time went, in the unit of the results. */
struct parse_sums {
    double prims, glue, unattributed;
    double spans; /* of prims: groups that reach over several primitives */
    double total; /* of the layers that were read, added up by themselves */
};

/* What is known of a net after some of its runs, or one of them. */
struct parse_result {
    const struct awh_prim_names *prims;
    size_t prim_count;
    double *perfs;    /* NAN: not measured */
    uint64_t *counts; /* samples behind each */
    double overall;   /* NAN: not known */
    struct parse_sums sums;
    const char *unit;
    bool times; /* energies are asked for, and these are times */
    const struct awh_yaml *device;
    bool verified;
};

/* Runs of one kind of performance, in the order of reading. */
struct parse_runs {
    const struct awh_layer_run **items;
    const char **paths, **files;
    size_t count, capacity;
};

/* The runs of each kind have the same layers. */
struct parse_kinds {
    size_t *of_run; /* which kind a run is of */
    size_t count;   /* more than 1: the kernels of a net; 0: the runs have nothing in common */
};

/* What is known of a net while its logs are read. */
struct parse_net {
    struct parser *p;
    struct parse_map map;
    struct parse_runs layers, whole, power;
    struct parse_runs *models; /* one a model of map.models */
    const char *own, *tool;    /* a file of measure, and one of a tool; NULL: none */
};

/* A log of a net. */
struct parse_log {
    const char *net;
    const char *path; /* for reading and messages */
    const char *file; /* without its directory */
    size_t index;     /* in the order of finding */
};

/* An entry of the primitive table. */
struct parse_entry {
    const struct awh_prim *prim;
    double sum;
    uint64_t count;
    bool profiled; /* stands in prof_prims.yaml */
};

struct parser {
    const struct awh_parse_options *options;
    enum awh_outliers outliers;
    struct awh_arena arena;
    struct awh_arena scratch; /* for the net at hand: its logs, and what is made of them */
    struct awh_arena kept;    /* the scratch of the net that `device` is in */
    struct awh_diag *diag;
    struct awh_names *names; /* of --names, or NULL */
    struct awh_power *power; /* of --power, or NULL */
    struct awh_stage stage;  /* parse's result directory */
    bool staged;
    struct parse_log *logs;
    size_t log_count, log_capacity;
    char **nets; /* compiled ones: folders of PRIM_TO_OPS; listed when first needed */
    size_t net_count;
    bool nets_listed;
    struct parse_entry *table; /* sorted by primitive once all is read */
    size_t table_count, table_capacity;
    const char *unit;
    const struct awh_yaml *device;
    bool verified, any_result;
    struct parse_sums sums; /* over all results */
    size_t nets_read, runs; /* runs: results */
    size_t logged_runs;     /* that the results are made of */
    /* Of those that print a total of their layers: its sum, and that of the layers. */
    size_t totals;
    double totals_said, totals_found;
    const char *totals_unit;
};

/* -- parse_map.c ------------------------------------------------------------------------------ */

AW_MUST_USE enum aw_err awh_parse_map_load(struct parser *p, const char *net,
                                           struct parse_map *map_out);
/* The model that a log was made with, by the log's file name; NULL: none of the net's. */
const struct parse_model *awh_parse_map_model(const struct parse_map *map, const char *file);

/* -- parse_kinds.c ------------------------------------------------------------------------------
 */

/* Runs whose layers differ, but that are no kernels of one net, are an error that names both; with
 * --outliers none it is a warning. */
AW_MUST_USE enum aw_err awh_parse_kinds(struct parser *p, const char *net,
                                        const struct parse_runs *runs,
                                        struct parse_kinds *kinds_out);

/* -- parse_rows.c -------------------------------------------------------------------------------
 */

/* One result of the runs: each layer's samples become one figure by `method`, and that goes to the
 * layer's owner. Sets everything but `overall`, `times` and `device`. */
AW_MUST_USE enum aw_err awh_parse_rows(struct parser *p, const struct parse_map *map,
                                       const struct parse_runs *runs, enum awh_outliers method,
                                       struct parse_result *result_out);

/* -- parse_figures.c ----------------------------------------------------------------------------
 */

/* Times in one unit, ms: the factor from `unit`, and *unit_out. Others stay as they are. */
double awh_parse_scale(const char *unit, const char **unit_out);

/* What a run may say of the whole: the more, the better. */
enum parse_evidence { PARSE_LAYERS, PARSE_OVERALL, PARSE_SAMPLES };

/* One figure of the runs that say most, of those that say `least` at least; *count_out is 0 and the
 * figure NAN when there is none. */
AW_MUST_USE enum aw_err awh_parse_figure(struct parser *p, const struct parse_runs *runs,
                                         enum parse_evidence least, double *value_out,
                                         size_t *count_out, const char **unit_out);

/* The whole-net figure of a result that `runs` have the layers of: from logs of the whole net if
 * there are any, else from these. */
AW_MUST_USE enum aw_err awh_parse_overall(struct parse_net *net, const struct parse_runs *runs,
                                          const struct parse_kinds *kinds,
                                          struct parse_result *result);

/* Turns times into energies where those were asked for. */
AW_MUST_USE enum aw_err awh_parse_energy(struct parse_net *net, struct parse_result *result);

/* -- parse_net.c ----------------------------------------------------------------------------------
 */

/* Reads the logs of a net and hands each result to awh_parse_write or the table. */
AW_MUST_USE enum aw_err awh_parse_net(struct parser *p, const struct parse_log *logs, size_t count);

/* -- parse_write.c --------------------------------------------------------------------------------
 */

AW_MUST_USE enum aw_err awh_parse_write(struct parser *p, const char *net, const char *file,
                                        const struct parse_result *result);

/* -- parse_table.c
 * ---------------------------------------------------------------------------------- */

AW_MUST_USE enum aw_err awh_parse_table_load(struct parser *p); /* prof_prims.yaml */
AW_MUST_USE enum aw_err awh_parse_table_add(struct parser *p, const struct parse_result *result);
/* Sorts, and merges what is equal. */
void awh_parse_table_merge(struct parser *p);
AW_MUST_USE enum aw_err awh_parse_table_write(struct parser *p);
/* The parts are the whole. */
AW_MUST_USE enum aw_err awh_parse_check_sums(struct parser *p);
void awh_parse_print_summary(const struct parser *p, FILE *out);

#endif
