/* Programs with one fault each, and the words that refuse them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "program_testing.h"

#define SEEDED   AW_WEIGHTS_SEEDED
#define EMBEDDED AW_WEIGHTS_EMBEDDED

#define FIT   "attributes do not fit the shape of the inputs"
#define SHAPE "shape of the output is not what the op makes"
#define OTHER "attributes of another op are not 0"
#define OVER  "output overlaps a tensor that is still to be read"

struct row {
    const char *name;
    uint8_t mode;
    uint32_t at, width, value; /* little-endian patch; the CRC is fixed up afterwards */
    enum aw_err err;
    const char *what;
    int index;
    bool is_tensor;
};

static const struct row header_rows[] = {
    {"magic", SEEDED, 0, 1, 'B', AW_ERR_FORMAT, "does not start with AWP1", -1, false},
    {"version", SEEDED, 4, 2, 2, AW_ERR_VERSION, "version of the format is not 1", -1, false},
    {"mode", SEEDED, 6, 1, 2, AW_ERR_RANGE, "unknown weights mode", -1, false},
    {"packing when seeded", SEEDED, 7, 1, 1, AW_ERR_RANGE,
     "packing of a program with seeded weights", -1, false},
    {"packing of others", EMBEDDED, 7, 1, 1, AW_ERR_UNSUPPORTED,
     "weights are packed for another kernel set", -1, false},
    {"packing", EMBEDDED, 7, 1, AW_PACKING_END, AW_ERR_RANGE, "unknown packing of the weights", -1,
     false},
    {"reserved 22", SEEDED, 23, 1, 1, AW_ERR_FORMAT, "reserved bytes of the header are not 0", -1,
     false},
    {"reserved 40", SEEDED, 40, 1, 1, AW_ERR_FORMAT, "reserved bytes of the header are not 0", -1,
     false},
    {"reserved 63", SEEDED, 63, 1, 1, AW_ERR_FORMAT, "reserved bytes of the header are not 0", -1,
     false},
    {"size", SEEDED, 8, 4, 100, AW_ERR_FORMAT, "size differs from the header's (cut or extended)",
     -1, false},
    {"tensors", SEEDED, 12, 2, 8, AW_ERR_FORMAT, "sections do not fill the program exactly", -1,
     false},
    {"many tensors", SEEDED, 12, 2, 1025, AW_ERR_RANGE, "more than 1024 tensors", -1, false},
    {"no layers", SEEDED, 14, 2, 0, AW_ERR_RANGE, "number of layers outside 1..1024", -1, false},
    {"many layers", SEEDED, 14, 2, 1025, AW_ERR_RANGE, "number of layers outside 1..1024", -1,
     false},
    {"tables", SEEDED, 16, 2, 65535, AW_ERR_FORMAT, "sections do not fill the program exactly", -1,
     false},
    {"input", SEEDED, 18, 2, 7, AW_ERR_RANGE, "input or output tensor does not exist", -1, false},
    {"output", SEEDED, 20, 2, 0xFFFF, AW_ERR_RANGE, "input or output tensor does not exist", -1,
     false},
    {"output is input", SEEDED, 20, 2, 0, AW_ERR_RANGE, "is the net's input and its output", 0,
     true},
    {"larger arena", SEEDED, 24, 4, 449, AW_ERR_RANGE,
     "arena_bytes is not the end of the last tensor", -1, false},
    {"smaller arena", SEEDED, 24, 4, 447, AW_ERR_RANGE, "outside the arena", 6, true},
    {"weight bytes", SEEDED, 28, 4, 0, AW_ERR_RANGE, "weight_bytes is not the sum over the layers",
     -1, false},
    {"weight block when seeded", SEEDED, 36, 4, 16, AW_ERR_RANGE,
     "weight block in a program with seeded weights", -1, false},
    {"huge weight block", EMBEDDED, 36, 4, 0xFFFFFFFFu, AW_ERR_FORMAT,
     "sections do not fill the program exactly", -1, false},
    {"seeds and a block", EMBEDDED, 6, 1, SEEDED, AW_ERR_RANGE,
     "weight block in a program with seeded weights", -1, false},
    {"input read too early", SEEDED, 18, 2, 1, AW_ERR_RANGE,
     "reads a tensor that nothing has written", 0, false},
};

