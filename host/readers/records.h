/* JSON logs: lists of objects, given one at a time and flattened, so that a file of any size takes
 * the memory of one object. Built on yajl, which reads JSON as a stream of events.
 *
 * Logs are often pieces: the bracket around the list, or its end, may be missing, and each line may
 * carry the number that an editor showed before it. One object without a list is a list of one. */
#ifndef AWH_RECORDS_H
#define AWH_RECORDS_H

#include "awnashw/plugin.h"
#include "base/diag.h"

#define AWH_RECORD_FIELDS_MAX 1024u
#define AWH_RECORD_BYTES_MAX  ((size_t)1 << 20)
#define AWH_RECORD_DEPTH_MAX  32u

/* {"args": {"sizes": [7, 9]}} has the fields "args.sizes[0]" and "args.sizes[1]". */
struct awh_field {
    const char *path, *text;
    bool is_number; /* the text is one */
    double number;
};

struct awh_record {
    const struct awh_field *fields;
    size_t count;
    uint32_t line; /* where the object begins */
};

/* NULL: the record has no such field. */
const struct awh_field *awh_record_find(const struct awh_record *record, const char *path);
const char *awh_record_text(const struct awh_record *record, const char *path);
bool awh_record_number(const struct awh_record *record, const char *path, double *out);

/* The text begins as such a file does. */
bool awh_records_detect(const char *text);
/* Calls on_record for each object. *complete_out: the list has its end. Fields beyond the bounds
 * above are left out. */
AW_MUST_USE enum aw_err awh_records_read(const struct awh_log *log,
                                         enum aw_err (*on_record)(void *context,
                                                                  const struct awh_record *record),
                                         void *context, bool *complete_out, struct awh_diag *diag);

#endif
