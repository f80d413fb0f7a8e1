/* Architectures of once-for-all spaces: sampling, and their genotype strings such as
 * "image_size=224, cell_0=1, cell_1=2, cell_0_block_0=(1, 3), cell_1_block_0=(4, 5), ...,
 * head_0=(0.5, 3)". */
#include "base/mem.h"
#include "base/str.h"
#include "spaces/ofa.h"
#include "spaces/rng.h"

static int32_t choose(struct awh_space_rng *rng, const struct awh_ofa_choice *choice)
{
    return choice->items[awh_space_rng_below(rng, choice->count)];
}

static bool any_real(const struct awh_ofa_widths *widths)
{
    for (unsigned i = 0; i < widths->count; i++)
        if (widths->items[i].kind == AWH_VALUE_FLOAT)
            return true;
    return false;
}

static struct awh_value to_real(struct awh_value value, bool real)
{
    if (!real)
        return value;
    return (struct awh_value){.kind = AWH_VALUE_FLOAT, .real = awh_value_number(&value)};
}

struct awh_value awh_ofa_width(const struct awh_ofa *space, unsigned stage, unsigned choice)
{
    struct awh_value width = space->width_choice.items[choice];
    const struct awh_value *bound = &space->expansions[stage];
    bool real = bound->kind == AWH_VALUE_FLOAT || any_real(&space->width_choice);
    if (awh_value_number(bound) < awh_value_number(&width))
        width = *bound;
    return to_real(width, real);
}

static void sample_heads(const struct awh_ofa_heads *heads, struct awh_space_rng *rng,
                         struct awh_ofa_arch *arch)
{
    bool real = any_real(&heads->width_choice);
    arch->head_count = heads->count;
    for (unsigned i = 0; i < heads->count; i++) {
        uint32_t width = awh_space_rng_below(rng, heads->width_choice.count);
        arch->head_width[i] = to_real(heads->width_choice.items[width], real);
    }
    for (unsigned i = 0; i < heads->count; i++)
        arch->head_kernel[i] = choose(rng, &heads->kernel_choice);
}

void awh_ofa_sample(const struct awh_ofa *space, uint64_t seed, uint64_t index,
                    struct awh_ofa_arch *arch_out)
{
    struct awh_ofa_arch *arch = arch_out;
    struct awh_space_rng rng;
    awh_space_rng_init(&rng, seed, index);
    arch->stage_count = space->stage_count;
    arch->image_size = choose(&rng, &space->image_size_choice);
    for (unsigned stage = 0; stage < space->stage_count; stage++) {
        unsigned blocks = (unsigned)space->num_cell_groups[stage];
        int32_t depth = choose(&rng, &space->depth_choice);
        arch->depth[stage] = depth < (int32_t)blocks ? depth : (int32_t)blocks;
        arch->width_count[stage] = blocks;
        for (unsigned i = 0; i < blocks; i++)
            arch->width[stage][i] =
                awh_ofa_width(space, stage, awh_space_rng_below(&rng, space->width_choice.count));
        arch->kernel_count[stage] = stage ? blocks : 1;
        arch->kernel[stage][0] = 3;
        for (unsigned i = 0; stage && i < blocks; i++)
            arch->kernel[stage][i] = choose(&rng, &space->kernel_choice);
    }
    sample_heads(&space->heads, &rng, arch);
}

static void format_pair(struct awh_str *str, const struct awh_value *width, int32_t kernel)
{
    char text[32];
    awh_value_format(width, text, sizeof text);
    awh_str_printf(str, "=(%s, %d)", text, (int)kernel);
}

char *awh_ofa_genotype_format(struct awh_arena *arena, const struct awh_ofa_arch *arch)
{
    struct awh_str str;
    awh_str_init(&str);
    awh_str_printf(&str, "image_size=%d", (int)arch->image_size);
    for (unsigned stage = 0; stage < arch->stage_count; stage++)
        awh_str_printf(&str, ", cell_%u=%d", stage, (int)arch->depth[stage]);
    for (unsigned stage = 0; stage < arch->stage_count; stage++)
        for (unsigned i = 0; i < arch->width_count[stage] && i < arch->kernel_count[stage]; i++) {
            awh_str_printf(&str, ", cell_%u_block_%u", stage, i);
            format_pair(&str, &arch->width[stage][i], arch->kernel[stage][i]);
        }
    for (unsigned i = 0; i < arch->head_count; i++) {
        awh_str_printf(&str, ", head_%u", i);
        format_pair(&str, &arch->head_width[i], arch->head_kernel[i]);
    }
    char *text = str.failed ? NULL : awh_arena_strdup(arena, str.text);
    awh_str_release(&str);
    return text;
}
