/* The steps of the flow, one file each; the CLI parses options and calls these. Paths are borrowed.
 */
#ifndef AWH_FLOW_H
#define AWH_FLOW_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/diag.h"

struct awh_genprof_options {
    const char *cfg_path, *hwobj_path;
    const char *result_dir;
    bool compile;    /* -c; hardware_compilers of the hwobj file are compiled without it, too */
    bool no_compile; /* nothing at all */
    const char *compilers[8]; /* -c NAME...; NULL terminated; empty: those of the hwobj file */
    int64_t num_sample; /* -n: that many sampled nets instead of assembled ones; 0: assemble */
    uint64_t seed;
    bool force; /* replace a result directory that is not ours */
    bool quiet;
};
/* Summary lines go to `out`. */
AW_MUST_USE enum aw_err awh_genprof(const struct awh_genprof_options *options, FILE *out,
                                    struct awh_diag *diag);

struct awh_measure_options {
    const char *result_dir;
    const char *hardware; /* "0-dpu" (default: the only one there) */
    const char *board;    /* at most one of board, serial, tcp; default board zcu102 */
    const char *serial, *tcp;
    const char *boards_dir; /* NULL: as built or installed */
    const char *firmware;   /* NULL: as built or installed */
    const char *key_path;   /* NULL: of AWNAS_KEY_FILE, if that is set */
    uint32_t repeats, warmup;
    const char *nets;    /* "0,3-5"; NULL: all */
    const char *out_dir; /* NULL: <result_dir>/hardwares/<hardware>/prof_results */
    bool resume, no_verify, quiet, json, force;
    unsigned wait_ms; /* for the first Hello; 0: default */
};
AW_MUST_USE enum aw_err awh_measure(const struct awh_measure_options *options, FILE *out,
                                    struct awh_diag *diag);

struct awh_parse_options {
    const char *hwobj_path;      /* HWOBJ */
    const char *prof_result_dir; /* <net>/<run>.yaml, or logs of a vendor's tool */
    const char *prof_prims_path; /* prof_prims.yaml */
    const char *prim_to_ops;     /* hardwares/<k>-<compiler> */
    const char *perf_name;       /* --hwobj-type, "latency", "energy", "memory" */
    const char *outliers;        /* "none", "histogram", "median-of-means"; NULL: the last */
    const char *names_path;      /* names.yaml of the user; NULL: none */
    const char *power_path;      /* log of the board's power, and when each net ran; NULL: none */
    const char *times_path;
    const char *power_shift; /* hours that the power log's clock is ahead; NULL: 0 */
    const char *result_dir;  /* parse: aw_nas's layout */
    const char *result_file; /* net2primitive: one table */
    bool force;
};
AW_MUST_USE enum aw_err awh_parse(const struct awh_parse_options *options, FILE *out,
                                  struct awh_diag *diag);

struct awh_genmodel_options {
    const char *cfg_path, *hwobj_path;
    const char *prof_prims; /* directory of <net>/<run>.yaml as parse and latency write, or one
                               primitive table as net2primitive writes */
    const char *result_file;
    bool json;
};
AW_MUST_USE enum aw_err awh_genmodel(const struct awh_genmodel_options *options, FILE *out,
                                     struct awh_diag *diag);

struct awh_predict_options {
    const char *model_path;
    const char
        *genotypes_path;  /* one genotype a line, or a YAML list of them; "-" standard input */
    const char *nets_dir; /* or: directory or file of prof_nets/<i>.yaml */
    uint64_t random;      /* or: that many random architectures */
    uint64_t seed;
    const char *format; /* "yaml", "csv", "jsonl", "table" */
    const char
        *measured_dir; /* parse's output for the same nets: adds measured values and errors */
};
AW_MUST_USE enum aw_err awh_predict(const struct awh_predict_options *options, FILE *out,
                                    struct awh_diag *diag);

struct awh_latency_options {
    const char *const *net_paths; /* nets, or prims_path */
    size_t net_count;
    const char *prims_path; /* prof_prims.yaml: every primitive by itself */
    const char *perf_dir;
    const char *device;           /* "-1": the host's CPU; "0": the first GPU */
    uint32_t forward_time;        /* accepted samples at least, and files <net>/<i>.yaml at most */
    uint32_t threads;             /* 0: the engine's default */
    const char *mode, *precision; /* "fused", "eager"; "fp32" ... */
    const char *precision_target; /* percent: "2" */
    const char *time_budget;      /* seconds for all nets; NULL: 10 a net */
    bool cold, resume, no_verify, force, quiet;
};
AW_MUST_USE enum aw_err awh_latency(const struct awh_latency_options *options, FILE *out,
                                    struct awh_diag *diag);

/* Prints engines and host; or calibrates the host and keeps it. */
AW_MUST_USE enum aw_err awh_doctor(bool run_calibration, bool force, FILE *out,
                                   struct awh_diag *diag);

struct awh_sample_options {
    const char *cfg_path, *hwobj_path;
    uint64_t count, seed;
    bool json; /* {"genotype": ..., "primitives": [...]}, one a line */
};
/* Random architectures of the space: their genotypes, one a line. */
AW_MUST_USE enum aw_err awh_sample(const struct awh_sample_options *options, FILE *out,
                                   struct awh_diag *diag);

struct awh_genotype_options {
    const char *cfg_path, *hwobj_path;
    const char *genotype; /* "-": lines of `in` */
    const char *net_path; /* or the other way: a net, whose genotype is wanted */
    bool json;
};
/* Genotypes to primitives (a YAML document each, or a line of JSON), or a net to its genotype. */
AW_MUST_USE enum aw_err awh_genotype(const struct awh_genotype_options *options, FILE *in,
                                     FILE *out, struct awh_diag *diag);

#endif
