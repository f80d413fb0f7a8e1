/* The members of prims.def; each is defined in its family's file. */
#ifndef AWH_PRIM_TYPES_H
#define AWH_PRIM_TYPES_H

#include "prims/prim.h"

#define AWH_PRIM(name, file) extern const struct awh_prim_type awh_prim_##name;
#include "prims/prims.def"
#undef AWH_PRIM

#endif
