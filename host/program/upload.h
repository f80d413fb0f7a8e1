/* What of a program goes to a board. */
#ifndef AWH_PROGRAM_UPLOAD_H
#define AWH_PROGRAM_UPLOAD_H

#include "aw/program.h"
#include "base/diag.h"
#include "base/mem.h"

/* The bytes to upload to a board with this kernel set (Hello's name): embedded weights in canonical
 * order are packed for it when we know its packing, into arena memory; else they are the program's
 * own. AW_ERR_MISMATCH when they are packed for another set. `where` names the program in errors.
 */
AW_MUST_USE enum aw_err awh_upload_bytes(struct awh_arena *arena, const struct aw_program *program,
                                         const char *kernel_set, const char *where,
                                         const uint8_t **bytes_out, uint32_t *size_out,
                                         struct awh_diag *diag);

/* How many these are, and the same errors. */
AW_MUST_USE enum aw_err awh_upload_size(const struct aw_program *program, const char *kernel_set,
                                        const char *where, uint32_t *size_out,
                                        struct awh_diag *diag);

#endif
