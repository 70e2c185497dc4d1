#include <cstring>
#include <optional>

#include "calls.h"
#include "errors.h"

namespace {

/** A promise, and the array it will be resolved with. Touched by JavaScript's thread only, but for the array's bytes. */
struct Promised {
  Napi::Promise::Deferred deferred;
  Napi::Reference<Napi::Uint8Array> array;
  char* data = nullptr;
  size_t bytes = 0;
};

/** Settles on JavaScript's thread. What isn't, because JavaScript has ended, is never freed either: it can't be any more. */
void settle(EventLoop& loop, Promised* promised, const Download& download, const std::optional<Failure>& failure) {
  loop.settle(
      [&] {
        if (!failure && promised->bytes > 0) std::memcpy(promised->data, download.host, promised->bytes);
      },
      [promised, failure](Napi::Env env) {
        const std::unique_ptr<Promised> owned(promised);
        if (failure) promised->deferred.Reject(toError(env, *failure).Value());
        else if (promised->array.IsEmpty()) promised->deferred.Resolve(env.Undefined());
        else promised->deferred.Resolve(promised->array.Value());
      });
}

/** Hands the rest to the thread that waits for the device. The promise gives `array`, or undefined where that is empty. */
Napi::Value awaitDownload(const Arguments& arguments, const Download& download, Napi::Uint8Array array) {
  OpenDevice& open = arguments.open(0);
  const auto& loop = arguments.environment().loop;
  auto promised = std::make_unique<Promised>(Promised{Napi::Promise::Deferred::New(arguments.env()), {}, nullptr, 0});
  if (!array.IsEmpty()) {
    promised->array = Napi::Reference<Napi::Uint8Array>::New(array, 1);
    promised->data = reinterpret_cast<char*>(array.Data());
    promised->bytes = array.ByteLength();
  }
  const Napi::Promise promise = promised->deferred.Promise();
  loop->await(arguments.env());
  open.waiter.add([device = open.device, loop, download, promised = promised.release()] {
    std::optional<Failure> failure;
    try {
      device->downloads.wait(download);
    } catch (const Failure& thrown) {
      failure = thrown;
    }
    settle(*loop, promised, download, failure);
    device->downloads.end(download);
  });
  return promise;
}

}  // namespace

Napi::Value read(const Arguments& arguments) {
  Device& device = arguments.device();
  const uint64_t bytes = arguments.whole(3, "bytes");
  const cuda::CUdeviceptr from = device.memory.range(arguments.whole(1, "buffer"), arguments.whole(2, "offset"), bytes);
  const Napi::Uint8Array array = Napi::Uint8Array::New(arguments.env(), bytes);
  return awaitDownload(arguments, device.downloads.begin(from, bytes), array);
}

Napi::Value sync(const Arguments& arguments) {
  return awaitDownload(arguments, arguments.device().downloads.begin(0, 0), Napi::Uint8Array());
}
