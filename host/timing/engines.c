#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "timing/engine.h"

#define AWH_ENGINE(folder) extern const struct awh_engine_ops awh_engine_##folder;
#include "engines.def"
#undef AWH_ENGINE

static const struct awh_engine_ops *const engines[] = {
#define AWH_ENGINE(folder) &awh_engine_##folder,
#include "engines.def"
#undef AWH_ENGINE
    NULL,
};

const struct awh_engine_ops *const *awh_engines(void)
{
    return engines;
}

const struct awh_engine_ops *awh_engine_find(const char *name)
{
    for (const struct awh_engine_ops *const *ops = engines; *ops; ops++)
        if (!strcmp((*ops)->name, name))
            return *ops;
    return NULL;
}

const char *awh_timing_mode_name(enum awh_timing_mode mode)
{
    static const char *const names[AWH_TIMING_MODE_COUNT] = {"fused", "eager"};
    return names[mode];
}

const char *awh_precision_name(enum awh_precision precision)
{
    static const char *const names[AWH_PRECISION_COUNT] = {"fp32", "tf32", "fp16", "bf16", "int8"};
    return names[precision];
}

/* -- device numbers ----------------------------------------------------------------------- */

static enum aw_err count_of(const struct awh_engine_ops *ops, unsigned *count_out, char *why,
                            size_t capacity, struct awh_diag *diag)
{
    *count_out = 0;
    if (ops->missing) {
        snprintf(why, capacity, "%s", ops->missing);
        return AW_OK;
    }
    return ops->count(count_out, why, capacity, diag);
}

/* "-1: AMD EPYC; cuda: no NVIDIA driver is loaded" */
static enum aw_err list_devices(struct awh_str *list, struct awh_diag *diag)
{
    unsigned next = 0;
    for (const struct awh_engine_ops *const *ops = engines; *ops; ops++) {
        char text[256] = "";
        unsigned count;
        enum aw_err err = count_of(*ops, &count, text, sizeof text, diag);
        if (err)
            return err;
        if (!count)
            awh_str_printf(list, "%s%s: %s", list->size ? "; " : "", (*ops)->name, text);
        for (unsigned i = 0; i < count; i++) {
            if ((err = (*ops)->title(i, text, sizeof text, diag)))
                return err;
            awh_str_printf(list, "%s%d: %s", list->size ? "; " : "",
                           (*ops)->host ? -1 : (int)next++, text);
        }
    }
    return list->failed ? awh_fail_mem(diag) : AW_OK;
}

static enum aw_err no_such_device(int64_t device, struct awh_diag *diag)
{
    struct awh_str list;
    awh_str_init(&list);
    enum aw_err err = list_devices(&list, diag);
    if (!err)
        err = awh_fail(diag, AW_ERR_NOT_FOUND, "--device: there is no device %lld; there are: %s",
                       (long long)device, list.text ? list.text : "none");
    awh_str_release(&list);
    return err;
}

enum aw_err awh_engine_of_device(int64_t device, const struct awh_engine_ops **ops_out,
                                 unsigned *device_out, struct awh_diag *diag)
{
    int64_t left = device;
    for (const struct awh_engine_ops *const *ops = engines; *ops && device >= -1; ops++) {
        char why[256] = "";
        unsigned count;
        if ((*ops)->host != (device < 0))
            continue;
        enum aw_err err = count_of(*ops, &count, why, sizeof why, diag);
        if (err)
            return err;
        if (device < 0 && count)
            left = 0;
        if (left >= 0 && left < (int64_t)count) {
            *ops_out = *ops;
            *device_out = (unsigned)left;
            return AW_OK;
        }
        left -= count;
    }
    return no_such_device(device, diag);
}
