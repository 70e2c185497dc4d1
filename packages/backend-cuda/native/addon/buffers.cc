#include "calls.h"

Napi::Value alloc(const Arguments& arguments) {
  Memory& memory = arguments.device().memory;
  const uint64_t id = memory.allocate(arguments.whole(1, "bytes"));
  Napi::Object buffer = Napi::Object::New(arguments.env());
  buffer.Set("buffer", static_cast<double>(id));
  buffer.Set("address", static_cast<double>(memory.range(id, 0, 0)));
  return buffer;
}

Napi::Value freeBuffer(const Arguments& arguments) {
  arguments.device().memory.release(arguments.whole(1, "buffer"));
  return arguments.env().Undefined();
}

Napi::Value trim(const Arguments& arguments) {
  arguments.device().context.trim();
  return arguments.env().Undefined();
}

Napi::Value write(const Arguments& arguments) {
  const Bytes bytes = arguments.bytes(3, "bytes");
  arguments.device().memory.write(arguments.whole(1, "buffer"), arguments.whole(2, "offset"), bytes.data, bytes.size);
  return arguments.env().Undefined();
}

/** copy(to device, to buffer, to offset, from device, from buffer, from offset, bytes) */
Napi::Value copy(const Arguments& arguments) {
  const uint64_t bytes = arguments.whole(6, "bytes");
  Device& source = *arguments.open(3).device;
  const cuda::CUdeviceptr from = source.memory.range(arguments.whole(4, "from"), arguments.whole(5, "fromOffset"), bytes);
  Device& target = arguments.device();
  const cuda::CUdeviceptr to = target.memory.range(arguments.whole(1, "to"), arguments.whole(2, "toOffset"), bytes);
  if (&source.context.driver != &target.context.driver) throw badArgument("both devices must be of one driver");
  if (source.context.device == target.context.device && from < to + bytes && to < from + bytes)
    throw badArgument("the two ranges of a copy must not overlap");
  target.memory.copy(to, source.context, from, bytes);
  return arguments.env().Undefined();
}
