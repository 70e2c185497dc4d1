#include "matmul-plan.h"

#include <functional>

using namespace cublaslt;

namespace {

constexpr DataType TYPES[] = {R_32F, R_16F, R_16BF};

/** An object of the library, released by one of its functions. */
template <class Object>
using Owned = std::unique_ptr<std::remove_pointer_t<Object>, std::function<Status(Object)>>;

/**
 * To the library, which takes matrices to lie column by column, a matrix of ours is its own transpose. So it is asked for
 * yᵀ [n, m] = op(b)ᵀ · op(a)ᵀ: b comes first, and none has to be turned round that wasn't before.
 */
class MatmulPlan final : public LibraryPlan {
 public:
  MatmulPlan(const Library& library, Handle handle, const MatmulDescription& description) : library_(library), handle_(handle) {
    const auto& [dtype, isTf32, m, n, k, isATransposed, isBTransposed, entries, strideA, strideB, mostBytes] = description;
    const int type = TYPES[dtype];
    const bool isFast = isTf32 && type == R_32F;
    desc_ = create<MatmulDesc>(library.cublasLtMatmulDescDestroy, [&](MatmulDesc* desc) {
      LIBRARY_CALL(library, cublasLtMatmulDescCreate, desc, isFast ? COMPUTE_32F_FAST_TF32 : COMPUTE_32F, R_32F);
    });
    set(TRANSA, isBTransposed ? OP_T : OP_N);
    set(TRANSB, isATransposed ? OP_T : OP_N);
    b_ = isBTransposed ? layout(type, k, n) : layout(type, n, k);
    a_ = isATransposed ? layout(type, m, k) : layout(type, k, m);
    y_ = layout(type, n, m);
    if (entries > 1) {
      batch(b_, entries, strideB);
      batch(a_, entries, strideA);
      batch(y_, entries, m * n);
    }
    choose(static_cast<uint64_t>(mostBytes));
    operands_ = 3;
  }

  void run(cuda::CUstream stream, const cuda::CUdeviceptr* operands, cuda::CUdeviceptr workspace) override {
    const float one = 1;
    const float zero = 0;
    void* y = pointer(operands[2]);
    LIBRARY_CALL(library_, cublasLtMatmul, handle_, desc_.get(), &one, pointer(operands[1]), b_.get(), pointer(operands[0]),
                 a_.get(), &zero, y, y_.get(), y, y_.get(), &algorithm_, pointer(workspace), workspaceBytes_, stream);
  }

 private:
  template <class Object, class Create>
  static Owned<Object> create(Status (*destroy)(Object), Create make) {
    Object made = nullptr;
    make(&made);
    return Owned<Object>(made, destroy);
  }

  void set(MatmulDescAttribute attribute, int32_t value) {
    LIBRARY_CALL(library_, cublasLtMatmulDescSetAttribute, desc_.get(), attribute, &value, sizeof value);
  }

  Owned<MatrixLayout> layout(int type, int64_t rows, int64_t columns) {
    return create<MatrixLayout>(library_.cublasLtMatrixLayoutDestroy, [&](MatrixLayout* layout) {
      LIBRARY_CALL(library_, cublasLtMatrixLayoutCreate, layout, type, static_cast<uint64_t>(rows),
                   static_cast<uint64_t>(columns), rows);
    });
  }

  void batch(const Owned<MatrixLayout>& layout, int64_t entries, int64_t stride) {
    const auto count = static_cast<int32_t>(entries);
    LIBRARY_CALL(library_, cublasLtMatrixLayoutSetAttribute, layout.get(), BATCH_COUNT, &count, sizeof count);
    LIBRARY_CALL(library_, cublasLtMatrixLayoutSetAttribute, layout.get(), STRIDED_BATCH_OFFSET, &stride, sizeof stride);
  }

  /** The first algorithm of the library's ranking; whatever adds up parts of a sum in less than f32 is out. */
  void choose(uint64_t mostBytes) {
    const auto preference = create<Preference>(library_.cublasLtMatmulPreferenceDestroy, [&](Preference* made) {
      LIBRARY_CALL(library_, cublasLtMatmulPreferenceCreate, made);
    });
    const uint32_t reductions = REDUCTION_SCHEME_COMPUTE_TYPE;
    LIBRARY_CALL(library_, cublasLtMatmulPreferenceSetAttribute, preference.get(), MAX_WORKSPACE_BYTES, &mostBytes,
                 sizeof mostBytes);
    LIBRARY_CALL(library_, cublasLtMatmulPreferenceSetAttribute, preference.get(), REDUCTION_SCHEME_MASK, &reductions,
                 sizeof reductions);
    HeuristicResult found{};
    int count = 0;
    LIBRARY_CALL(library_, cublasLtMatmulAlgoGetHeuristic, handle_, desc_.get(), b_.get(), a_.get(), y_.get(), y_.get(),
                 preference.get(), 1, &found, &count);
    library_.check(count > 0 ? found.state : static_cast<Status>(NOT_SUPPORTED), "cublasLtMatmulAlgoGetHeuristic");
    algorithm_ = found.algorithm;
    workspaceBytes_ = found.workspaceBytes;
  }

  const Library& library_;
  const Handle handle_;
  Owned<MatmulDesc> desc_;
  Owned<MatrixLayout> b_, a_, y_;
  Algorithm algorithm_{};
};

}  // namespace

std::unique_ptr<LibraryPlan> planMatmul(const Library& library, Handle handle, const MatmulDescription& description) {
  return std::make_unique<MatmulPlan>(library, handle, description);
}