static const struct row tensor_rows[] = {
    {"h", SEEDED, AT_TENSOR(0, 0), 2, 0, AW_ERR_RANGE, "shape has a 0", 0, true},
    {"w", SEEDED, AT_TENSOR(3, 2), 2, 0, AW_ERR_RANGE, "shape has a 0", 3, true},
    {"c", SEEDED, AT_TENSOR(6, 4), 2, 0, AW_ERR_RANGE, "shape has a 0", 6, true},
    {"pos high", SEEDED, AT_TENSOR(2, 6), 1, 25, AW_ERR_RANGE, "position outside -16..24", 2, true},
    {"pos low", SEEDED, AT_TENSOR(2, 6), 1, 0xEF, AW_ERR_RANGE, "position outside -16..24", 2,
     true},
    {"reserved 7", SEEDED, AT_TENSOR(1, 7), 1, 1, AW_ERR_RANGE, "reserved bytes are not 0", 1,
     true},
    {"reserved 15", SEEDED, AT_TENSOR(1, 15), 1, 1, AW_ERR_RANGE, "reserved bytes are not 0", 1,
     true},
    {"unaligned", SEEDED, AT_TENSOR(4, 8), 4, 152, AW_ERR_RANGE, "offset is not a multiple of 16",
     4, true},
    {"offset wraps", SEEDED, AT_TENSOR(4, 8), 4, 0xFFFFFFF0u, AW_ERR_RANGE, "outside the arena", 4,
     true},
    {"size wraps", SEEDED, AT_TENSOR(5, 0), 4, 0xFFFFFFFFu, AW_ERR_RANGE, "outside the arena", 5,
     true},
};

static const struct row layer_rows[] = {
    {"op 0", SEEDED, AT_LAYER(0, 0), 1, 0, AW_ERR_UNSUPPORTED, "unknown op", 0, false},
    {"op 13", SEEDED, AT_LAYER(5, 0), 1, 13, AW_ERR_UNSUPPORTED, "unknown op", 5, false},
    {"act", SEEDED, AT_LAYER(4, 1), 1, AW_ACT_COUNT, AW_ERR_UNSUPPORTED, "unknown activation", 4,
     false},
    {"in0", SEEDED, AT_LAYER(2, 2), 2, 7, AW_ERR_RANGE, "tensor of the layer does not exist", 2,
     false},
    {"no in0", SEEDED, AT_LAYER(2, 2), 2, AW_NO_TENSOR, AW_ERR_RANGE,
     "tensor of the layer does not exist", 2, false},
    {"in1", SEEDED, AT_LAYER(5, 4), 2, 7, AW_ERR_RANGE, "tensor of the layer does not exist", 5,
     false},
    {"no in1", SEEDED, AT_LAYER(5, 4), 2, AW_NO_TENSOR, AW_ERR_RANGE,
     "number of inputs does not fit the op", 5, false},
    {"in1 of gap", SEEDED, AT_LAYER(2, 4), 2, 0, AW_ERR_RANGE,
     "number of inputs does not fit the op", 2, false},
    {"out", SEEDED, AT_LAYER(5, 6), 2, 0xFFFF, AW_ERR_RANGE, "tensor of the layer does not exist",
     5, false},
    {"kernel", SEEDED, AT_LAYER(0, 8), 1, 0, AW_ERR_RANGE,
     "attributes do not fit the shape of the inputs", 0, false},
    {"stride", SEEDED, AT_LAYER(0, 10), 1, 0, AW_ERR_RANGE,
     "attributes do not fit the shape of the inputs", 0, false},
    {"stride 1", SEEDED, AT_LAYER(0, 10), 1, 1, AW_ERR_RANGE,
     "shape of the output is not what the op makes", 0, false},
    {"groups", SEEDED, AT_LAYER(1, 18), 2, 0, AW_ERR_RANGE,
     "attributes do not fit the shape of the inputs", 1, false},
    {"w_pos", SEEDED, AT_LAYER(1, 20), 1, 100, AW_ERR_RANGE, "w_pos outside -16..24", 1, false},
    {"mid_pos", SEEDED, AT_LAYER(1, 21), 1, 100, AW_ERR_RANGE, "mid_pos outside -16..24", 1, false},
    {"mid_pos of relu6", SEEDED, AT_LAYER(0, 21), 1, 5, AW_ERR_RANGE,
     "mid_pos differs from the output without a table", 0, false},
    {"shift", SEEDED, AT_LAYER(1, 20), 1, 0xF1, AW_ERR_RANGE,
     "shift between positions outside -8..31", 1, false},
    {"bias_bits", SEEDED, AT_LAYER(0, 22), 1, 31, AW_ERR_RANGE, "bias_bits over 30", 0, false},
    {"kernel of gap", SEEDED, AT_LAYER(2, 8), 1, 1, AW_ERR_RANGE,
     "attributes of another op are not 0", 2, false},
    {"seed of mul", SEEDED, AT_LAYER(4, 24), 4, 1, AW_ERR_RANGE,
     "attributes of another op are not 0", 4, false},
    {"padding counts in conv", SEEDED, AT_LAYER(3, 23), 1, 1, AW_ERR_RANGE,
     "attributes of another op are not 0", 3, false},
    {"channels of add", SEEDED, AT_LAYER(5, 36), 2, 256, AW_ERR_RANGE,
     "attributes of another op are not 0", 5, false},
    {"start of conv", SEEDED, AT_LAYER(3, 38), 2, 256, AW_ERR_RANGE,
     "attributes of another op are not 0", 3, false},
    {"start of mul", SEEDED, AT_LAYER(4, 40), 2, 1, AW_ERR_RANGE,
     "attributes of another op are not 0", 4, false},
    {"reserved 42", SEEDED, AT_LAYER(3, 42), 1, 1, AW_ERR_FORMAT, "reserved bytes are not 0", 3,
     false},
    {"reserved 47", SEEDED, AT_LAYER(3, 47), 1, 1, AW_ERR_FORMAT, "reserved bytes are not 0", 3,
     false},
};

