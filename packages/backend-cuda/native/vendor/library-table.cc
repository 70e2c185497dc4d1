#include "library-table.h"

#include <dlfcn.h>

#include <map>
#include <mutex>

namespace {

/** @throws Failure NO_LIBRARY if there is no such symbol. */
template <class Pointer>
void find(void* library, const std::string& path, const char* name, Pointer& pointer) {
  pointer = reinterpret_cast<Pointer>(dlsym(library, name));
  if (!pointer) throw Failure("NO_LIBRARY", path + " has no " + name, "dlsym");
}

void requireMajor(size_t version, size_t least, size_t most, const std::string& path) {
  const size_t major = version / 10000;
  if (major >= least && major <= most) return;
  const std::string wanted = std::to_string(least) + (most > least ? " or " + std::to_string(most) : "");
  throw Failure("NO_LIBRARY", path + " is of version " + std::to_string(major) + ", not " + wanted);
}

#define FIND(name, parameters) find(library, path, #name, table.name);

void fill(cublaslt::Library& table, void* library, const std::string& path) {
  CUBLASLT_FUNCTIONS(FIND)
  cublaslt::GetVersion* version = nullptr;
  find(library, path, "cublasLtGetVersion", version);
  find(library, path, "cublasLtGetStatusName", table.statusName);
  table.version = version();
  requireMajor(table.version, 12, 13, path);
}

void fill(cudnn::Library& table, void* library, const std::string& path) {
  CUDNN_FUNCTIONS(FIND)
  cudnn::GetVersion* version = nullptr;
  find(library, path, "cudnnGetVersion", version);
  find(library, path, "cudnnGetErrorString", table.statusName);
  table.version = version();
  requireMajor(table.version, 9, 9, path);
}

template <class Library>
const Library& libraryAt(const std::string& path) {
  // Never destroyed: a thread that closes a device may still be there when the process ends.
  static auto* mutex = new std::mutex;
  static auto* loaded = new std::map<std::string, Library>;
  std::lock_guard lock(*mutex);
  const auto known = loaded->find(path);
  if (known != loaded->end()) return known->second;
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library) throw Failure("NO_LIBRARY", dlerror());
  Library table;
  fill(table, library, path);
  return loaded->emplace(path, table).first->second;
}

}  // namespace

const cublaslt::Library& cublasLtAt(const std::string& path) { return libraryAt<cublaslt::Library>(path); }

const cudnn::Library& cudnnAt(const std::string& path) { return libraryAt<cudnn::Library>(path); }
