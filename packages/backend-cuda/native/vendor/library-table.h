#pragma once
#include <string>

#include "../addon/failure.h"
#include "cublaslt.h"
#include "cudnn.h"

/** A status by its name, or where the library has none, by its number: the code begins with `prefix` in any case. */
inline Failure libraryFailure(const std::string& prefix, const char* name, int status, const char* call) {
  const std::string code = name ? name : "";
  return Failure(code.rfind(prefix, 0) == 0 ? code : prefix + std::to_string(status), "", call);
}

namespace cublaslt {

/** A loaded cuBLASLt: its functions by their symbols' names. */
struct Library {
#define DECLARE_POINTER(name, parameters) Status(*name) parameters = nullptr;
  CUBLASLT_FUNCTIONS(DECLARE_POINTER)
#undef DECLARE_POINTER
  size_t version = 0;
  GetStatusName* statusName = nullptr;

  /** @throws Failure named CUBLAS_STATUS_… unless `status` is success. */
  void check(Status status, const char* call) const {
    if (status != SUCCESS) throw libraryFailure("CUBLAS_STATUS_", statusName(status), status, call);
  }
};

}  // namespace cublaslt

namespace cudnn {

/** A loaded cuDNN: its functions by their symbols' names. */
struct Library {
#define DECLARE_POINTER(name, parameters) Status(*name) parameters = nullptr;
  CUDNN_FUNCTIONS(DECLARE_POINTER)
#undef DECLARE_POINTER
  size_t version = 0;
  GetErrorString* statusName = nullptr;

  /** @throws Failure named CUDNN_STATUS_… unless `status` is success. */
  void check(Status status, const char* call) const {
    if (status != SUCCESS) throw libraryFailure("CUDNN_STATUS_", statusName(status), status, call);
  }
};

}  // namespace cudnn

/** Calls a library's function; throws what it reports. */
#define LIBRARY_CALL(library, function, ...) (library).check((library).function(__VA_ARGS__), #function)

/** The library in the file `path`, loaded once in a process, never unloaded. @throws Failure NO_LIBRARY with the reason. */
const cublaslt::Library& cublasLtAt(const std::string& path);
const cudnn::Library& cudnnAt(const std::string& path);