#define AT_POOL(i, off)                                                                            \
    (AW_PROGRAM_HEADER_BYTES + POOLS_TENSORS * AW_PROGRAM_TENSOR_BYTES +                           \
     (i)*AW_PROGRAM_LAYER_BYTES + (off))

/* Layers: maxpool, avgpool, slice, concat, pad, conv of 2 groups, zero, add, avgpool. */
static const struct row pool_rows[] = {
    {"kernel", SEEDED, AT_POOL(0, 8), 1, 0, AW_ERR_RANGE, FIT, 0, false},
    {"dilation 0", SEEDED, AT_POOL(0, 12), 1, 0, AW_ERR_RANGE, FIT, 0, false},
    {"dilation 2", SEEDED, AT_POOL(0, 12), 1, 2, AW_ERR_RANGE, FIT, 0, false},
    {"padding of a whole window", SEEDED, AT_POOL(1, 14), 1, 3, AW_ERR_RANGE, FIT, 1, false},
    {"groups of a pool", SEEDED, AT_POOL(0, 18), 2, 1, AW_ERR_RANGE, OTHER, 0, false},
    {"padding counts in maxpool", SEEDED, AT_POOL(0, 23), 1, 1, AW_ERR_RANGE, OTHER, 0, false},
    {"padding counts twice", SEEDED, AT_POOL(1, 23), 1, 2, AW_ERR_RANGE, FIT, 1, false},
    {"start 6", SEEDED, AT_POOL(2, 38), 2, 6, AW_ERR_RANGE, FIT, 2, false},
    {"start 65535", SEEDED, AT_POOL(2, 40), 2, 65535, AW_ERR_RANGE, FIT, 2, false},
    {"start 2", SEEDED, AT_POOL(2, 38), 2, 2, AW_ERR_RANGE, SHAPE, 2, false},
    {"stride 0", SEEDED, AT_POOL(2, 10), 1, 0, AW_ERR_RANGE, FIT, 2, false},
    {"kernel of a slice", SEEDED, AT_POOL(2, 8), 1, 1, AW_ERR_RANGE, OTHER, 2, false},
    {"concat of another height", SEEDED, AT_POOL(3, 4), 2, 1, AW_ERR_RANGE, FIT, 3, false},
    {"concat with itself over its input", SEEDED, AT_POOL(3, 4), 2, AW_NO_TENSOR, AW_ERR_RANGE,
     "number of inputs does not fit the op", 3, false},
    {"pad", SEEDED, AT_POOL(4, 15), 1, 1, AW_ERR_RANGE, SHAPE, 4, false},
    {"pad to 65544 channels", SEEDED, AT_POOL(4, 36), 2, 65535, AW_ERR_RANGE, FIT, 4, false},
    {"stride of pad", SEEDED, AT_POOL(4, 10), 1, 1, AW_ERR_RANGE, OTHER, 4, false},
    {"3 groups of 10 channels", SEEDED, AT_POOL(5, 18), 2, 3, AW_ERR_RANGE, FIT, 5, false},
    {"zero with in1", SEEDED, AT_POOL(6, 4), 2, 6, AW_ERR_RANGE,
     "number of inputs does not fit the op", 6, false},
    {"zero of what is not written", SEEDED, AT_POOL(6, 2), 2, 8, AW_ERR_RANGE,
     "reads a tensor that nothing has written", 6, false},
    {"start of zero", SEEDED, AT_POOL(6, 38), 2, 1, AW_ERR_RANGE, OTHER, 6, false},
    /* Tensor offsets: no op of these may write over its own input, zero neither. */
    {"maxpool in place", SEEDED, AT_TENSOR(1, 8), 4, 0, AW_ERR_RANGE, OVER, 0, false},
    {"slice in place", SEEDED, AT_TENSOR(3, 8), 4, 144, AW_ERR_RANGE, OVER, 2, false},
    {"concat in place", SEEDED, AT_TENSOR(4, 8), 4, 288, AW_ERR_RANGE, OVER, 3, false},
    {"pad in place", SEEDED, AT_TENSOR(5, 8), 4, 0, AW_ERR_RANGE, OVER, 4, false},
    {"zero over its input", SEEDED, AT_TENSOR(7, 8), 4, 0, AW_ERR_RANGE, OVER, 6, false},
};

