/* A real program of five layers, for tests that need one without the search space and the compiler.
 */
#ifndef SMALL_NET_H
#define SMALL_NET_H

#include "aw/program.h"
#include "base/diag.h"

#define SMALL_NET_BYTES  4096u
#define SMALL_NET_LAYERS 5u
#define SMALL_NET_DW     1u /* index of its depthwise layer */

/* The seed makes weights, biases and the input; weights_mode (enum aw_weights_mode) says whether
 * the program carries them. */
AW_MUST_USE enum aw_err small_net_make(uint32_t seed, uint8_t weights_mode,
                                       uint8_t bytes[SMALL_NET_BYTES], uint32_t *size_out,
                                       struct aw_program *program_out);

/* Writes <directory>/<name>/<name>.awp and <name>.layers.yaml as a compiler does. */
AW_MUST_USE enum aw_err small_net_write(const char *directory, const char *name, uint32_t seed,
                                        uint8_t weights_mode, struct awh_diag *diag);

#endif
