#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "flow/measure.h"

struct awh_measure_summary awh_measure_summarise(const struct awh_measure_runs *runs,
                                                 uint32_t repeats)
{
    double block = 0, whole = 0;
    uint64_t least = runs->whole_ticks[0], most = least;
    for (uint32_t run = 0; run < repeats; run++) {
        block += (double)runs->block_ticks[run] / repeats;
        whole += (double)runs->whole_ticks[run] / repeats;
        if (runs->whole_ticks[run] < least)
            least = runs->whole_ticks[run];
        if (runs->whole_ticks[run] > most)
            most = runs->whole_ticks[run];
    }
    return (struct awh_measure_summary){.block_sum = block,
                                        .whole = whole,
                                        .probe_effect = block / whole - 1.0,
                                        .spread = (double)(most - least) / whole};
}

static size_t count_resumed(const struct awh_measure *measure)
{
    size_t resumed = 0;
    for (size_t i = 0; i < measure->net_count; i++)
        resumed += measure->nets[i].resumed;
    return resumed;
}

/* -- for people -------------------------------------------------------------------------- */

static int name_width(const struct awh_measure *measure)
{
    size_t width = 4;
    for (size_t i = 0; i < measure->net_count; i++)
        if (strlen(measure->nets[i].name) > width)
            width = strlen(measure->nets[i].name);
    return width > 40 ? 40 : (int)width;
}

static void print_table(const struct awh_measure *measure, FILE *out)
{
    const struct awp_hello_reply *hello = &measure->session->hello;
    const char *unit = awh_measure_unit(hello);
    int digits = strcmp(unit, "ms") == 0 ? 3 : 0, width = name_width(measure);
    fprintf(out, "%-*s  layers    MMACs  verified  %16s  %16s  probe effect  repeat spread\n",
            width, "net", "block sum", "whole");
    for (size_t i = 0; i < measure->net_count; i++) {
        const struct awh_measure_net *net = &measure->nets[i];
        fprintf(out, "%-*.*s  %6u  %7.1f  %-8s  %16.*f  %16.*f  %+11.3f%%  %12.3f%%%s\n", width,
                width, net->name, net->program.layer_count, (double)net->layers.macs / 1e6,
                net->verified ? "yes" : "NO", digits,
                awh_measure_latency(hello, net->summary.block_sum), digits,
                awh_measure_latency(hello, net->summary.whole), net->summary.probe_effect * 100,
                net->summary.spread * 100, net->resumed ? "  (kept)" : "");
    }
    fprintf(out, "in %s, mean of %u runs after %u warm-up runs%s\n", unit,
            measure->options->repeats, measure->options->warmup,
            hello->emulated ? "; an emulated board counts, it does not tell time" : "");
}

static void print_text(const struct awh_measure *measure, FILE *out)
{
    const struct awp_hello_reply *hello = &measure->session->hello;
    const struct awh_session *session = measure->session;
    fprintf(out, "device: %s (%s)%s, clock %s in %s", hello->board, hello->cpu,
            hello->emulated ? ", emulated" : "", hello->clock_name, hello->clock_unit);
    if (hello->clock_hz && !hello->emulated)
        fprintf(out, " at %" PRIu64 " Hz", hello->clock_hz);
    fprintf(out, ", firmware %s, kernels %s, over %s\n", hello->firmware, hello->kernel_set,
            measure->transport);
    print_table(measure, out);
    size_t resumed = count_resumed(measure);
    fprintf(out,
            "nets measured: %zu, kept: %zu; requests repeated: %" PRIu64 ", bad frames: %" PRIu64
            "; results in %s\n",
            measure->net_count - resumed, resumed, session->retries, session->bad_frames,
            measure->out_dir);
}

/* -- for scripts ------------------------------------------------------------------------- */

static void print_json_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\": \"", name);
    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void print_json_net(const struct awh_measure *measure, const struct awh_measure_net *net,
                           FILE *out)
{
    const struct awp_hello_reply *hello = &measure->session->hello;
    fputs("    {", out);
    print_json_text(out, "net", net->name);
    fprintf(out,
            ", \"layers\": %u, \"macs\": %" PRIu64
            ", \"program_crc32\": \"0x%08x\", \"verified\": %s, "
            "\"kept\": %s, \"block_sum\": %.17g, \"whole\": %.17g, \"probe_effect\": %.9g, "
            "\"repeat_spread\": %.9g}",
            net->program.layer_count, net->layers.macs, net->program.crc,
            net->verified ? "true" : "false", net->resumed ? "true" : "false",
            awh_measure_latency(hello, net->summary.block_sum),
            awh_measure_latency(hello, net->summary.whole), net->summary.probe_effect,
            net->summary.spread);
}

static void print_json(const struct awh_measure *measure, FILE *out)
{
    const struct awp_hello_reply *hello = &measure->session->hello;
    const struct {
        const char *name, *text;
    } texts[] = {{"board", hello->board},           {"cpu", hello->cpu},
                 {"firmware", hello->firmware},     {"kernel_set", hello->kernel_set},
                 {"clock_name", hello->clock_name}, {"clock_unit", hello->clock_unit},
                 {"transport", measure->transport}};
    fputs("{\n  \"device\": {", out);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        print_json_text(out, texts[i].name, texts[i].text);
        fputs(", ", out);
    }
    fprintf(out, "\"clock_hz\": %" PRIu64 ", \"emulated\": %s},\n  ",
            hello->emulated ? 0 : hello->clock_hz, hello->emulated ? "true" : "false");
    print_json_text(out, "unit", awh_measure_unit(hello));
    fputs(",\n  ", out);
    print_json_text(out, "results", measure->out_dir);
    fprintf(out,
            ",\n  \"repeats\": %u,\n  \"warmup\": %u,\n  \"retries\": %" PRIu64
            ",\n  \"bad_frames\": %" PRIu64 ",\n  \"nets\": [\n",
            measure->options->repeats, measure->options->warmup, measure->session->retries,
            measure->session->bad_frames);
    for (size_t i = 0; i < measure->net_count; i++) {
        print_json_net(measure, &measure->nets[i], out);
        fputs(i + 1 < measure->net_count ? ",\n" : "\n", out);
    }
    fputs("  ]\n}\n", out);
}

void awh_measure_report(const struct awh_measure *measure, FILE *out)
{
    if (measure->options->json)
        print_json(measure, out);
    else
        print_text(measure, out);
}
