#include "engines.h"

#include <algorithm>

namespace cudnn {

const std::vector<Engine>& engines() {
  static const std::vector<Engine> all = {
      {{NOTE_TENSOR_CORE, NOTE_DOWN_CONVERT_INPUTS, NOTE_STRICT_NAN_PROP}, Flaw::TF32, 0, true},
      {{NOTE_NONDETERMINISTIC, NOTE_STRICT_NAN_PROP}, Flaw::DIFFERS_EACH_TIME, 0, true},
      {{NOTE_WINOGRAD, NOTE_WINOGRAD_TILE_4x4, NOTE_STRICT_NAN_PROP}, Flaw::WINOGRAD, 0, true},
      {{NOTE_STRICT_NAN_PROP}, Flaw::NONE, 0, false},
      {{NOTE_STRICT_NAN_PROP}, Flaw::NONE, int64_t{1} << 50, true},
      {{NOTE_STRICT_NAN_PROP}, Flaw::NONE, 256, true},
  };
  return all;
}

bool isSupported(const Object& graph) {
  const auto& operations = graph.objects(OPERATIONGRAPH_OPS);
  return std::all_of(operations.begin(), operations.end(), [](const Shared& operation) {
    if (operation->type == OPERATION_POINTWISE_DESCRIPTOR) return true;
    const int conv = typeOf(*operation, 702) >= 0 ? 702 : typeOf(*operation, 708) >= 0 ? 708 : 714;
    const Object& convolution = operation->object(conv);
    return convolution.wholes(CONVOLUTION_PRE_PADDINGS) == convolution.wholes(CONVOLUTION_POST_PADDINGS);
  });
}

}  // namespace cudnn
