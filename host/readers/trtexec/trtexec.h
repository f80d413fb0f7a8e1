/* Shared by the files of this reader only. */
#ifndef AWH_READER_TRTEXEC_H
#define AWH_READER_TRTEXEC_H

#include "readers/scan.h"

/* What a block of the summary is about; GPU is the run's own figure. */
enum awh_trt_subject {
    AWH_TRT_GPU,
    AWH_TRT_HOST,
    AWH_TRT_END_TO_END,
    AWH_TRT_ENQUEUE,
    AWH_TRT_H2D,
    AWH_TRT_D2H,
    AWH_TRT_SUBJECTS
};

enum awh_trt_section { AWH_TRT_NONE, AWH_TRT_SUMMARY, AWH_TRT_TABLE };

struct awh_trtexec {
    struct awh_scan scan;
    enum awh_trt_section section;
    bool failed;          /* what "&&&& ..." said */
    bool has_gpu_summary; /* of this session */
    bool has_table;

    enum awh_trt_subject subject; /* in AWH_TRT_SUMMARY: of the lines that follow */
    struct {
        double sum, weight; /* over the lines of averages */
    } averages[AWH_TRT_SUBJECTS];
    bool has_mean[AWH_TRT_SUBJECTS]; /* said by the summary */
    uint64_t queries;                /* "Timing trace has N queries" */

    uint64_t iterations; /* in AWH_TRT_TABLE */
    bool has_header, layer_last, has_median;
    double table_sum_ms;

    struct awh_draft candidates; /* lines that may be rows of the profile that 5.x prints */
};

/* A --dumpProfile table: its title, a line inside it (*taken: it was part of it), and its end,
 * which may come without the row Total. */
AW_MUST_USE enum aw_err awh_trtexec_begin_table(struct awh_trtexec *r, const char *text);
AW_MUST_USE enum aw_err awh_trtexec_table_line(struct awh_trtexec *r, char *text, bool *taken);
AW_MUST_USE enum aw_err awh_trtexec_end_table(struct awh_trtexec *r);
/* Any other line, which may be a row of the profile that 5.x prints. */
AW_MUST_USE enum aw_err awh_trtexec_old_line(struct awh_trtexec *r, char *text);

/* Averages and the summary; *starts: the line belongs to a session of its own, and was not read. */
AW_MUST_USE enum aw_err awh_trtexec_summary_line(struct awh_trtexec *r, const char *text,
                                                 bool *starts);
/* Sets the run's figures from what was read. */
AW_MUST_USE enum aw_err awh_trtexec_end_summary(struct awh_trtexec *r);

#endif
