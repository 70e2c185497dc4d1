#include "convolution-plan.h"

#include <algorithm>

#include "convolution-graph.h"

using namespace cudnn;

namespace {

/** More than cuDNN has. */
constexpr size_t MOST_NOTES = 64;

/**
 * True where an engine's numbers are as our own kernels': the same in every run, sums in f32, nothing rounded before it is
 * multiplied but by the caller's leave, and a NaN stays one. FFT and Winograd have other error bounds than a sum of products.
 */
bool isExact(const std::vector<int>& notes, const ConvolutionDescription& of) {
  const bool isF32 = of.dtype == 0;
  const bool isTf32 = of.isTf32 != 0;
  const bool isClipped = of.activation == ConvolutionDescription::RELU || of.activation == ConvolutionDescription::RELU6;
  if (isClipped && std::find(notes.begin(), notes.end(), NOTE_STRICT_NAN_PROP) == notes.end()) return false;
  return std::none_of(notes.begin(), notes.end(), [&](int note) {
    if (note == NOTE_TENSOR_CORE) return isF32 && !isTf32;
    if (note == NOTE_DOWN_CONVERT_INPUTS) return !(isF32 && isTf32);
    return note >= NOTE_REDUCED_PRECISION_REDUCTION && note <= NOTE_WINOGRAD_TILE_13x13;
  });
}

class ConvolutionPlan final : public LibraryPlan {
 public:
  ConvolutionPlan(const Library& library, Handle handle, const ConvolutionDescription& description)
      : library_(library), handle_(handle), of_(description), graph_(library, handle, of_) {
    operands_ = static_cast<size_t>(graph_.operands());
    for (const HeurMode mode : {HEUR_MODE_A, HEUR_MODE_FALLBACK})
      if (chooseBy(mode)) return;
    throw Failure("CUDNN_STATUS_NOT_SUPPORTED", "", "no engine is exact and fits");
  }

  void run(cuda::CUstream stream, const cuda::CUdeviceptr* operands, cuda::CUdeviceptr workspace) override {
    std::vector<int64_t> ids(operands_);
    std::vector<void*> pointers(operands_);
    for (size_t i = 0; i < operands_; i++) {
      ids[i] = static_cast<int64_t>(i) + 1;
      pointers[i] = pointer(operands[i]);
    }
    void* scratch = pointer(workspace);
    Owned pack(library_, VARIANT_PACK_DESCRIPTOR);
    pack.set(VARIANT_PACK_DATA_POINTERS, TYPE_VOID_PTR, static_cast<int64_t>(operands_), pointers.data())
        .set(VARIANT_PACK_UNIQUE_IDS, ids)
        .set(VARIANT_PACK_WORKSPACE, TYPE_VOID_PTR, 1, &scratch)
        .finalize();
    LIBRARY_CALL(library_, cudnnSetStream, handle_, stream);
    LIBRARY_CALL(library_, cudnnBackendExecute, handle_, plan_->get(), pack.get());
  }

 private:
  /** The first of the engines that a heuristic ranks that is exact, and makes a plan that fits. */
  bool chooseBy(HeurMode mode) {
    Owned heuristic(library_, ENGINEHEUR_DESCRIPTOR);
    heuristic.set(ENGINEHEUR_OPERATION_GRAPH, graph_.graph()).set(ENGINEHEUR_MODE, TYPE_HEUR_MODE, mode);
    // A heuristic that knows nothing of such a graph says so here.
    if (library_.cudnnBackendFinalize(heuristic.get()) != SUCCESS) return false;
    const int64_t count = heuristic.read(ENGINEHEUR_RESULTS, TYPE_BACKEND_DESCRIPTOR, 0, nullptr);
    std::vector<Descriptor> configs;
    for (int64_t i = 0; i < count; i++)
      configs.push_back(configs_.emplace_back(library_, ENGINECFG_DESCRIPTOR).get());
    const int64_t found = heuristic.read(ENGINEHEUR_RESULTS, TYPE_BACKEND_DESCRIPTOR, count, configs.data());
    const size_t first = configs_.size() - configs.size();
    for (int64_t i = 0; i < std::min(found, count); i++) {
      const Owned& config = configs_[first + static_cast<size_t>(i)];
      if (isExact(notesOf(config), of_) && makePlan(config)) return true;
    }
    return false;
  }

  std::vector<int> notesOf(const Owned& config) const {
    Owned engine(library_, ENGINE_DESCRIPTOR);
    Descriptor descriptor = engine.get();
    config.read(ENGINECFG_ENGINE, TYPE_BACKEND_DESCRIPTOR, 1, &descriptor);
    std::vector<int> notes(MOST_NOTES);
    const int64_t count = engine.read(ENGINE_NUMERICAL_NOTE, TYPE_NUMERICAL_NOTE, MOST_NOTES, notes.data());
    notes.resize(static_cast<size_t>(std::min<int64_t>(count, MOST_NOTES)));
    return notes;
  }

  /** False where the engine can't after all, or needs more memory than it may have. */
  bool makePlan(const Owned& config) {
    auto plan = std::make_unique<Owned>(library_, EXECUTION_PLAN_DESCRIPTOR);
    plan->set(EXECUTION_PLAN_HANDLE, TYPE_HANDLE, 1, &handle_).set(EXECUTION_PLAN_ENGINE_CONFIG, config);
    if (library_.cudnnBackendFinalize(plan->get()) != SUCCESS) return false;
    int64_t bytes = 0;
    plan->read(EXECUTION_PLAN_WORKSPACE_SIZE, TYPE_INT64, 1, &bytes);
    if (bytes > of_.mostWorkspaceBytes) return false;
    workspaceBytes_ = static_cast<size_t>(bytes);
    plan_ = std::move(plan);
    return true;
  }

  const Library& library_;
  const Handle handle_;
  const ConvolutionDescription of_;
  ConvolutionGraph graph_;
  std::vector<Owned> configs_;
  std::unique_ptr<Owned> plan_;
};

}  // namespace

std::unique_ptr<LibraryPlan> planConvolution(const Library& library, Handle handle, const ConvolutionDescription& description) {
  return std::make_unique<ConvolutionPlan>(library, handle, description);
}
