#include <cstring>

#include "calls.h"

namespace {

/** A description's struct from the numbers that it is made of. */
template <class Description>
Description describedBy(const std::vector<int64_t>& numbers) {
  Description description;
  if (numbers.size() * sizeof(int64_t) != sizeof description)
    throw badArgument("the description must have " + std::to_string(sizeof description / sizeof(int64_t)) + " numbers, got " +
                      std::to_string(numbers.size()));
  std::memcpy(&description, numbers.data(), sizeof description);
  return description;
}

uint64_t plan(Libraries& libraries, const std::string& kind, const std::vector<int64_t>& numbers) {
  if (kind == "matmul") return libraries.plan(describedBy<MatmulDescription>(numbers));
  if (kind == "convolution") return libraries.plan(describedBy<ConvolutionDescription>(numbers));
  throw badArgument("kind must be matmul or convolution");
}

/** Whether it is the library that says no: for our own kernels to take over. */
bool isRefusal(const Failure& failure) {
  return failure.code.rfind("CUBLAS_", 0) == 0 || failure.code.rfind("CUDNN_", 0) == 0;
}

}  // namespace

/** useLibrary(device, name, path) → version */
Napi::Value useLibrary(const Arguments& arguments) {
  Libraries& libraries = arguments.device().libraries;
  const std::string name = arguments.text(1, "name");
  const std::string path = arguments.text(2, "path");
  if (name != "cuBLASLt" && name != "cuDNN") throw badArgument("name must be cuBLASLt or cuDNN");
  const size_t version = name == "cuDNN" ? libraries.useCudnn(path) : libraries.useCublasLt(path);
  return Napi::Number::New(arguments.env(), static_cast<double>(version));
}

/** makePlan(device, kind, numbers) → { plan, workspaceBytes }, or { refused } */
Napi::Value makePlan(const Arguments& arguments) {
  Libraries& libraries = arguments.device().libraries;
  Napi::Object made = Napi::Object::New(arguments.env());
  try {
    const uint64_t id = plan(libraries, arguments.text(1, "kind"), arguments.wholes(2, "numbers"));
    made.Set("plan", static_cast<double>(id));
    made.Set("workspaceBytes", static_cast<double>(libraries.get(id)->workspaceBytes()));
  } catch (const Failure& failure) {
    if (!isRefusal(failure)) throw;
    made.Set("refused", failure.call + ": " + failure.code);
  }
  return made;
}

Napi::Value freePlan(const Arguments& arguments) {
  arguments.device().libraries.release(arguments.whole(1, "plan"));
  return arguments.env().Undefined();
}
