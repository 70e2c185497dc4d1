#pragma once
#include <stdexcept>
#include <string>

/** What goes wrong, as JavaScript gets it: fields of an Error that src/errors.ts words. */
struct Failure : std::runtime_error {
  /** CUDA's name of the error, or one of this addon's own (src/errors.ts lists them). */
  std::string code;
  /** The driver function that failed; empty where none did. */
  std::string call;

  Failure(std::string code, const std::string& text, std::string call = "")
      : std::runtime_error(text), code(std::move(code)), call(std::move(call)) {}
};

/** A call that breaks a rule of this addon. */
inline Failure badArgument(const std::string& text) { return Failure("BAD_ARGUMENT", text); }
