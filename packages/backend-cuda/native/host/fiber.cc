#include "fiber.h"

#include <pthread.h>
#include <sys/mman.h>

#include <new>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

// Saves what a function must keep (System V ABI), swaps stacks, restores. The floating-point modes are the same everywhere.
asm(R"(
.text
.type vertebraSwitchStacks, @function
vertebraSwitchStacks:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rdi)
  mov %rsi, %rsp
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size vertebraSwitchStacks, .-vertebraSwitchStacks
)");
extern "C" void vertebraSwitchStacks(void** save, void* to);

namespace {

/** AddressSanitizer's frames are several times as large. */
#ifdef __SANITIZE_ADDRESS__
constexpr size_t STACK_BYTES = 256 << 10;
#else
constexpr size_t STACK_BYTES = 64 << 10;
#endif
constexpr size_t GUARD_BYTES = 4 << 10;
constexpr size_t SAVED_REGISTERS = 6;

}  // namespace

Fiber* createFiber(void (*entry)()) {
  void* memory = mmap(nullptr, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  // A stack that overflows hits it.
  mprotect(memory, GUARD_BYTES, PROT_NONE);
  auto* fiber = new Fiber;
  fiber->stack = static_cast<char*>(memory) + GUARD_BYTES;
  fiber->stackBytes = STACK_BYTES;
  restartFiber(*fiber, entry);
  return fiber;
}

void restartFiber(Fiber& fiber, void (*entry)()) {
#ifdef __SANITIZE_ADDRESS__
  ASAN_UNPOISON_MEMORY_REGION(fiber.stack, fiber.stackBytes);
#endif
  // From the top: a return address that nobody uses, where `entry` finds one after a call; `entry` itself; the registers.
  void** top = reinterpret_cast<void**>(fiber.stack + fiber.stackBytes) - 1;
  *--top = reinterpret_cast<void*>(entry);
  for (size_t i = 0; i < SAVED_REGISTERS; i++) *--top = nullptr;
  fiber.stackPointer = top;
  fiber.fakeStack = nullptr;
}

Fiber threadFiber() {
  Fiber fiber;
#ifdef __SANITIZE_ADDRESS__
  pthread_attr_t attributes;
  pthread_getattr_np(pthread_self(), &attributes);
  void* stack = nullptr;
  pthread_attr_getstack(&attributes, &stack, &fiber.stackBytes);
  fiber.stack = static_cast<char*>(stack);
  pthread_attr_destroy(&attributes);
#endif
  return fiber;
}

void switchFiber(Fiber& from, Fiber& to) {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_start_switch_fiber(&from.fakeStack, to.stack, to.stackBytes);
  vertebraSwitchStacks(&from.stackPointer, to.stackPointer);
  __sanitizer_finish_switch_fiber(from.fakeStack, nullptr, nullptr);
#else
  vertebraSwitchStacks(&from.stackPointer, to.stackPointer);
#endif
}

void enterFiber() {
#ifdef __SANITIZE_ADDRESS__
  __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
#endif
}
