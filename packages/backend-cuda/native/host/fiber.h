#pragma once
#include <cstddef>

/** A stack that a function runs on until it hands over to another. x86-64 only. */
struct Fiber {
  void* stackPointer = nullptr;
  char* stack = nullptr;
  size_t stackBytes = 0;
  /** AddressSanitizer's own stack of this one. */
  void* fakeStack = nullptr;
};

/** A new stack; the first switch to it calls `entry`, which must never return. */
Fiber* createFiber(void (*entry)());
/** Forgets what ran on `fiber`: the next switch to it calls `entry` again. */
void restartFiber(Fiber& fiber, void (*entry)());
/** The stack of the calling thread, to come back to. */
Fiber threadFiber();
/** Goes on where `to` stands; returns when somebody switches back to `from`. */
void switchFiber(Fiber& from, Fiber& to);
/** To be called first by an `entry`. */
void enterFiber();
