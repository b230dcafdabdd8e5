/* Compiled as C99 by the build and, in sed_bpf_test.sh, for the kernel's BPF machine: sed.h must stay valid
 * in both. */
#include "lb_shim/sed.h"

int sed_pick_from_c(const struct sed_table* table, const sed_u32* open_flows, sed_u64 random);

int sed_pick_from_c(const struct sed_table* table, const sed_u32* open_flows, sed_u64 random) {
  return sed_pick(table, open_flows, random);
}
