/* Reading the golden vectors. JSON is YAML, so the documents are awh_yaml's. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/yaml.h"
#include "prims/prim.h"

/* One per config: golden/<name>/; NULL terminated. */
extern const char *const golden_configs[];

/* Skips the running test when the vectors are not there. */
void golden_need(const char *shared_dir);
/* Fails the running test on errors. */
struct awh_yaml *golden_yaml(struct awh_arena *arena, const char *shared_dir, const char *folder,
                             const char *file);
char *golden_text(struct awh_arena *arena, const char *shared_dir, const char *folder,
                  const char *file);

const struct awh_yaml *golden_get(const struct awh_yaml *map, const char *key);
int64_t golden_int(const struct awh_yaml *map, const char *key);

/* "conv_3x3 300 3 16 2 true"; fails the running test on errors. */
void golden_prim(struct awh_arena *arena, const char *line, struct awh_prim *prim_out);
/* prims.txt: the canonical list, *count_out of them. */
struct awh_prim *golden_prims(struct awh_arena *arena, const char *shared_dir, const char *folder,
                              size_t *count_out);

#endif