static const struct row block_rows[] = {
    {"sigmoid without table", SEEDED, AT_LAYER(3, 32), 4, AW_NO_OFFSET, AW_ERR_RANGE,
     "activation has no table", 3, false},
    {"table of relu6", SEEDED, AT_LAYER(0, 32), 4, AT_TABLES, AW_ERR_RANGE,
     "table for an activation without one", 0, false},
    {"table before", SEEDED, AT_LAYER(3, 32), 4, AT_TABLES - 256, AW_ERR_RANGE,
     "table_offset is not that of a table", 3, false},
    {"table between", SEEDED, AT_LAYER(3, 32), 4, AT_TABLES + 16, AW_ERR_RANGE,
     "table_offset is not that of a table", 3, false},
    {"table behind", SEEDED, AT_LAYER(3, 32), 4, AT_TABLES + 256, AW_ERR_RANGE,
     "table_offset is not that of a table", 3, false},
    {"weights when seeded", SEEDED, AT_LAYER(0, 28), 4, 0, AW_ERR_RANGE,
     "weights_offset of a layer without a block", 0, false},
    {"weights of gap", EMBEDDED, AT_LAYER(2, 28), 4, 0, AW_ERR_RANGE,
     "weights_offset of a layer without a block", 2, false},
    {"seed when embedded", EMBEDDED, AT_LAYER(3, 24), 4, 13, AW_ERR_RANGE,
     "seed of a layer with embedded weights", 3, false},
    {"weights outside", EMBEDDED, AT_LAYER(0, 28), 4, 4096, AW_ERR_RANGE,
     "weights outside the weight block", 0, false},
    {"weights wrap", EMBEDDED, AT_LAYER(0, 28), 4, 0xFFFFFFF0u, AW_ERR_RANGE,
     "weights outside the weight block", 0, false},
    {"no weights", EMBEDDED, AT_LAYER(0, 28), 4, AW_NO_OFFSET, AW_ERR_RANGE,
     "weights outside the weight block", 0, false},
    {"weights unaligned", EMBEDDED, AT_LAYER(0, 28), 4, 4, AW_ERR_RANGE,
     "weights outside the weight block", 0, false},
    {"weights end outside", EMBEDDED, AT_LAYER(1, 28), 4, 512, AW_ERR_RANGE,
     "weights outside the weight block", 1, false},
    {"weight -128", EMBEDDED, AT_TABLES + 256 + 5, 1, 0x80, AW_ERR_RANGE, "embedded weight is -128",
     0, false},
    {"bias 2^9", EMBEDDED, AT_TABLES + 256 + 216, 4, 512, AW_ERR_RANGE,
     "embedded bias outside [-2^bias_bits, 2^bias_bits)", 0, false},
    {"bias -2^9 - 1", EMBEDDED, AT_TABLES + 256 + 216 + 28, 4, 0xFFFFFDFFu, AW_ERR_RANGE,
     "embedded bias outside [-2^bias_bits, 2^bias_bits)", 0, false},
};

