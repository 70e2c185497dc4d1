#include <cstring>
#include <vector>

#include "deferred.h"
#include "device-host.h"

namespace host {
namespace {

struct Copy {
  void* to;
  const void* from;
  uint32_t bytes;
};

Deferred<Copy> copies;
/** By thread: something came that products may not see yet. */
std::vector<bool> unseen;

}  // namespace

void forgetCopies() {
  copies.forget();
  unseen.assign(threads.size(), false);
}

void deferCopy(void* to, const void* from, uint32_t bytes) { copies.add({to, from, bytes}); }

void commitCopies() { copies.commit(); }

void waitForCopies(uint32_t groupsLeft) {
  const bool came = copies.wait(groupsLeft, [](const Copy& copy) {
    if (copy.from) std::memcpy(copy.to, copy.from, copy.bytes);
    else std::memset(copy.to, 0, copy.bytes);
  });
  if (came) unseen[currentThread()] = true;
}

void showCopies() { unseen[currentThread()] = false; }

bool hasUnseenCopies() { return unseen[currentThread()]; }

}  // namespace host
