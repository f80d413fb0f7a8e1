/* Takes what a plug-in registers, checks it, and keeps it apart until the whole plug-in is good. */
#ifndef AWH_PLUGINS_REGISTRAR_H
#define AWH_PLUGINS_REGISTRAR_H

#include "base/registry.h"
#include "plugins/plugins.h"

struct awh_member {
    enum awh_member_kind kind;
    const void *type;
    const char *name;
};

struct awh_registrar {
    bool open; /* init is running */
    /* Of all kinds together no more than each registry has room for: commit cannot fail. */
    struct awh_member members[AWH_REGISTRY_ADDED_MAX];
    size_t count, capacity;
};

/* The functions of the table that register. */
void awh_registrar_table(struct awh_host *host);
/* Adds everything to the registries. */
AW_MUST_USE enum aw_err awh_registrar_commit(struct awh_registrar *registrar,
                                             struct awh_diag *diag);
/* Names that messages, files and command lines can hold: letters, digits and _ . + -, at most 63.
 */
bool awh_plugin_name_ok(const char *name);

#endif
