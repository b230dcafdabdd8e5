#include "cli/version.h"

#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>

namespace evenkeel {

ResultTable VersionTable() {
  return {{"part", "version"},
          {{"evenkeel", kVersion},
           {"compiler", __VERSION__},
           {"grpc", grpc::Version()},
           {"protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)}}};
}

}  // namespace evenkeel
