"""LibTorch: Debian's by default, or the unpacked distribution that EVENKEEL_LIBTORCH names."""

_DEBIAN = """
cc_library(
    name = "libtorch",
    hdrs = glob(["api/**/*.h"]),
    includes = ["api"],
    linkopts = ["-ltorch", "-ltorch_cpu", "-lc10", "-lglog"],
    visibility = ["//visibility:public"],
)
"""

# PyPI's libtorch_cpu.so (2.11) exports 142 symbols of a std::filesystem of its own, and the product crashed with it; with the
# system's libstdc++ first it does not.
_OTHER = """
cc_library(
    name = "libtorch",
    hdrs = glob(["include/**"]),
    includes = ["include", "include/torch/csrc/api/include"],
    linkopts = ["-L{root}/lib", "-Wl,-rpath,{root}/lib", "-Wl,--no-as-needed", "-lstdc++", "-ltorch", "-ltorch_cpu"{cuda}, "-lc10", "-Wl,--as-needed", "-lglog"],
    visibility = ["//visibility:public"],
)
"""

def _libtorch_repository_impl(ctx):
    root = ctx.os.environ.get("EVENKEEL_LIBTORCH", "")
    if not root:
        ctx.symlink("/usr/include/torch/csrc/api/include", "api")
        ctx.file("BUILD", _DEBIAN)
        return
    if not ctx.path(root + "/include/torch").exists:
        fail("EVENKEEL_LIBTORCH=%s holds no include/torch: name the folder of an unpacked LibTorch" % root)
    ctx.symlink(root + "/include", "include")
    cuda = ', "-ltorch_cuda"' if ctx.path(root + "/lib/libtorch_cuda.so").exists else ""
    ctx.file("BUILD", _OTHER.format(root = root, cuda = cuda))

libtorch_repository = repository_rule(
    implementation = _libtorch_repository_impl,
    environ = ["EVENKEEL_LIBTORCH"],
    local = True,
)
