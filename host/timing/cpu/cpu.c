/* The host's CPU through oneDNN. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "timing/cpu/net.h"

static enum aw_err count_devices(unsigned *count_out, char *why, size_t capacity,
                                 struct awh_diag *diag)
{
    (void)diag;
    *count_out = 1;
    snprintf(why, capacity, "%s", "");
    return AW_OK;
}

static enum aw_err title(unsigned device, char *text, size_t capacity, struct awh_diag *diag)
{
    (void)device;
    (void)diag;
    awh_host_cpu(text, capacity);
    return AW_OK;
}

static const char *isa_name(void)
{
    switch ((int)dnnl_get_effective_cpu_isa()) {
    case dnnl_cpu_isa_sse41:
        return "sse41";
    case dnnl_cpu_isa_avx:
        return "avx";
    case dnnl_cpu_isa_avx2:
        return "avx2";
    case dnnl_cpu_isa_avx2_vnni:
        return "avx2_vnni";
    case dnnl_cpu_isa_avx512_core:
        return "avx512_core";
    case dnnl_cpu_isa_avx512_core_vnni:
        return "avx512_core_vnni";
    case dnnl_cpu_isa_avx512_core_bf16:
        return "avx512_core_bf16";
    case dnnl_cpu_isa_avx512_core_amx:
        return "avx512_core_amx";
    default:
        return "other";
    }
}

/* Whether the library has a convolution of this type at all. */
static bool has_type(dnnl_engine_t engine, dnnl_data_type_t type, dnnl_data_type_t weights)
{
    const dnnl_dims_t data = {1, 16, 8, 8}, wei = {16, 16, 1, 1}, one = {1, 1}, zero = {0, 0};
    dnnl_memory_desc_t src, w;
    dnnl_convolution_desc_t desc;
    dnnl_primitive_desc_t pd = NULL;
    if (dnnl_memory_desc_init_by_tag(&src, 4, data, type, dnnl_format_tag_any) ||
        dnnl_memory_desc_init_by_tag(&w, 4, wei, weights, dnnl_format_tag_any) ||
        dnnl_convolution_forward_desc_init(&desc, dnnl_forward_inference, dnnl_convolution_direct,
                                           &src, &w, NULL, &src, one, zero, zero) ||
        dnnl_primitive_desc_create(&pd, &desc, NULL, engine, NULL))
        return false;
    dnnl_primitive_desc_destroy(pd);
    return true;
}

static enum aw_err check_precision(const struct cpu_engine *engine, struct awh_diag *diag)
{
    enum awh_precision precision = engine->options.precision;
    bool ok = precision == AWH_PRECISION_FP32 ||
              (precision == AWH_PRECISION_BF16 && has_type(engine->engine, dnnl_bf16, dnnl_bf16)) ||
              (precision == AWH_PRECISION_INT8 && has_type(engine->engine, dnnl_u8, dnnl_s8));
    if (!ok)
        return awh_fail(diag, AW_ERR_UNSUPPORTED,
                        "--precision: a CPU has fp32, bf16 and int8, and this one (%s) no "
                        "convolution in %s",
                        isa_name(), awh_precision_name(precision));
    if (precision == AWH_PRECISION_INT8 && engine->options.mode == AWH_TIMING_EAGER)
        return awh_fail(diag, AW_ERR_UNSUPPORTED,
                        "--precision: int8 is for folded nets: use it with --mode fused");
    return AW_OK;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The least of many: what two stamps with nothing in between are apart. */
static double stamp_cost(void)
{
    uint64_t least = UINT64_MAX;
    for (int batch = 0; batch < 50; batch++) {
        uint64_t before = now_ns();
        for (int i = 0; i < 99; i++)
            (void)now_ns();
        uint64_t cost = now_ns() - before;
        least = cost < least ? cost : least;
    }
    return (double)least / 100.0;
}

static void close_engine(void *opaque)
{
    struct cpu_engine *engine = opaque;
    dnnl_stream_destroy(engine->stream);
    dnnl_engine_destroy(engine->engine);
    awh_host_close(&engine->host);
    free(engine);
}

static enum aw_err open_engine(const struct awh_engine_options *options, void **engine_out,
                               struct awh_diag *diag)
{
    struct cpu_engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        return awh_fail_mem(diag);
    engine->options = *options;
    unsigned threads = options->threads ? options->threads : 1;
    enum aw_err err = awh_host_open(&engine->host, threads, options->gauge_ns, diag);
    if (err) {
        free(engine);
        return err;
    }
    /* Before the library makes anything: it plans for as many threads as there are then. */
    omp_set_dynamic(0);
    omp_set_num_threads((int)threads);
    cpu_blas_open(threads);
    if (dnnl_engine_create(&engine->engine, dnnl_cpu, 0) ||
        dnnl_stream_create(&engine->stream, engine->engine, dnnl_stream_default_flags))
        err = awh_fail(diag, AW_ERR_INTERNAL, "oneDNN cannot be started on this CPU");
    if (!err && dnnl_version()->cpu_runtime != DNNL_RUNTIME_OMP && threads > 1)
        err = awh_fail(diag, AW_ERR_UNSUPPORTED,
                       "--threads: this oneDNN was not built with OpenMP; expected 1, found %u",
                       threads);
    if (!err)
        err = check_precision(engine, diag);
    if (err) {
        close_engine(engine);
        return err;
    }
    engine->stamp_ns = stamp_cost();
    *engine_out = engine;
    return AW_OK;
}

static enum aw_err describe(void *opaque, struct awh_arena *arena, struct awh_yaml *map,
                            struct awh_diag *diag)
{
    struct cpu_engine *engine = opaque;
    const dnnl_version_t *version = dnnl_version();
    const char *text =
        awh_arena_printf(arena, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
    if (!text || !awh_yaml_set(arena, map, "library", awh_yaml_new_str(arena, text)) ||
        !awh_yaml_set(arena, map, "instructions", awh_yaml_new_str(arena, isa_name())) ||
        !awh_yaml_set(arena, map, "clock", awh_yaml_new_str(arena, "CLOCK_MONOTONIC")) ||
        !awh_yaml_set(arena, map, "stamp_ns", awh_yaml_new_real(arena, engine->stamp_ns)))
        return awh_fail_mem(diag);
    char path[PATH_MAX];
    if (engine->options.mode == AWH_TIMING_EAGER &&
        !awh_yaml_set(arena, map, "blas", awh_yaml_new_str(arena, cpu_blas_path(path))))
        return awh_fail_mem(diag);
    return awh_host_describe(&engine->host, arena, map, diag);
}

static double stamp_ns(void *engine)
{
    return ((struct cpu_engine *)engine)->stamp_ns;
}

static const char *const rejects[] = {
    [AWH_HOST_REJECT_GAUGE] = "gauge",
    [AWH_HOST_REJECT_DELAY] = "run_delay",
    NULL,
};

const struct awh_engine_ops awh_engine_cpu = {
    .name = "cpu",
    .host = true,
    .count = count_devices,
    .title = title,
    .open = open_engine,
    .close = close_engine,
    .describe = describe,
    .load = cpu_load,
    .unload = cpu_unload,
    .steps = cpu_steps,
    .run_step = cpu_run_step,
    .read = cpu_read,
    .pass_layers = cpu_pass_layers,
    .parts = cpu_parts,
    .pass_whole = cpu_pass_whole,
    .stamp_ns = stamp_ns,
    .rejects = rejects,
};
