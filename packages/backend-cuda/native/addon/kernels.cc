#include "calls.h"

namespace {
Napi::Value number(const Arguments& arguments, uint64_t value) {
  return Napi::Number::New(arguments.env(), static_cast<double>(value));
}
}  // namespace

Napi::Value loadModule(const Arguments& arguments) {
  const Bytes image = arguments.bytes(1, "image");
  return number(arguments, arguments.device().modules.load(image.data, image.size));
}

Napi::Value findKernel(const Arguments& arguments) {
  const auto& [id, kernel] = arguments.device().modules.find(arguments.whole(1, "module"), arguments.text(2, "name"));
  Napi::Object found = Napi::Object::New(arguments.env());
  found.Set("kernel", static_cast<double>(id));
  found.Set("maxThreads", kernel.maxThreads);
  found.Set("registers", kernel.registers);
  found.Set("localBytes", kernel.localBytes);
  found.Set("sharedBytes", kernel.staticSharedBytes);
  found.Set("paramsBytes", static_cast<double>(kernel.paramsBytes));
  return found;
}

Napi::Value launch(const Arguments& arguments) {
  const Bytes batch = arguments.bytes(1, "batch");
  arguments.device().launches.launch(batch.data, batch.size);
  return arguments.env().Undefined();
}

Napi::Value record(const Arguments& arguments) {
  const Bytes batch = arguments.bytes(1, "batch");
  return number(arguments, arguments.device().launches.record(batch.data, batch.size));
}

Napi::Value replay(const Arguments& arguments) {
  arguments.device().launches.replay(arguments.whole(1, "graph"));
  return arguments.env().Undefined();
}

Napi::Value freeGraph(const Arguments& arguments) {
  arguments.device().launches.release(arguments.whole(1, "graph"));
  return arguments.env().Undefined();
}

Napi::Value mark(const Arguments& arguments) { return number(arguments, arguments.device().timers.mark()); }

Napi::Value elapsedMs(const Arguments& arguments) {
  const float ms = arguments.device().timers.elapsedMs(arguments.whole(1, "start"), arguments.whole(2, "end"));
  return Napi::Number::New(arguments.env(), static_cast<double>(ms));
}

Napi::Value freeMark(const Arguments& arguments) {
  arguments.device().timers.release(arguments.whole(1, "mark"));
  return arguments.env().Undefined();
}
