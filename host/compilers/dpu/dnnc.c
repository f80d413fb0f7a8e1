/* Stage dnnc: the vendor's compiler, or the script that calls it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compilers/dpu/stages.h"
#include "compilers/dpu/tool.h"

#define LOG_BYTES_MAX (64u << 20)

/* What {words} of the command stand for; files relative to the net's directory, where it runs. */
struct word {
    const char *name, *value;
};

static bool make_words(const struct awh_dpu_job *job, const char *dcf, struct word words[8])
{
    char *output = awh_arena_printf(job->arena, "dnnc_%s", job->options->mode);
    unsigned n = 0;
    words[n++] = (struct word){"net", job->net->name};
    words[n++] = (struct word){"prototxt", "fix/deploy.prototxt"};
    words[n++] = (struct word){"caffemodel", "fix/deploy.caffemodel"};
    words[n++] = (struct word){"quantize_info", "fix/quantize_info.txt"};
    words[n++] = (struct word){"output_dir", output};
    words[n++] = (struct word){"mode", job->options->mode};
    words[n++] = (struct word){"dcf", dcf};
    words[n] = (struct word){NULL, NULL};
    return output != NULL;
}

static size_t word_length(const char *text)
{
    size_t n = strspn(text + 1, "abcdefghijklmnopqrstuvwxyz_");
    return n > 0 && text[n + 1] == '}' ? n : 0;
}

/* Appends what {word} at `text` stands for. */
static enum aw_err put_word(const struct awh_yaml *node, const struct word *words, const char *text,
                            size_t length, struct awh_str *out, struct awh_diag *diag)
{
    for (; words->name; words++) {
        if (strlen(words->name) != length || strncmp(words->name, text + 1, length) != 0)
            continue;
        if (!words->value)
            return awh_yaml_fail(node, AW_ERR_NOT_FOUND, diag,
                                 "it needs the architecture file, and key dcf is not set");
        awh_str_append(out, words->value);
        return AW_OK;
    }
    return awh_yaml_fail(node, AW_ERR_RANGE, diag,
                         "nothing is called {%.*s}; there are {net}, {prototxt}, {caffemodel}, "
                         "{quantize_info}, {output_dir}, {mode} and {dcf}",
                         (int)length, text + 1);
}

static enum aw_err expand(struct awh_arena *arena, const struct awh_yaml *node,
                          const struct word *words, char **out, struct awh_diag *diag)
{
    struct awh_str text;
    enum aw_err err = AW_OK;
    awh_str_init(&text);
    for (const char *at = node->str.text; *at && !err;) {
        size_t length = *at == '{' ? word_length(at) : 0;
        if (length == 0) {
            awh_str_append_n(&text, at++, 1);
        } else {
            err = put_word(node, words, at, length, &text, diag);
            at += length + 2;
        }
    }
    *out =
        err || text.failed ? NULL : awh_arena_strndup(arena, text.text ? text.text : "", text.size);
    awh_str_release(&text);
    return err ? err : *out ? AW_OK : awh_fail_mem(diag);
}

static enum aw_err expand_command(const struct awh_dpu_job *job, const struct word *words,
                                  char ***argv_out, struct awh_diag *diag)
{
    const struct awh_yaml *command = job->options->command;
    size_t count = command->list.count;
    char **argv = awh_arena_array(job->arena, count + 1, sizeof *argv);
    if (!argv)
        return awh_fail_mem(diag);
    for (size_t i = 0; i < count; i++) {
        enum aw_err err = expand(job->arena, command->list.items[i], words, &argv[i], diag);
        if (err)
            return err;
    }
    *argv_out = argv;
    return AW_OK;
}

/* The staged files go when compilation fails; the log stays beside the result directory. */
static void keep_log(const struct awh_dpu_job *job, const char *log, struct awh_diag *diag)
{
    char *bytes;
    size_t size;
    char *kept = awh_arena_printf(job->arena, "%s.dnnc-%s.log", job->stage->path, job->net->name);
    if (!kept || awh_file_read(job->arena, log, LOG_BYTES_MAX, &bytes, &size, NULL) || size == 0 ||
        awh_file_write(kept, bytes, size, NULL))
        return;
    awh_warn(diag, "net %s: what the compiler printed is in %s", job->net->name, kept);
}

static enum aw_err run(const struct awh_dpu_job *job, const struct word *words,
                       struct awh_diag *diag)
{
    char **argv = NULL;
    enum aw_err err = expand_command(job, words, &argv, diag);
    if (err)
        return err;
    char *directory = awh_path_join(job->arena, job->stage->stage, job->directory);
    char *output = awh_arena_printf(job->arena, "%s/dnnc_%s", directory, job->options->mode);
    char *log = awh_arena_printf(job->arena, "%s/dnnc.log", output);
    if (!directory || !output || !log)
        return awh_fail_mem(diag);
    err = awh_dir_make(output, diag);
    if (err)
        return err;
    struct awh_diag failure = {.err = AW_OK};
    err = awh_tool_run(argv, directory, log, job->options->timeout_s, &failure);
    if (!err)
        return AW_OK;
    keep_log(job, log, diag);
    return awh_fail(diag, err, "net %s: stage dnnc: %s", job->net->name, failure.text);
}

