"""The one way to compile .proto files: C++ messages, and gRPC stubs where `grpc = True`."""

def evenkeel_proto(name, src, deps = [], grpc = False, visibility = None):
    """A cc_library `name` for the one file `src`; include it as "<package>/<file>.pb.h" (and ".grpc.pb.h").

    Args:
      name: the library.
      src: the .proto file, in this package.
      deps: evenkeel_proto targets that `src` imports.
      grpc: also generate the service stubs.
      visibility: as everywhere.
    """
    root = "$(RULEDIR)" + "/.." * len(native.package_name().split("/"))
    stem = src[:-len(".proto")]
    outs = [stem + ".pb.h", stem + ".pb.cc"]
    plugin = ""
    if grpc:
        outs += [stem + ".grpc.pb.h", stem + ".grpc.pb.cc"]
        plugin = "--grpc_out=%s --plugin=protoc-gen-grpc=/usr/bin/grpc_cpp_plugin" % root
    native.filegroup(
        name = name + "_src",
        srcs = [src] + [d + "_src" for d in deps],
    )
    native.genrule(
        name = name + "_gen",
        srcs = [":" + name + "_src"],
        outs = outs,
        cmd = "protoc -I. --cpp_out=%s %s %s/%s" % (root, plugin, native.package_name(), src),
    )
    native.cc_library(
        name = name,
        srcs = [o for o in outs if o.endswith(".cc")],
        hdrs = [o for o in outs if o.endswith(".h")],
        deps = deps + ["//third_party:grpc" if grpc else "//third_party:protobuf"],
        copts = ["-Wno-unused-parameter"],
        visibility = visibility,
    )
