#include "calls.h"

namespace {

std::string driverPath(const Arguments& arguments) { return arguments.has(0) ? arguments.text(0, "driverPath") : ""; }

Napi::Object describe(Napi::Env env, const DeviceInfo& info) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("name", info.name);
  object.Set("totalBytes", static_cast<double>(info.totalBytes));
  object.Set("driverVersion", info.driverVersion);
  object.Set("computeMajor", info.computeMajor);
  object.Set("computeMinor", info.computeMinor);
  object.Set("multiprocessors", info.multiprocessors);
  object.Set("threadsPerMultiprocessor", info.threadsPerMultiprocessor);
  object.Set("sharedBytesPerBlock", info.sharedBytesPerBlock);
  object.Set("l2Bytes", info.l2Bytes);
  object.Set("clockKilohertz", info.clockKilohertz);
  object.Set("memoryClockKilohertz", info.memoryClockKilohertz);
  object.Set("memoryBusBits", info.memoryBusBits);
  object.Set("hasMemoryPools", info.hasMemoryPools);
  return object;
}

}  // namespace

Napi::Value devices(const Arguments& arguments) {
  const std::vector<DeviceInfo> infos = listDevices(driverAt(driverPath(arguments)));
  Napi::Array array = Napi::Array::New(arguments.env(), infos.size());
  for (uint32_t i = 0; i < infos.size(); i++) array.Set(i, describe(arguments.env(), infos[i]));
  return array;
}

Napi::Value open(const Arguments& arguments) {
  const uint64_t ordinal = arguments.whole(1, "ordinal");
  if (ordinal > INT32_MAX) throw badArgument("ordinal must be below 2^31");
  auto device = std::make_shared<Device>(driverAt(driverPath(arguments)), static_cast<int>(ordinal));
  Napi::Object info = describe(arguments.env(), device->context.info);
  Napi::Object opened = Napi::Object::New(arguments.env());
  opened.Set("info", info);
  opened.Set("device", static_cast<double>(arguments.environment().devices.add(OpenDevice{std::move(device), Waiter()})));
  return opened;
}

Napi::Value memInfo(const Arguments& arguments) {
  size_t freeBytes = 0;
  size_t totalBytes = 0;
  CUDA_CALL(arguments.device().context.driver, cuMemGetInfo_v2, &freeBytes, &totalBytes);
  Napi::Object info = Napi::Object::New(arguments.env());
  info.Set("freeBytes", static_cast<double>(freeBytes));
  info.Set("totalBytes", static_cast<double>(totalBytes));
  return info;
}

Napi::Value close(const Arguments& arguments) {
  Environment& environment = arguments.environment();
  OpenDevice open = environment.devices.take(arguments.whole(0, "device"));
  const auto closed = Napi::Promise::Deferred::New(arguments.env());
  environment.loop->await(arguments.env());
  open.waiter.last([device = std::move(open.device), loop = environment.loop, closed]() mutable {
    device.reset();
    loop->settle([] {}, [closed](Napi::Env env) { closed.Resolve(env.Undefined()); });
  });
  return closed.Promise();
}
