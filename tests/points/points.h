/* What the tests of the 42 points share: a scratch folder with a small search space, and the
 * program as a user runs it. Failures end the running test. */
#ifndef POINTS_H
#define POINTS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/yaml.h"
#include "prims/prim.h"

struct point {
    struct awh_arena arena;
    char dir[64];
    char *out, *err; /* of the last command */
};

/* The files cfg.yaml and hwobj.yaml are these: 17 primitives, 5 nets. */
extern const char point_cfg[], point_hwobj[];

/* cmocka's set-up and tear-down; *state is a struct point. */
int point_setup(void **state);
int point_teardown(void **state);

/* Paths are relative to the scratch folder; missing folders are made. */
void point_write(struct point *p, const char *path, const char *text);
char *point_read(struct point *p, const char *path);
bool point_has(struct point *p, const char *path);
struct awh_yaml *point_yaml(struct point *p, const char *path);
/* cfg.yaml or hwobj.yaml with the first `from` replaced. */
void point_edit_cfg(struct point *p, const char *from, const char *to);
void point_edit_hwobj(struct point *p, const char *from, const char *to);

/* `awnas-hw ARGUMENTS` in the scratch folder, through a shell; its exit code. */
AW_PRINTF(2, 3)
int point_run(struct point *p, const char *format, ...);
/* The same, which must end with `code`; other than 0: with one line of error that contains `text`.
 */
void point_expect(struct point *p, int code, const char *text, const char *arguments);
/* genprof cfg.yaml hwobj.yaml -r results, which must succeed. */
void point_genprof(struct point *p);

/* Results of `runs` runs of each net of results/prof_nets, as aw_nas's latency.py writes them, in
 * `folder`. Primitive k of net n costs point_latency(n, k), the net 1.5 times their sum and 2;
 * energies are 7 times that. */
void point_profile(struct point *p, const char *folder, unsigned runs);
double point_latency(size_t net, size_t primitive);

void point_contains(const char *text, const char *part);
void point_lacks(const char *text, const char *part);
size_t point_count(const char *text, const char *part);

#endif
