/* Compares every kernel of the set that it is linked with to its reference, bit for bit, on seeded
 * layers: odd channel counts, tails, strides, asymmetric padding, extreme values, all shifts.
 *
 *   kernel_sweep                 all groups
 *   kernel_sweep GROUP           all cases of one group
 *   kernel_sweep GROUP:CASE      one case; failures print this key
 *
 * Inputs and weights end 16 bytes, rounded up to their alignment, before memory that cannot be
 * read; what a kernel writes outside of its output and scratch is seen too. Exit code 0: all equal.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "aw/rng.h"
#include "awt/kernel.h"

#define GUARD       64u
#define GUARD_BYTE  0x5A
#define READ_PAST   16u
#define MAX_KERNELS 32u

static char current[256]; /* key of the running case, for crashes */
static unsigned checks, failures;
static unsigned kernel_cases[MAX_KERNELS];

/* ---- Random numbers ---- */

struct random {
    uint32_t seed, index;
};

static uint32_t draw(struct random *r, uint32_t first, uint32_t last)
{
    return first + aw_rng_word(r->seed, r->index++) % (last - first + 1);
}

static bool chance(struct random *r, uint32_t percent)
{
    return draw(r, 0, 99) < percent;
}

static uint32_t one_of(struct random *r, const uint32_t *values, uint32_t n)
{
    return values[draw(r, 0, n - 1)];
}
#define ONE_OF(r, ...)                                                                             \
    one_of(r, (const uint32_t[]){__VA_ARGS__},                                                     \
           sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))

/* Mostly what nets use, sometimes anything. */
static uint32_t draw_channels(struct random *r, uint32_t most)
{
    if (chance(r, 40))
        return draw(r, 1, most < 40 ? most : 40);
    return 8 * draw(r, 1, most < 8 ? 1 : most / 8);
}

/* ---- Memory ---- */

struct block {
    int8_t *data;
    size_t bytes;
    char *mapping;
    size_t mapped;
};

