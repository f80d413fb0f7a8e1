#include "program/upload.h"

enum aw_err awh_upload_bytes(struct awh_arena *arena, const struct aw_program *program,
                             const char *kernel_set, const char *where, const uint8_t **bytes_out,
                             uint32_t *size_out, struct awh_diag *diag)
{
    const struct aw_packing *packing = aw_packing_find_name(kernel_set);
    if (program->weights_mode != AW_WEIGHTS_EMBEDDED || !packing) {
        *bytes_out = program->bytes;
        *size_out = program->size;
        return AW_OK;
    }
    uint32_t size = 0;
    uint8_t *bytes = NULL;
    enum aw_err err = aw_program_pack(program, packing, NULL, 0, &size);
    if (err == AW_ERR_NO_SPACE) {
        bytes = awh_arena_alloc(arena, size);
        if (!bytes)
            return awh_fail_mem(diag);
        err = aw_program_pack(program, packing, bytes, size, &size);
    }
    if (err)
        return awh_fail(diag, err, "%s: its weights cannot be packed for kernel set %s: %s", where,
                        kernel_set, aw_err_str(err));
    *bytes_out = bytes;
    *size_out = size;
    return AW_OK;
}
