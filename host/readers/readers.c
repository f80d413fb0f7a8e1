#include <string.h>

#include "base/path.h"
#include "readers/reader.h"

#define MAX_LOG_BYTES (256u << 20)

#define AWH_READER(name) extern const struct awh_reader_type awh_reader_##name;
#include "readers/readers.def"
#undef AWH_READER

static const struct awh_reader_type *const types[] = {
#define AWH_READER(name) &awh_reader_##name,
#include "readers/readers.def"
#undef AWH_READER
    NULL,
};

const struct awh_reader_type *const *awh_reader_types(void)
{
    return types;
}

enum aw_err awh_reader_read(struct awh_arena *arena, const char *path,
                            struct awh_layer_run *run_out, struct awh_diag *diag)
{
    char *text;
    size_t size;
    enum aw_err err = awh_file_read(arena, path, MAX_LOG_BYTES, &text, &size, diag);
    if (err != AW_OK)
        return err;
    for (const struct awh_reader_type *const *type = types; *type != NULL; type++)
        if ((*type)->detect(text, size))
            return (*type)->read(arena, path, text, size, run_out, diag);

    struct awh_str names;
    awh_str_init(&names);
    for (const struct awh_reader_type *const *type = types; *type != NULL; type++)
        awh_str_printf(&names, "%s%s", names.size > 0 ? ", " : "", (*type)->name);
    err = awh_fail(diag, AW_ERR_FORMAT, "%s: not a kind of result that awnas-hw reads (%s)", path,
                   names.failed ? "" : names.text);
    awh_str_release(&names);
    return err;
}
