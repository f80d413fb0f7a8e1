#include "program/given.h"

#include <string.h>

#include "aw/quant.h"

/* An 8-bit bias moved left by so many bits is beyond any sum; moved right, 0 is left of it. */
#define SHIFT_MAX 32
#define BITS_MAX  30

enum aw_err awh_given_find(const struct awh_given_list *list, const char *net,
                           const struct awh_node *node, size_t weight_count,
                           const struct awh_given **out, struct awh_diag *diag)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct awh_given *given = &list->items[i];
        if (strcmp(given->layer, node->name) != 0)
            continue;
        if (given->weight_count != weight_count || (given->bias != NULL) != node->conv.bias)
            break;
        *out = given;
        return AW_OK;
    }
    return awh_fail(diag, AW_ERR_INTERNAL, "net %s: layer %s: no weights are given that fit it",
                    net, node->name);
}

static int64_t shifted(int8_t code, int shift)
{
    if (code == 0 || shift > SHIFT_MAX)
        return 0;
    return aw_round_shift(code, shift < -SHIFT_MAX ? -SHIFT_MAX : shift);
}

enum aw_err awh_given_bias(struct awh_arena *arena, const struct awh_given *given, const char *net,
                           size_t channels, int sums_pos, const int32_t **bias_out,
                           uint8_t *bits_out, struct awh_diag *diag)
{
    int32_t *bias = awh_arena_array(arena, channels, sizeof(*bias));
    int64_t low = 0, high = 0,
            sums = INT64_C(128) * 127 * (int64_t)(given->weight_count / channels);
    uint8_t bits = 1;
    if (!bias)
        return awh_fail_mem(diag);
    for (size_t c = 0; c < channels; c++) {
        int64_t value = shifted(given->bias[c], given->bias_pos - sums_pos);
        low = value < low ? value : low;
        high = value > high ? value : high;
        bias[c] = (int32_t)value;
    }
    while (bits <= BITS_MAX && (low < -(INT64_C(1) << bits) || high >= INT64_C(1) << bits))
        bits++;
    if (bits > BITS_MAX || sums + (INT64_C(1) << bits) > INT32_MAX)
        return awh_fail(diag, AW_ERR_RANGE,
                        "net %s: layer %s: its biases are so large beside its weights that sums "
                        "can leave 32 bits",
                        net, given->layer);
    *bias_out = bias;
    *bits_out = bits;
    return AW_OK;
}
