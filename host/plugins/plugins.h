/* Plug-ins: shared objects that add members to the registries, by awnashw/plugin.h.
 *
 * They are loaded before any command runs, from one thread; afterwards the registries do not change
 * and may be read from many. */
#ifndef AWH_PLUGINS_H
#define AWH_PLUGINS_H

#include "awnashw/plugin.h"
#include "base/diag.h"

enum awh_member_kind {
    AWH_MEMBER_PRIM,
    AWH_MEMBER_SPACE,
    AWH_MEMBER_COMPILER,
    AWH_MEMBER_READER,
    AWH_MEMBER_MODEL,
};

struct awh_plugin_info {
    const char *name, *version, *path;
};

/* Loads one that the user named. Anything wrong with it is an error of exit code 2, and leaves the
 * registries as they were. A file that is loaded already is not loaded again. */
AW_MUST_USE enum aw_err awh_plugins_load(const char *path, struct awh_diag *diag);

/* Loads every *.so of $AWNAS_HOME/plugins (~/awnas/plugins), in order of names. One that cannot be
 * loaded is a warning. */
void awh_plugins_load_home(struct awh_diag *diag);

/* The plug-in that added this member; NULL: it is built in. */
const struct awh_plugin_info *awh_plugins_source(enum awh_member_kind kind, const void *type);

/* All files that were tried, in order. */
struct awh_plugin_attempt {
    const char *path;
    const struct awh_plugin_info *info; /* NULL: skipped */
    const char *why;                    /* it was skipped */
};
size_t awh_plugins_attempts(const struct awh_plugin_attempt **out);

#endif
