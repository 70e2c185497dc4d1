// The CUDA driver for JavaScript: devices, memory, kernels, launches, and plans of NVIDIA's libraries. It knows no op; native/vendor
// knows products and convolutions. src/addon.ts declares what it exports.
#include "calls.h"
#include "errors.h"

namespace {

template <Napi::Value (*call)(const Arguments&)>
Napi::Value entry(const Napi::CallbackInfo& info) {
  return translated(info.Env(), [&] { return call(Arguments(info)); });
}

template <Napi::Value (*call)(const Arguments&)>
void add(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New<entry<call>>(exports.Env(), name));
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  auto* environment = new Environment(env);
  env.SetInstanceData(environment);
  // Behind the event loop's own hook, so that it runs before it.
  env.AddCleanupHook([](Environment* ending) { ending->end(); }, environment);
  add<devices>(exports, "devices");
  add<open>(exports, "open");
  add<memInfo>(exports, "memInfo");
  add<close>(exports, "close");
  add<alloc>(exports, "alloc");
  add<freeBuffer>(exports, "free");
  add<trim>(exports, "trim");
  add<write>(exports, "write");
  add<copy>(exports, "copy");
  add<read>(exports, "read");
  add<sync>(exports, "sync");
  add<loadModule>(exports, "loadModule");
  add<findKernel>(exports, "findKernel");
  add<launch>(exports, "launch");
  add<record>(exports, "record");
  add<replay>(exports, "replay");
  add<freeGraph>(exports, "freeGraph");
  add<mark>(exports, "mark");
  add<elapsedMs>(exports, "elapsedMs");
  add<freeMark>(exports, "freeMark");
  add<useLibrary>(exports, "useLibrary");
  add<makePlan>(exports, "makePlan");
  add<freePlan>(exports, "freePlan");
  return exports;
}

}  // namespace

NODE_API_MODULE(vertebra_cuda, init)
