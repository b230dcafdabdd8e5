#!/bin/sh
# sed.h compiles for BPF, where there is no floating point, no library and little stack. Skipped without a clang that has the target.
if ! command -v clang > /dev/null || ! clang -print-targets 2> /dev/null | grep -q ' bpf '; then
  echo "skipped: no clang with a BPF target"
  exit 0
fi
exec clang -target bpf -std=c99 -O2 -ffreestanding -Wall -Wextra -Werror -I. -c lb_shim/sed_compile_check.c \
  -o "${TEST_TMPDIR:-/tmp}/sed.bpf.o"
