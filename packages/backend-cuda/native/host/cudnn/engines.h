#pragma once
#include "compute.h"

namespace cudnn {

struct Engine {
  std::vector<int> notes;
  Flaw flaw;
  int64_t workspaceBytes;
  bool makesPlans;
};

/** In the order of HEUR_MODE_A: all but the last are there to be passed over. HEUR_MODE_FALLBACK has that alone. */
const std::vector<Engine>& engines();
/** A rule of this library's own, so that there is something to refuse: padding that differs from side to side has no engine. */
bool isSupported(const Object& graph);

}  // namespace cudnn
