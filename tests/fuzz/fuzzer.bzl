"""One libFuzzer program per parser; it links with `--config=fuzz` only, and so no wildcard builds it."""

def evenkeel_fuzzer(name, deps):
    """A program `name`_fuzzer of the file of that name. Its seeds are in corpus/`name`/.

    Args:
      name: what is fuzzed.
      deps: what its file includes, beside fuzz_input.h.
    """
    native.cc_binary(
        name = name + "_fuzzer",
        testonly = True,
        srcs = [name + "_fuzzer.cc"],
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [":fuzz_input"] + deps,
    )
