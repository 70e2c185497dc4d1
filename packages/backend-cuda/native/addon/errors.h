#pragma once
#include <napi.h>

#include <new>

#include "failure.h"

/** The Error that src/errors.ts words: its message is the text, `code` and `call` are the failure's. */
inline Napi::Error toError(Napi::Env env, const Failure& failure) {
  Napi::Error error = Napi::Error::New(env, failure.what());
  error.Set("code", failure.code);
  error.Set("call", failure.call);
  return error;
}

/** Runs `fn`; what it throws becomes an Error of JavaScript. */
template <class Fn>
auto translated(Napi::Env env, Fn fn) -> decltype(fn()) {
  try {
    return fn();
  } catch (const Failure& failure) {
    throw toError(env, failure);
  } catch (const std::bad_alloc&) {
    throw toError(env, Failure("HOST_OUT_OF_MEMORY", "the process has no memory left"));
  }
}
