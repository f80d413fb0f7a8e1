/* A plugin of QEMU's user-mode emulators: writes the number of instructions executed so far, a line
 * at every marker instruction of kernel_ipm.c, to the file of its argument out=FILE.
 *
 * Debian has no package with qemu-plugin.h, so the part of the interface that is used stands here,
 * as version 1 (QEMU 4.2 to 8.2) defines it. */
#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct qemu_plugin_tb;
struct qemu_plugin_insn;
struct qemu_info; /* nothing of it is read */

enum { NO_REGISTERS = 0, INLINE_ADD_U64 = 0 };

size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*translated)(uint64_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
                                            void (*executed)(unsigned, void *), int registers,
                                            void *data);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *insn, int operation,
                                                void *at, uint64_t value);

#define EXPORT __attribute__((visibility("default")))
extern EXPORT int qemu_plugin_version;
int qemu_plugin_version = 1;
EXPORT int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv);

#define A64_MARKER 0xAA1B03FBu /* mov x27, x27 */
#define A32_MARKER 0xE1A09009u /* mov r9, r9 */

static uint64_t count;
static FILE *out;

static void on_marker(unsigned cpu, void *data)
{
    (void)cpu;
    (void)data;
    fprintf(out, "%" PRIu64 "\n", count);
    fflush(out);
}

static void on_translated(uint64_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint32_t word = 0;
        if (qemu_plugin_insn_size(insn) == sizeof word)
            memcpy(&word, qemu_plugin_insn_data(insn), sizeof word);
        if (word == A64_MARKER || word == A32_MARKER)
            qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker, NO_REGISTERS, NULL);
        else
            qemu_plugin_register_vcpu_insn_exec_inline(insn, INLINE_ADD_U64, &count, 1);
    }
}

int qemu_plugin_install(uint64_t id, const struct qemu_info *info, int argc, char **argv)
{
    (void)info;
    if (argc == 1 && strncmp(argv[0], "out=", 4) == 0)
        out = fopen(argv[0] + 4, "w");
    if (!out) {
        fprintf(stderr, "count_plugin: out=FILE is missing or cannot be written\n");
        return -1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translated);
    return 0;
}
