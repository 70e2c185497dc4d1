// VERTEBRA_CUDA_HOST_FAULT=<n>:<error> breaks a context at its launch number n, counted from 1: `120:ILLEGAL_ADDRESS`, or LAUNCH_FAILED.
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>

#include "state.h"

namespace cuda {

bool breaksNow(ContextState& context) {
  context.launches++;
  const char* text = std::getenv("VERTEBRA_CUDA_HOST_FAULT");
  if (!text || !*text) return false;
  char* name = nullptr;
  const uint64_t at = std::strtoull(text, &name, 10);
  static const std::map<std::string, CUresult> errors = {{":ILLEGAL_ADDRESS", ERROR_ILLEGAL_ADDRESS},
                                                         {":LAUNCH_FAILED", ERROR_LAUNCH_FAILED}};
  const auto error = errors.find(name);
  if (error == errors.end())
    throw std::invalid_argument(std::string("VERTEBRA_CUDA_HOST_FAULT must be <launch>:ILLEGAL_ADDRESS or <launch>:LAUNCH_FAILED, got ") +
                                text);
  if (context.launches != at) return false;
  context.fault = error->second;
  return true;
}

}  // namespace cuda
