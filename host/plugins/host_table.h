/* What plug-ins get of awnas-hw; the registering functions are the loader's. */
#ifndef AWH_PLUGINS_HOST_TABLE_H
#define AWH_PLUGINS_HOST_TABLE_H

#include "awnashw/plugin.h"

/* Fills everything but the functions that register. */
void awh_host_table_init(struct awh_host *host);

#endif