/* As the reference calls dnnc; or Vitis AI's compiler, where there is that one. */
#define SCRIPT                                                                                     \
    "#!/bin/sh\n"                                                                                  \
    "# Compiles this net for the DPU with dnnc (DNNDK) or vai_c_caffe (Vitis AI).\n"               \
    "# $1: the architecture, a .dcf file for dnnc or an arch.json for vai_c_caffe.\n"              \
    "set -eu\n"                                                                                    \
    "cd \"$(dirname \"$0\")/..\"\n"                                                                \
    "arch=${1:-%s}\n"                                                                              \
    "if [ -z \"$arch\" ]; then\n"                                                                  \
    "    echo \"usage: $0 ARCHITECTURE_FILE\" >&2\n"                                               \
    "    exit 2\n"                                                                                 \
    "fi\n"                                                                                         \
    "mkdir -p dnnc_%s\n"                                                                           \
    "if command -v dnnc >/dev/null; then\n"                                                        \
    "    exec dnnc --mode %s --cpu_arch arm64 --save_kernel --prototxt fix/deploy.prototxt \\\n"   \
    "        --caffemodel fix/deploy.caffemodel --output_dir dnnc_%s --dcf \"$arch\" --net_name "  \
    "%s\n"                                                                                         \
    "elif command -v vai_c_caffe >/dev/null; then\n"                                               \
    "    exec vai_c_caffe --prototxt fix/deploy.prototxt --caffemodel fix/deploy.caffemodel \\\n"  \
    "        --arch \"$arch\" --output_dir dnnc_%s --net_name %s --options \"{'mode': '%s'}\"\n"   \
    "fi\n"                                                                                         \
    "echo \"$0: neither dnnc nor vai_c_caffe is in PATH\" >&2\n"                                   \
    "exit 1\n"

/* 'text' for the shell. */
static char *quoted(struct awh_arena *arena, const char *text)
{
    struct awh_str out;
    awh_str_init(&out);
    awh_str_append(&out, "'");
    for (; *text; text++)
        if (*text == '\'')
            awh_str_append(&out, "'\\''");
        else
            awh_str_append_n(&out, text, 1);
    awh_str_append(&out, "'");
    char *copy = out.failed ? NULL : awh_arena_strndup(arena, out.text, out.size);
    awh_str_release(&out);
    return copy;
}

static enum aw_err leave_script(const struct awh_dpu_job *job, const char *dcf,
                                struct awh_diag *diag)
{
    const char *mode = job->options->mode, *net = quoted(job->arena, job->net->name);
    const char *arch = dcf ? quoted(job->arena, dcf) : "";
    char *path = awh_arena_printf(job->arena, "%s/fix/dnnc.sh", job->directory);
    if (!net || !arch || !path)
        return awh_fail_mem(diag);
    char *text = awh_arena_printf(job->arena, SCRIPT, arch, mode, mode, mode, net, mode, net, mode);
    char *full = awh_path_join(job->arena, job->stage->stage, path);
    if (!text || !full)
        return awh_fail_mem(diag);
    enum aw_err err = awh_stage_write(job->stage, path, text, strlen(text), diag);
    if (err)
        return err;
    if (chmod(full, 0755) != 0)
        return awh_fail(diag, AW_ERR_IO, "%s: %s", full, strerror(errno));
    if (job->first)
        awh_warn(diag,
                 "stage dnnc: no dnnc.command is configured; nothing was compiled, and each net "
                 "has a script for it, %s and so on",
                 path);
    return AW_OK;
}

enum aw_err awh_dpu_dnnc(const struct awh_dpu_job *job, struct awh_diag *diag)
{
    struct word words[8];
    const char *dcf = NULL;
    if (job->options->dcf) {
        /* The command runs elsewhere. */
        char *absolute = realpath(job->options->dcf, NULL);
        if (!absolute)
            return awh_fail(diag, AW_ERR_NOT_FOUND, "key dcf: %s: %s", job->options->dcf,
                            strerror(errno));
        dcf = awh_arena_strdup(job->arena, absolute);
        free(absolute);
        if (!dcf)
            return awh_fail_mem(diag);
    }
    if (!job->options->command)
        return leave_script(job, dcf, diag);
    if (!make_words(job, dcf, words))
        return awh_fail_mem(diag);
    return run(job, words, diag);
}
