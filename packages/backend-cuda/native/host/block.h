#pragma once
#include <cstdint>

struct Dim3 {
  uint32_t x, y, z;
};

namespace host {

/** A kernel as it was compiled in: takes a pointer to its params. */
using KernelFunction = void (*)(const void* params);

struct Grid {
  Dim3 grid;
  Dim3 block;
  uint32_t sharedBytes;
};

/** Runs every block, one after the other. One grid runs at a time. @returns false if threads of a block wait for ever. */
bool runGrid(KernelFunction kernel, const void* params, const Grid& grid);

/** The running block's dynamic shared memory. */
void* dynamicSharedMemory();

// What a running thread calls. Each hands over to other threads of the block.

/** Until all threads of the block are here. */
void blockBarrier();

/** What the lanes of a warp learn from each other. */
struct Exchanged {
  /** The value of the lane asked for; the own one where that isn't among those that came. */
  uint64_t value;
  /** A bit for each lane whose value isn't 0. */
  uint32_t ballot;
};
/** Until all lanes of `mask` are here. */
Exchanged warpExchange(uint32_t mask, uint64_t value, uint32_t fromLane);
/** What a warp does together, given what each of its lanes brought. */
using WarpWork = void (*)(void* const* lanes);
/** Until all 32 lanes are here with the same `work`, which the last of them does. */
void warpWork(void* own, WarpWork work);
/** Number of the running thread in its warp. */
uint32_t lane();

/** A copy in the background, of zeros where `from` is null: it happens in the wait for it, as late as CUDA allows. */
void deferCopy(void* to, const void* from, uint32_t bytes);
void commitCopies();
void waitForCopies(uint32_t groupsLeft);

/** The running thread's part of a product of its warpgroup: operands as tileDescriptor says. */
struct Product {
  void* sums;
  uint64_t a, b;
  /** Adds to the sums, or replaces them. */
  bool isSum;
  /** Operands came by copies that the thread hasn't shown. */
  bool isUnseen;
};
using ProductWork = void (*)(const Product& product);
/** It is made in the wait for it. */
void deferProduct(ProductWork work, const Product& product);
void commitProducts();
void waitForProducts(uint32_t groupsLeft);
/** What came to the running thread by copies may be read by products from now on. */
void showCopies();
bool hasUnseenCopies();

}  // namespace host
