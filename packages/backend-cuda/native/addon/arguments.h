#pragma once
#include <napi.h>

#include <string>
#include <vector>

#include "environment.h"

/** Bytes of a Uint8Array, valid until the call returns. */
struct Bytes {
  char* data = nullptr;
  size_t size = 0;
};

/** The arguments of a call from JavaScript, checked as they are asked for. */
class Arguments {
 public:
  explicit Arguments(const Napi::CallbackInfo& info) : info_(info) {}

  Napi::Env env() const { return info_.Env(); }
  Environment& environment() const { return *env().GetInstanceData<Environment>(); }

  bool has(size_t index) const { return !info_[index].IsUndefined(); }

  std::string text(size_t index, const char* name) const {
    require(info_[index].IsString(), name, "a string");
    return info_[index].As<Napi::String>();
  }

  /** A size, an offset or the number of a handle. */
  uint64_t whole(size_t index, const char* name) const {
    const double value = info_[index].IsNumber() ? info_[index].As<Napi::Number>().DoubleValue() : -1;
    require(value >= 0 && value <= MAX_SAFE_INTEGER && value == static_cast<double>(static_cast<uint64_t>(value)), name,
            "a whole number from 0 to 2^53 - 1");
    return static_cast<uint64_t>(value);
  }

  /** An array of whole numbers. */
  std::vector<int64_t> wholes(size_t index, const char* name) const {
    require(info_[index].IsArray(), name, "an array");
    const Napi::Array array = info_[index].As<Napi::Array>();
    std::vector<int64_t> values(array.Length());
    for (uint32_t i = 0; i < values.size(); i++) {
      const Napi::Value value = array[i];
      require(value.IsNumber(), name, "an array of numbers");
      values[i] = value.As<Napi::Number>().Int64Value();
    }
    return values;
  }

  Bytes bytes(size_t index, const char* name) const {
    Bytes bytes;
    void* data = nullptr;
    napi_typedarray_type type = napi_int8_array;
    const bool isArray = info_[index].IsTypedArray() && napi_get_typedarray_info(env(), info_[index], &type, &bytes.size, &data,
                                                                                 nullptr, nullptr) == napi_ok;
    require(isArray && type == napi_uint8_array, name, "a Uint8Array");
    bytes.data = static_cast<char*>(data);
    return bytes;
  }

  /** The device whose number is argument `index`, its context made the thread's. */
  OpenDevice& open(size_t index) const {
    OpenDevice& open = environment().devices.get(whole(index, "device"));
    open.device->context.use();
    return open;
  }
  Device& device() const { return *open(0).device; }

 private:
  static constexpr double MAX_SAFE_INTEGER = 9007199254740991.0;

  static void require(bool holds, const char* name, const char* kind) {
    if (!holds) throw badArgument(std::string(name) + " must be " + kind);
  }

  const Napi::CallbackInfo& info_;
};