/* Lifetimes: t0 0..192, t1 192..320, t2 and t5 0..128, t3 128..136, t4 144..152, t6 320..448. */
static const struct row memory_rows[] = {
    {"conv over its input", SEEDED, AT_TENSOR(1, 8), 4, 176, AW_ERR_RANGE,
     "output overlaps a tensor that is still to be read", 0, false},
    {"over a tensor read later", SEEDED, AT_TENSOR(2, 8), 4, 208, AW_ERR_RANGE,
     "output overlaps a tensor that is still to be read", 1, false},
    {"gap over t2, which mul reads", SEEDED, AT_TENSOR(3, 8), 4, 112, AW_ERR_RANGE,
     "output overlaps a tensor that is still to be read", 2, false},
    {"mul shifted over in0", SEEDED, AT_TENSOR(5, 8), 4, 16, AW_ERR_RANGE,
     "output overlaps a tensor that is still to be read", 4, false},
    {"mul over in1", SEEDED, AT_TENSOR(4, 8), 4, 112, AW_ERR_RANGE,
     "output overlaps a tensor that is still to be read", 3, false},
    {"reads what is not written", SEEDED, AT_LAYER(1, 2), 2, 5, AW_ERR_RANGE,
     "reads a tensor that nothing has written", 1, false},
    {"reads its own output", SEEDED, AT_LAYER(5, 2), 2, 6, AW_ERR_RANGE,
     "reads a tensor that nothing has written", 5, false},
    {"written twice", SEEDED, AT_LAYER(1, 6), 2, 1, AW_ERR_RANGE,
     "writes a tensor that is written already", 1, false},
};

static void check(const struct row *row, void (*init)(struct fixture *f, uint8_t weights_mode))
{
    struct fixture f;
    struct aw_program_fault fault;
    struct aw_program p;
    init(&f, row->mode);
    put_le(f.bytes + row->at, row->width, row->value);
    fix_crc(f.bytes, f.size);
    enum aw_err err = aw_program_open(f.bytes, f.size, NULL, &p, &fault);
    if (err == AW_OK)
        fail_msg("%s: opened", row->name);
    if (err != row->err || strcmp(fault.what, row->what) != 0 || fault.index != row->index ||
        fault.is_tensor != row->is_tensor)
        fail_msg("%s: refused with %s, \"%s\", %s %d", row->name, aw_err_str(err), fault.what,
                 fault.is_tensor ? "tensor" : "layer", fault.index);
    assert_false(open_and_run(f.bytes, f.size, NULL, &fault));
}

#define CHECK_ALL(rows, init)                                                                      \
    (void)state;                                                                                   \
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)                                      \
    check(&rows[i], init)

static void header_faults(void **state)
{
    CHECK_ALL(header_rows, fixture_init);
}

static void tensor_faults(void **state)
{
    CHECK_ALL(tensor_rows, fixture_init);
}

static void layer_faults(void **state)
{
    CHECK_ALL(layer_rows, fixture_init);
}

static void pool_faults(void **state)
{
    CHECK_ALL(pool_rows, pools_init);
}

static void block_faults(void **state)
{
    CHECK_ALL(block_rows, fixture_init);
}

static void memory_faults(void **state)
{
    CHECK_ALL(memory_rows, fixture_init);
}

static void expect(struct fixture *f, const struct aw_program_limits *limits, enum aw_err err,
                   const char *what)
{
    struct aw_program p;
    struct aw_program_fault fault = {0};
    assert_int_equal(aw_program_open(f->bytes, f->size, limits, &p, &fault), err);
    assert_int_equal(aw_program_open(f->bytes, f->size, limits, &p, NULL), err);
    if (what) {
        assert_non_null(fault.what);
        assert_string_equal(fault.what, what);
    }
}

static void wrong_crc(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, SEEDED);
    f.bytes[f.size - 1] ^= 0x10;
    expect(&f, NULL, AW_ERR_CRC, "CRC-32 does not match");
}

