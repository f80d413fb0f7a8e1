/* The CPU engine of a build without oneDNN: says what is missing. */
#include "timing/engine.h"

const struct awh_engine_ops awh_engine_cpu = {
    .name = "cpu",
    .host = true,
    .missing = "built without oneDNN: install libdnnl-dev and libblas-dev and configure again",
};