/* `slack` bytes behind the data exist, up to the alignment; then comes an unreadable page. */
static struct block block_new(size_t bytes, size_t slack)
{
    size_t page = 4096, room = (bytes + slack + GUARD + 15) / 16 * 16;
    struct block b = {.bytes = bytes, .mapped = (room + page - 1) / page * page + page};
    b.mapping = mmap(NULL, b.mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (b.mapping == MAP_FAILED || mprotect(b.mapping + b.mapped - page, page, PROT_NONE) != 0) {
        perror("kernel_sweep: mmap");
        exit(2);
    }
    memset(b.mapping, GUARD_BYTE, b.mapped - page);
    b.data = (int8_t *)b.mapping + b.mapped - page - (bytes + slack + 15) / 16 * 16;
    return b;
}

static void block_free(struct block *b)
{
    munmap(b->mapping, b->mapped);
}

/* True when nothing was written around the data. */
static bool block_intact(const struct block *b)
{
    const char *end = b->mapping + b->mapped - 4096, *data = (const char *)b->data;
    for (const char *p = b->mapping; p < end; p++)
        if ((p < data || p >= data + b->bytes) && *p != GUARD_BYTE)
            return false;
    return true;
}

/* ---- Layers ---- */

struct layer_case {
    struct aw_layer layer;
    struct aw_tensor in0, in1, out;
    struct aw_plan plan;
};

static int draw_shift(struct random *r)
{
    return chance(r, 60) ? (int)draw(r, 3, 12) : (int)draw(r, 0, 39) - 8;
}

/* Positions that make the layer's shift; several tries may be needed. */
static bool set_positions(struct layer_case *c, struct random *r)
{
    static const uint8_t acts[] = {AW_ACT_NONE, AW_ACT_RELU, AW_ACT_RELU6, AW_ACT_H_SWISH,
                                   AW_ACT_HARDTANH};
    bool two = c->layer.in1 != AW_NO_TENSOR, weighted = aw_op_find(c->layer.op)->weighted;
    bool aligns = c->layer.op == AW_OP_ADD || c->layer.op == AW_OP_CONCAT;
    int shift = draw_shift(r);
    c->layer.act = acts[draw(r, 0, 4)];
    c->in0.pos = (int8_t)((int)draw(r, 0, 40) - 16);
    c->in1.pos = two ? (int8_t)((int)draw(r, 0, 40) - 16) : 0;
    c->layer.w_pos = weighted ? (int8_t)((int)draw(r, 0, 40) - 16) : 0;
    if (aligns && chance(r, 70))
        c->in1.pos = (int8_t)(c->in0.pos + (int)draw(r, 0, 6) - 3);
    int acc_pos = c->in0.pos + c->layer.w_pos;
    if (c->layer.op == AW_OP_MUL)
        acc_pos += c->in1.pos;
    if (aligns)
        acc_pos = c->in0.pos < c->in1.pos ? c->in0.pos : c->in1.pos;
    if (c->layer.op == AW_OP_ZERO) /* has no shift */
        shift = 0;
    if (acc_pos - shift < AW_POS_MIN || acc_pos - shift > AW_POS_MAX)
        return false;
    c->layer.mid_pos = (int8_t)(acc_pos - shift);
    c->out.pos = c->layer.mid_pos;
    return aw_layer_plan(&c->layer, &c->in0, two ? &c->in1 : NULL, &c->out, &c->plan, NULL) ==
           AW_OK;
}

static uint16_t out_extent(uint32_t in, uint32_t pad, uint32_t kernel, uint32_t dilation,
                           uint32_t stride)
{
    uint32_t window = dilation * (kernel - 1) + 1;
    return in + pad < window ? 0 : (uint16_t)((in + pad - window) / stride + 1);
}

static uint8_t draw_pad(struct random *r, uint32_t kernel, uint32_t dilation)
{
    uint32_t reach = dilation * (kernel - 1);
    return (uint8_t)(chance(r, 50) ? reach / 2 : draw(r, 0, reach));
}

static void set_window(struct layer_case *c, struct random *r, uint32_t kernel_h, uint32_t kernel_w,
                       uint32_t stride, uint32_t dilation)
{
    struct aw_layer *l = &c->layer;
    l->kernel_h = (uint8_t)kernel_h;
    l->kernel_w = (uint8_t)kernel_w;
    l->stride_h = l->stride_w = (uint8_t)stride;
    l->dilation_h = l->dilation_w = (uint8_t)dilation;
    if (chance(r, 10))
        l->stride_h = (uint8_t)draw(r, 1, 3);
    l->pad_top = draw_pad(r, kernel_h, dilation);
    l->pad_left = draw_pad(r, kernel_w, dilation);
    l->pad_bottom = chance(r, 70) ? l->pad_top : draw_pad(r, kernel_h, dilation);
    l->pad_right = chance(r, 70) ? l->pad_left : draw_pad(r, kernel_w, dilation);
    if (aw_op_find(l->op)->weighted)
        l->bias_bits = (uint8_t)(chance(r, 20)   ? 0
                                 : chance(r, 60) ? draw(r, 4, 16)
                                                 : draw(r, 1, 30));
    c->out.shape.h = out_extent(c->in0.shape.h, (uint32_t)l->pad_top + l->pad_bottom, kernel_h,
                                dilation, l->stride_h);
    c->out.shape.w = out_extent(c->in0.shape.w, (uint32_t)l->pad_left + l->pad_right, kernel_w,
                                dilation, l->stride_w);
}

static void set_shapes(struct layer_case *c, uint32_t h, uint32_t w, uint32_t in_ch,
                       uint32_t out_ch)
{
    c->in0.shape = (struct aw_shape){(uint16_t)h, (uint16_t)w, (uint16_t)in_ch};
    c->out.shape = (struct aw_shape){(uint16_t)h, (uint16_t)w, (uint16_t)out_ch};
}

static void make_conv1x1(struct layer_case *c, struct random *r)
{
    set_shapes(c, draw(r, 1, 9), draw(r, 1, 9), draw_channels(r, 200), draw_channels(r, 80));
    set_window(c, r, 1, 1, ONE_OF(r, 1, 1, 2, 3), 1);
}

static void make_fc(struct layer_case *c, struct random *r)
{
    set_shapes(c, 1, 1, draw_channels(r, 700), draw_channels(r, 300));
    set_window(c, r, 1, 1, 1, 1);
}

static void make_convkxk(struct layer_case *c, struct random *r)
{
    uint32_t kernel = ONE_OF(r, 3, 3, 3, 5, 7, 2);
    set_shapes(c, draw(r, 1, 12), draw(r, 1, 12), draw_channels(r, 32), draw_channels(r, 32));
    set_window(c, r, kernel, chance(r, 80) ? kernel : draw(r, 1, 7), ONE_OF(r, 1, 1, 2, 3),
               ONE_OF(r, 1, 1, 1, 2, 3));
}

static void make_stem(struct layer_case *c, struct random *r)
{
    set_shapes(c, draw(r, 1, 20), draw(r, 1, 20), 3, draw_channels(r, 48));
    set_window(c, r, ONE_OF(r, 3, 3, 7), ONE_OF(r, 3, 3, 7), 2, 1);
}

static void make_groups(struct layer_case *c, struct random *r)
{
    uint32_t groups = ONE_OF(r, 2, 3, 4, 5, 6, 8, 12, 24), kernel = ONE_OF(r, 1, 3, 3, 5);
    uint32_t in_ch = ONE_OF(r, 1, 2, 3, 3, 6, 7, 8, 9, 16, 20), out_ch = in_ch;
    if (chance(r, 50))
        out_ch = draw(r, 1, 20);
    set_shapes(c, draw(r, 1, 8), draw(r, 1, 8), groups * in_ch, groups * out_ch);
    set_window(c, r, kernel, chance(r, 80) ? kernel : draw(r, 1, 5), ONE_OF(r, 1, 1, 2, 3),
               ONE_OF(r, 1, 1, 2));
    c->layer.groups = (uint16_t)groups;
}

static void make_dw3(struct layer_case *c, struct random *r)
{
    uint32_t ch = chance(r, 70) ? draw_channels(r, 80) : draw(r, 16, 40);
    set_shapes(c, draw(r, 1, 16), draw(r, 1, 16), ch, ch);
    set_window(c, r, 3, 3, ONE_OF(r, 1, 1, 2), 1);
    c->layer.groups = (uint16_t)ch;
}

static void make_dw(struct layer_case *c, struct random *r)
{
    uint32_t ch = draw_channels(r, 64), kernel = ONE_OF(r, 3, 5, 5, 7, 7, 4, 1);
    set_shapes(c, draw(r, 1, 16), draw(r, 1, 16), ch, ch);
    set_window(c, r, kernel, chance(r, 80) ? kernel : draw(r, 1, 9), ONE_OF(r, 1, 1, 2, 2, 3),
               ONE_OF(r, 1, 1, 1, 2, 3));
    c->layer.groups = (uint16_t)ch;
}

static void make_gap(struct layer_case *c, struct random *r)
{
    uint32_t ch = draw_channels(r, 64), side = chance(r, 20) ? draw(r, 15, 40) : draw(r, 1, 14);
    set_shapes(c, side, draw(r, 1, 14), ch, ch);
    c->out.shape.h = c->out.shape.w = 1;
}

static void make_act(struct layer_case *c, struct random *r)
{
    uint32_t ch = draw_channels(r, 64);
    set_shapes(c, draw(r, 1, 9), draw(r, 1, 9), ch, ch);
}

static void make_add(struct layer_case *c, struct random *r)
{
    make_act(c, r);
    c->layer.in1 = 1;
    c->in1.shape = c->in0.shape;
}

static void make_mul(struct layer_case *c, struct random *r)
{
    make_act(c, r);
    c->layer.in1 = 1;
    c->in1.shape = (struct aw_shape){1, 1, c->in0.shape.c};
}

static void make_pool3(struct layer_case *c, struct random *r)
{
    uint32_t ch = chance(r, 70) ? draw_channels(r, 80) : draw(r, 16, 40);
    set_shapes(c, draw(r, 1, 16), draw(r, 1, 16), ch, ch);
    set_window(c, r, 3, 3, ONE_OF(r, 1, 1, 2), 1);
    c->layer.count_include_pad = c->layer.op == AW_OP_AVGPOOL && chance(r, 30);
}

static void make_pool(struct layer_case *c, struct random *r)
{
    uint32_t ch = draw_channels(r, 64), kernel = ONE_OF(r, 2, 2, 5, 7, 4, 1);
    set_shapes(c, draw(r, 1, 16), draw(r, 1, 16), ch, ch);
    set_window(c, r, kernel, chance(r, 80) ? kernel : draw(r, 1, 9), ONE_OF(r, 1, 1, 2, 2, 3), 1);
    c->layer.count_include_pad = c->layer.op == AW_OP_AVGPOOL && chance(r, 30);
}

static void make_concat(struct layer_case *c, struct random *r)
{
    uint32_t ch0 = draw_channels(r, 64), ch1 = draw_channels(r, 64);
    set_shapes(c, draw(r, 1, 9), draw(r, 1, 9), ch0, ch0 + ch1);
    c->layer.in1 = 1;
    c->in1.shape = c->in0.shape;
    c->in1.shape.c = (uint16_t)ch1;
}

static void make_pad(struct layer_case *c, struct random *r)
{
    uint32_t in_ch = draw_channels(r, 64), more_ch = chance(r, 50) ? 0 : draw_channels(r, 64);
    struct aw_layer *l = &c->layer;
    l->pad_top = (uint8_t)draw(r, 0, 3);
    l->pad_bottom = (uint8_t)draw(r, 0, 3);
    l->pad_left = (uint8_t)draw(r, 0, 3);
    l->pad_right = (uint8_t)draw(r, 0, 3);
    l->pad_channels = (uint16_t)more_ch;
    set_shapes(c, draw(r, 1, 9), draw(r, 1, 9), in_ch, in_ch + more_ch);
    c->out.shape.h = (uint16_t)(c->in0.shape.h + l->pad_top + l->pad_bottom);
    c->out.shape.w = (uint16_t)(c->in0.shape.w + l->pad_left + l->pad_right);
}

static void make_slice(struct layer_case *c, struct random *r)
{
    make_act(c, r);
    struct aw_layer *l = &c->layer;
    l->stride_h = (uint8_t)ONE_OF(r, 1, 2, 2, 3);
    l->stride_w = (uint8_t)ONE_OF(r, 1, 2, 2, 3);
    l->start_h = (uint16_t)draw(r, 0, c->in0.shape.h - 1u);
    l->start_w = (uint16_t)draw(r, 0, c->in0.shape.w - 1u);
    c->out.shape.h = (uint16_t)((c->in0.shape.h - l->start_h - 1) / l->stride_h + 1);
    c->out.shape.w = (uint16_t)((c->in0.shape.w - l->start_w - 1) / l->stride_w + 1);
}

static void make_zero(struct layer_case *c, struct random *r)
{
    make_act(c, r);
    c->out.shape.h = (uint16_t)draw(r, 1, 9);
    c->out.shape.c = (uint16_t)draw_channels(r, 64);
}

struct group {
    const char *name;
    uint8_t op;
    unsigned cases;
    void (*make)(struct layer_case *c, struct random *r);
};

static const struct group groups[] = {
    {"conv1x1", AW_OP_CONV2D, 500, make_conv1x1},
    {"fc", AW_OP_CONV2D, 200, make_fc},
    {"convkxk", AW_OP_CONV2D, 500, make_convkxk},
    {"stem", AW_OP_CONV2D, 150, make_stem},
    {"groups", AW_OP_CONV2D, 300, make_groups},
    {"dw3", AW_OP_DWCONV2D, 500, make_dw3},
    {"dw", AW_OP_DWCONV2D, 600, make_dw},
    {"gap", AW_OP_GAP, 250, make_gap},
    {"act", AW_OP_ACT, 250, make_act},
    {"add", AW_OP_ADD, 400, make_add},
    {"mul", AW_OP_MUL, 400, make_mul},
    {"maxpool3", AW_OP_MAXPOOL, 250, make_pool3},
    {"maxpool", AW_OP_MAXPOOL, 150, make_pool},
    {"avgpool3", AW_OP_AVGPOOL, 250, make_pool3},
    {"avgpool", AW_OP_AVGPOOL, 150, make_pool},
    {"concat", AW_OP_CONCAT, 150, make_concat},
    {"pad", AW_OP_PAD, 150, make_pad},
    {"slice", AW_OP_SLICE, 150, make_slice},
    {"zero", AW_OP_ZERO, 50, make_zero},
};
#define GROUP_COUNT (sizeof groups / sizeof groups[0])

/* Draws until the layer is valid. */
static void make_case(const struct group *group, struct random *r, struct layer_case *c)
{
    do {
        memset(c, 0, sizeof *c);
        c->layer.op = group->op;
        c->layer.in1 = AW_NO_TENSOR;
        c->layer.out = 2;
        if (group->op == AW_OP_CONV2D)
            c->layer.groups = 1;
        group->make(c, r);
    } while (!set_positions(c, r));
}

/* ---- Values ---- */

enum values { VALUES_ANY, VALUES_LOWEST, VALUES_HIGHEST, VALUES_ENDS };

static void fill(struct random *r, enum values values, int8_t lowest, struct block *b)
{
    for (size_t i = 0; i < b->bytes; i++) {
        int8_t any = (int8_t)draw(r, 0, 255);
        any = any < lowest ? lowest : any;
        bool low = values == VALUES_LOWEST || (values == VALUES_ENDS && any < 0);
        b->data[i] = values == VALUES_ANY ? any : low ? lowest : 127;
    }
}

static void fill_bias(struct random *r, const struct aw_plan *plan, struct block *b)
{
    int32_t end = 1 << plan->layer.bias_bits;
    bool extreme = chance(r, 30);
    for (uint32_t i = 0; i < plan->bias_count; i++) {
        int32_t value = (int32_t)(aw_rng_word(r->seed, r->index++) % (2u * (uint32_t)end)) - end;
        if (extreme)
            value = value < 0 ? -end : end - 1;
        memcpy(b->data + 4 * i, &value, sizeof value);
    }
}

/* ---- Comparison ---- */

struct data {
    struct block in0, in1, weights, bias, expected;
};

static struct data data_new(const struct aw_plan *plan, struct random *r)
{
    struct data d = {
        .in0 = block_new(plan->in0_bytes, READ_PAST),
        .in1 = block_new(plan->in1_bytes, READ_PAST),
        .weights = block_new(plan->weight_count, READ_PAST),
        .bias = block_new(4u * plan->bias_count, READ_PAST),
        .expected = block_new(plan->out_bytes, 0),
    };
    enum values values = chance(r, 70) ? VALUES_ANY : (enum values)draw(r, 1, 3);
    fill(r, values, -128, &d.in0);
    fill(r, values, -128, &d.in1);
    fill(r, chance(r, 70) ? values : (enum values)draw(r, 0, 3), -127, &d.weights);
    fill_bias(r, plan, &d.bias);
    struct aw_buffers buffers = {
        .in0 = d.in0.data,
        .in1 = plan->in1_bytes ? d.in1.data : NULL,
        .weights = d.weights.data,
        .bias = plan->bias_count ? (const int32_t *)(const void *)d.bias.data : NULL,
        .out = d.expected.data,
    };
    aw_op_find(plan->layer.op)->run(plan, &buffers);
    return d;
}

static void data_free(struct data *d)
{
    block_free(&d->in0);
    block_free(&d->in1);
    block_free(&d->weights);
    block_free(&d->bias);
    block_free(&d->expected);
}

static void fail(const struct awt_kernel *kernel, const char *what, long at)
{
    failures++;
    printf("FAIL %s: %s: %s", current, kernel->name, what);
    if (at >= 0)
        printf(" at byte %ld", at);
    printf("\n");
}

static void check_output(const struct awt_kernel *kernel, const struct aw_plan *plan,
                         const struct data *d, const struct block *out, const char *what)
{
    checks++;
    for (uint32_t i = 0; i < plan->out_bytes; i++)
        if (out->data[i] != d->expected.data[i]) {
            fail(kernel, what, (long)i);
            return;
        }
}

static void run_kernel(const struct awt_kernel *kernel, const struct aw_plan *plan,
                       const struct data *d)
{
    const struct aw_packing *packing = kernel->packed ? awt_packing : NULL;
    struct block packed = block_new(aw_packing_bytes(packing, plan), READ_PAST);
    struct block scratch = block_new(kernel->scratch_bytes ? kernel->scratch_bytes(plan) : 0, 0);
    struct block out = block_new(plan->out_bytes, GUARD);
    aw_packing_pack(packing, plan, d->weights.data, packed.data);
    struct aw_buffers buffers = {
        .in0 = d->in0.data,
        .in1 = plan->in1_bytes ? d->in1.data : NULL,
        .weights = plan->weight_count ? packed.data : NULL,
        .bias = plan->bias_count ? (const int32_t *)(const void *)d->bias.data : NULL,
        .out = out.data,
    };
    kernel->run(plan, &buffers, scratch.bytes ? scratch.data : NULL);
    check_output(kernel, plan, d, &out, "differs from the reference");
    if (aw_op_find(plan->layer.op)->in_place) {
        memcpy(out.data, d->in0.data, plan->out_bytes);
        buffers.in0 = out.data;
        kernel->run(plan, &buffers, scratch.bytes ? scratch.data : NULL);
        check_output(kernel, plan, d, &out, "in place: differs from the reference");
    }
    if (!block_intact(&out))
        fail(kernel, "writes outside of its output", -1);
    if (!block_intact(&scratch))
        fail(kernel, "writes outside of its scratch", -1);
    if (!block_intact(&packed))
        fail(kernel, "packs outside of its weights", -1);
    block_free(&packed);
    block_free(&scratch);
    block_free(&out);
}

/* Every kernel that takes the layer, not only the first. */
static void run_case(const struct group *group, unsigned number)
{
    struct random r = {.seed = 0x5EED0000u + (uint32_t)(group - groups) * 0x10000u + number};
    struct layer_case c;
    make_case(group, &r, &c);
    int n = snprintf(current, sizeof current, "%s:%u ", group->name, number);
    aw_layer_key(&c.plan, current + n, (uint32_t)(sizeof current - (size_t)n));
    struct data d = data_new(&c.plan, &r);
    for (unsigned i = 0; awt_kernels[i].run != NULL && i < MAX_KERNELS; i++) {
        const struct awt_kernel *kernel = &awt_kernels[i];
        if (kernel->op != c.plan.layer.op || (kernel->supports && !kernel->supports(&c.plan)) ||
            (kernel->packed && !aw_packing_form_of(awt_packing, &c.plan)))
            continue;
        kernel_cases[i]++;
        run_kernel(kernel, &c.plan, &d);
    }
    if (awt_kernel_find(&c.plan) == NULL)
        fail(&awt_kernels[0], "no kernel takes this layer", -1);
    data_free(&d);
}

static void check_table(unsigned number)
{
    struct random r = {.seed = 0x7AB1E000u + number};
    struct block table = block_new(256, 0), expected = block_new(draw(&r, 1, 700), 0);
    struct block data = block_new(expected.bytes, GUARD);
    struct awt_kernel self = {.name = "awt_table_apply"};
    snprintf(current, sizeof current, "table:%u", number);
    fill(&r, VALUES_ANY, -128, &table);
    fill(&r, VALUES_ANY, -128, &expected);
    memcpy(data.data, expected.data, data.bytes);
    aw_table_apply(table.data, expected.data, (uint32_t)expected.bytes);
    awt_table_apply(table.data, data.data, (uint32_t)data.bytes);
    checks++;
    if (memcmp(data.data, expected.data, data.bytes) != 0)
        fail(&self, "differs from the reference", -1);
    if (!block_intact(&data))
        fail(&self, "writes outside of its data", -1);
    block_free(&table);
    block_free(&expected);
    block_free(&data);
}

/* ---- Program ---- */

static void on_crash(int number)
{
    static const char text[] = "FAIL (crash, such as a read past the end) ";
    (void)number;
    if (write(1, text, sizeof text - 1) > 0 && write(1, current, strlen(current)) > 0)
        (void)!write(1, "\n", 1);
    _exit(3);
}

static unsigned run_selected(const char *group, long number)
{
    unsigned ran = 0;
    for (unsigned g = 0; g < GROUP_COUNT; g++) {
        if (group && strcmp(group, groups[g].name) != 0)
            continue;
        for (unsigned i = 0; i < groups[g].cases; i++, ran++)
            if (number < 0 || (unsigned long)number == i)
                run_case(&groups[g], i);
    }
    if (!group || strcmp(group, "table") == 0)
        for (unsigned i = 0; i < 100; i++, ran++)
            if (number < 0 || (unsigned long)number == i)
                check_table(i);
    return ran;
}

int main(int argc, char **argv)
{
    char *group = argc > 1 ? argv[1] : NULL, *colon = group ? strchr(group, ':') : NULL;
    long number = -1;
    if (colon) {
        *colon = '\0';
        number = strtol(colon + 1, NULL, 10);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    signal(SIGSEGV, on_crash);
    signal(SIGBUS, on_crash);
    if (run_selected(group, number) == 0) {
        fprintf(stderr, "kernel_sweep: no group '%s'\n", group);
        return 2;
    }
    for (unsigned i = 0; !group && awt_kernels[i].run != NULL && i < MAX_KERNELS; i++)
        if (kernel_cases[i] == 0) {
            failures++;
            printf("FAIL %s: no case reaches it\n", awt_kernels[i].name);
        }
    printf("%s: %u comparisons, %u failures\n", awt_kernel_set, checks, failures);
    return failures ? 1 : checks ? 0 : 2;
}