static void limits_of_the_machine(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, EMBEDDED);
    struct aw_program_limits exact = {
        .program_bytes = f.size, .arena_bytes = 448, .weight_bytes = 560, .layers = 6};
    expect(&f, &exact, AW_OK, NULL);
    struct aw_program_limits l = exact;
    l.program_bytes--;
    expect(&f, &l, AW_ERR_NO_SPACE, "program is larger than the machine's memory for it");
    l = exact;
    l.arena_bytes--;
    expect(&f, &l, AW_ERR_NO_SPACE, "arena is larger than the machine's");
    l = exact;
    l.weight_bytes--;
    expect(&f, &l, AW_ERR_NO_SPACE, "weights are larger than the machine's memory");
    l = exact;
    l.layers--;
    expect(&f, &l, AW_ERR_NO_SPACE, "more layers than the machine has records for");
}

/* Faults that need another source, not another byte. */
static void source_faults(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, SEEDED);
    /* The output t6 is written by the last layer; without it the net's output never is. */
    f.source.layer_count--;
    fixture_write(&f);
    expect(&f, NULL, AW_ERR_RANGE, "never written");

    /* The net's output must survive: t1 lives in 192..320, and a later layer writes there. */
    fixture_init(&f, SEEDED);
    f.source.output = 1;
    f.tensors[6].offset = 192;
    f.layers[5].in1 = 5;
    fixture_write(&f);
    expect(&f, NULL, AW_ERR_RANGE, "output overlaps a tensor that is still to be read");

    /* In place is allowed only for the last reader of in0: here add reads t2 after mul. */
    fixture_init(&f, SEEDED);
    f.layers[5].in1 = 2;
    fixture_write(&f);
    expect(&f, NULL, AW_ERR_RANGE, "output overlaps a tensor that is still to be read");

    /* x + x in place, both inputs the same tensor. */
    fixture_init(&f, SEEDED);
    f.layers[5].in1 = 5;
    f.tensors[6].offset = 0;
    fixture_write(&f);
    expect(&f, NULL, AW_OK, NULL);
    struct aw_program_fault fault;
    assert_true(open_and_run(f.bytes, f.size, NULL, &fault));
}

/* A block of one weight and three bytes of padding before the bias. */
static void weight_padding(void **state)
{
    (void)state;
    const struct aw_tensor tensors[] = {{.shape = {1, 1, 1}, .pos = 4},
                                        {.shape = {1, 1, 1}, .pos = 4, .offset = 16}};
    const struct aw_layer layer = {.op = AW_OP_CONV2D,
                                   .in1 = AW_NO_TENSOR,
                                   .out = 1,
                                   .kernel_h = 1,
                                   .kernel_w = 1,
                                   .stride_h = 1,
                                   .stride_w = 1,
                                   .dilation_h = 1,
                                   .dilation_w = 1,
                                   .groups = 1,
                                   .mid_pos = 4,
                                   .bias_bits = 1,
                                   .table_offset = AW_NO_OFFSET};
    struct fixture f = {.weights = {5, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF}};
    f.source = (struct aw_program_source){.tensors = tensors,
                                          .layers = &layer,
                                          .tensor_count = 2,
                                          .layer_count = 1,
                                          .output = 1,
                                          .weights_mode = AW_WEIGHTS_EMBEDDED,
                                          .weights = f.weights,
                                          .weights_size = 8};
    fixture_write(&f);
    expect(&f, NULL, AW_OK, NULL);
    for (uint32_t i = 1; i < 4; i++) {
        f.weights[i] = 1;
        fixture_write(&f);
        expect(&f, NULL, AW_ERR_RANGE, "padding of embedded weights is not 0");
        f.weights[i] = 0;
    }
    f.weights[4] = 1;
    f.weights[5] = f.weights[6] = f.weights[7] = 0;
    fixture_write(&f);
    expect(&f, NULL, AW_OK, NULL);
    f.weights[4] = 2; /* bias_bits 1: -2..1 */
    fixture_write(&f);
    expect(&f, NULL, AW_ERR_RANGE, "embedded bias outside [-2^bias_bits, 2^bias_bits)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_faults), cmocka_unit_test(tensor_faults),
        cmocka_unit_test(layer_faults),  cmocka_unit_test(pool_faults),
        cmocka_unit_test(block_faults),  cmocka_unit_test(memory_faults),
        cmocka_unit_test(wrong_crc),     cmocka_unit_test(limits_of_the_machine),
        cmocka_unit_test(source_faults), cmocka_unit_test(weight_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
