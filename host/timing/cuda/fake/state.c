#include "timing/cuda/fake/state.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 128

struct fake_state fake;

static struct {
    const char *name;
    unsigned count, first;
} calls[NAMES_MAX];
static unsigned call_count;
static const char *failed;
static char misuse[256];

/* -- Calls ------------------------------------------------------------------------------------- */

bool fake_call(const char *name)
{
    size_t i = 0;
    while (i < NAMES_MAX - 1 && calls[i].name && strcmp(calls[i].name, name) != 0)
        i++;
    call_count++;
    if (!calls[i].name) {
        calls[i].name = name;
        calls[i].first = call_count;
    }
    calls[i].count++;
    if (call_count != fake.options.fail_at)
        return false;
    failed = name;
    return true;
}

unsigned awh_cuda_fake_calls(void)
{
    return call_count;
}

const char *awh_cuda_fake_failed(void)
{
    return failed;
}

unsigned awh_cuda_fake_count(const char *name)
{
    for (size_t i = 0; i < NAMES_MAX && calls[i].name; i++)
        if (!strcmp(calls[i].name, name))
            return calls[i].count;
    return 0;
}

unsigned awh_cuda_fake_first(const char *name)
{
    for (size_t i = 0; i < NAMES_MAX && calls[i].name; i++)
        if (!strcmp(calls[i].name, name))
            return calls[i].first;
    return 0;
}

bool fake_misuse(const char *format, ...)
{
    if (misuse[0] == '\0') {
        va_list args;
        va_start(args, format);
        vsnprintf(misuse, sizeof(misuse), format, args);
        va_end(args);
    }
    return false;
}

const char *awh_cuda_fake_misuse(void)
{
    return misuse[0] ? misuse : NULL;
}

unsigned awh_cuda_fake_math(void)
{
    return fake.math;
}

struct awh_cuda_fake *awh_cuda_fake_options(void)
{
    return &fake.options;
}

/* -- Objects ----------------------------------------------------------------------------------- */

struct fake_object *fake_new(enum fake_kind kind)
{
    struct fake_object *object = calloc(1, sizeof(*object));
    if (!object)
        abort();
    object->kind = kind;
    object->alive = true;
    object->next = fake.objects;
    fake.objects = object;
    return object;
}

bool fake_is(const void *handle, enum fake_kind kind, const char *call)
{
    for (const struct fake_object *object = fake.objects; object; object = object->next)
        if (object == handle)
            return (object->alive && object->kind == kind) ||
                   fake_misuse("%s: a handle that is %s", call,
                               object->alive ? "of another kind" : "destroyed");
    return fake_misuse("%s: no such handle", call);
}

/* Forgets those that were destroyed long ago, or every look-up would pass by all of them. */
static void sweep(void)
{
    for (struct fake_object **link = &fake.objects; *link;) {
        struct fake_object *object = *link;
        if (object->alive) {
            link = &object->next;
            continue;
        }
        *link = object->next;
        free(object);
    }
    fake.dead = 0;
}

/* The object itself stays for a while, so that a later use of its handle is known for what it is.
 */
void fake_drop(struct fake_object *object)
{
    fake_drain();
    object->alive = false;
    if (object->kind == FAKE_MEMORY)
        fake.used_bytes -= object->bytes;
    free(object->data);
    free(object->list.ops);
    object->data = NULL;
    object->list = (struct fake_list){0};
    if (++fake.dead > 500)
        sweep();
}

const char *awh_cuda_fake_leaks(void)
{
    static const char *const names[FAKE_KIND_COUNT] = {
        "stream",       "event",  "graph",  "executable graph", "library",    "allocation",
        "cuDNN handle", "tensor", "filter", "convolution",      "activation", "NVML",
    };
    static char text[512];
    size_t used = 0;
    text[0] = '\0';
    for (int kind = 0; kind < FAKE_KIND_COUNT; kind++) {
        unsigned alive = 0;
        for (const struct fake_object *object = fake.objects; object; object = object->next)
            alive += object->alive && object->kind == (enum fake_kind)kind;
        if (alive > 0 && used < sizeof(text))
            used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%u %s", used ? ", " : "",
                                     alive, names[kind]);
    }
    return text;
}

bool fake_memory(const void *pointer, size_t bytes, const char *what)
{
    for (const struct fake_object *object = fake.objects; object; object = object->next)
        if (object->alive && object->kind == FAKE_MEMORY && (const char *)pointer >= object->data &&
            (const char *)pointer < object->data + object->bytes)
            return (size_t)(object->data + object->bytes - (const char *)pointer) >= bytes ||
                   fake_misuse("%s: %zu bytes where %zu are", what, bytes,
                               (size_t)(object->data + object->bytes - (const char *)pointer));
    return fake_misuse("%s: no device memory", what);
}

/* -- Work -------------------------------------------------------------------------------------- */

static void append(struct fake_list *list, const struct fake_op *op)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 64;
        list->ops = realloc(list->ops, list->capacity * sizeof(*list->ops));
        if (!list->ops)
            abort();
    }
    list->ops[list->count++] = *op;
}

void fake_put(const struct fake_op *op, int once)
{
    if (fake.capturing && once >= 0 && !(fake.warm & 1ull << once))
        (void)fake_misuse("a capture is the first to use kernel or algorithm %d", once);
    if (!fake.capturing && once >= 0)
        fake.warm |= 1ull << once;
    append(fake.capturing ? &fake.captured : &fake.queue, op);
}

static void run(const struct fake_op *op)
{
    fake.now_ns += op->cost_ns;
    switch (op->kind) {
    case FAKE_COPY:
        memcpy(op->out, op->in, op->bytes);
        return;
    case FAKE_FILL:
        memset(op->out, op->value, op->bytes);
        return;
    case FAKE_RECORD:
        op->object->recorded = true;
        op->object->at_ns = fake.now_ns;
        return;
    case FAKE_KERNEL:
        fake_kernel_run(op);
        return;
    case FAKE_CONVOLVE:
        fake_convolve(op);
        return;
    case FAKE_GRAPH_RUN:
        for (size_t i = 0; i < op->object->list.count; i++)
            run(&op->object->list.ops[i]);
        return;
    }
}

void fake_drain(void)
{
    for (size_t i = 0; i < fake.queue.count; i++)
        run(&fake.queue.ops[i]);
    fake.queue.count = 0;
}

void awh_cuda_fake_start(const struct awh_cuda_fake *options)
{
    for (struct fake_object *object = fake.objects, *next; object; object = next) {
        next = object->next;
        free(object->data);
        free(object->list.ops);
        free(object);
    }
    free(fake.queue.ops);
    free(fake.captured.ops);
    fake = (struct fake_state){.options = *options};
    memset(calls, 0, sizeof(calls));
    call_count = 0;
    failed = NULL;
    misuse[0] = '\0';
}

const struct awh_cuda_api awh_cuda_fake_api = {
#define FAKE_MEMBER(name)                         .name = fake_##name,
#define FAKE_NVML_MEMBER(name, parameters, names) .name = fake_##name,
    AWH_CUDA_CALLS(FAKE_MEMBER) AWH_NVML_CALLS(FAKE_NVML_MEMBER)
#undef FAKE_MEMBER
#undef FAKE_NVML_MEMBER
};
