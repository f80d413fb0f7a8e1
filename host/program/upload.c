#include "program/upload.h"

#include <string.h>

/* The packing that an upload changes to; NULL: it stays as it is. */
static const struct aw_packing *to_pack(const struct aw_program *program, const char *kernel_set)
{
    if (program->weights_mode != AW_WEIGHTS_EMBEDDED || program->packing)
        return NULL;
    return aw_packing_find_name(kernel_set);
}

static enum aw_err check_packing(const struct aw_program *program, const char *kernel_set,
                                 const char *where, struct awh_diag *diag)
{
    if (!program->packing || strcmp(program->packing->name, kernel_set) == 0)
        return AW_OK;
    const struct aw_packing *wanted = aw_packing_find_name(kernel_set);
    return awh_fail(diag, AW_ERR_MISMATCH,
                    "%s: its weights are packed for kernel set %s, the board's is %s; compile with "
                    "packing: %s",
                    where, program->packing->name, kernel_set, wanted ? wanted->name : "canonical");
}

static enum aw_err fail_to_pack(enum aw_err err, const char *kernel_set, const char *where,
                                struct awh_diag *diag)
{
    return awh_fail(diag, err, "%s: its weights cannot be packed for kernel set %s: %s", where,
                    kernel_set, aw_err_str(err));
}

enum aw_err awh_upload_size(const struct aw_program *program, const char *kernel_set,
                            const char *where, uint32_t *size_out, struct awh_diag *diag)
{
    const struct aw_packing *packing = to_pack(program, kernel_set);
    enum aw_err err = check_packing(program, kernel_set, where, diag);
    uint32_t size = program->size;
    if (err)
        return err;
    if (packing)
        err = aw_program_pack(program, packing, NULL, 0, &size);
    if (err && err != AW_ERR_NO_SPACE)
        return fail_to_pack(err, kernel_set, where, diag);
    *size_out = size;
    return AW_OK;
}

enum aw_err awh_upload_bytes(struct awh_arena *arena, const struct aw_program *program,
                             const char *kernel_set, const char *where, const uint8_t **bytes_out,
                             uint32_t *size_out, struct awh_diag *diag)
{
    const struct aw_packing *packing = to_pack(program, kernel_set);
    const uint8_t *bytes = program->bytes;
    uint32_t size;
    enum aw_err err = awh_upload_size(program, kernel_set, where, &size, diag);
    if (err)
        return err;
    if (packing) {
        uint8_t *packed = awh_arena_alloc(arena, size);
        if (!packed)
            return awh_fail_mem(diag);
        err = aw_program_pack(program, packing, packed, size, &size);
        bytes = packed;
    }
    if (err)
        return fail_to_pack(err, kernel_set, where, diag);
    *bytes_out = bytes;
    *size_out = size;
    return AW_OK;
}
