// A test library with the functions of cuBLASLt that are used here: it computes on the processor what its descriptors say, for the
// test driver. Strict where the real one is lenient: what it doesn't know is an error.
#include "../../vendor/cublaslt.h"

#include <map>
#include <string>

#include "../library-objects.h"
#include "../work.h"

namespace cublaslt {

struct DescState {
  int computeType;
  std::map<int, int32_t> transposes{{TRANSA, OP_N}, {TRANSB, OP_N}};
};
struct LayoutState {
  int type;
  int64_t rows, columns, leading;
  int32_t entries = 1;
  int64_t stride = 0;
};
struct Limits {
  uint64_t workspaceBytes = 0;
  uint32_t reductions = 7;
};

namespace {

/** As much as the one algorithm asks for, so that plans need some; the real one has tens of MiB. */
constexpr size_t WORKSPACE_BYTES = 512;
constexpr uint64_t ALGORITHM = 0x7665727465627261;
/** As the real one. */
constexpr int32_t MOST_ENTRIES = 65535;

host::Known<char> handles;
host::Known<DescState> descs;
host::Known<LayoutState> layouts;
host::Known<Limits> preferences;

template <class Value>
bool copyValue(Value& to, const void* from, size_t bytes) {
  if (!from || bytes != sizeof to) return false;
  to = *static_cast<const Value*>(from);
  return true;
}

int64_t elementBytes(const LayoutState& layout) { return layout.type == R_32F ? 4 : 2; }

/** Bytes from the first element to the last. */
size_t bytesOf(const LayoutState& layout) {
  const int64_t last = layout.leading * (layout.columns - 1) + layout.rows + layout.stride * (layout.entries - 1);
  return static_cast<size_t>(last * elementBytes(layout));
}

struct Product {
  const DescState desc;
  const LayoutState a, b, d;
};

/** Whether the matrices fit each other. */
Status check(const DescState* desc, const LayoutState* a, const LayoutState* b, const LayoutState* c, const LayoutState* d) {
  if (!desc || !a || !b || !c || !d) return INVALID_VALUE;
  const bool isTurnedA = desc->transposes.at(TRANSA) == OP_T;
  const bool isTurnedB = desc->transposes.at(TRANSB) == OP_T;
  const int64_t m = isTurnedA ? a->columns : a->rows;
  const int64_t k = isTurnedA ? a->rows : a->columns;
  const bool fits = d->rows == m && (isTurnedB ? b->columns : b->rows) == k && d->columns == (isTurnedB ? b->rows : b->columns);
  for (const LayoutState* each : {a, b, c, d}) {
    if (each->type != a->type || each->entries != a->entries || each->leading < each->rows) return INVALID_VALUE;
    if (each->rows < 1 || each->columns < 1) return INVALID_VALUE;
  }
  if (d->entries > 1 && d->stride < d->leading * d->columns) return INVALID_VALUE;
  if (!fits || c->rows != d->rows || c->columns != d->columns) return INVALID_VALUE;
  if (desc->computeType == COMPUTE_32F_FAST_TF32 && a->type != R_32F) return NOT_SUPPORTED;
  return a->entries > MOST_ENTRIES ? NOT_SUPPORTED : SUCCESS;
}

template <class T>
void multiply(const Product& product, const void* a, const void* b, void* d) {
  const auto& [desc, aLayout, bLayout, dLayout] = product;
  const bool isTurnedA = desc.transposes.at(TRANSA) == OP_T;
  const bool isTurnedB = desc.transposes.at(TRANSB) == OP_T;
  const bool isTf32 = desc.computeType == COMPUTE_32F_FAST_TF32;
  const int64_t terms = isTurnedA ? aLayout.rows : aLayout.columns;
  const auto value = [&](const void* from, int64_t at) {
    const float exact = host::load<T>(from, at);
    return isTf32 ? host::toTf32(exact) : exact;
  };
  for (int64_t entry = 0; entry < dLayout.entries; entry++)
    for (int64_t column = 0; column < dLayout.columns; column++)
      for (int64_t row = 0; row < dLayout.rows; row++) {
        double sum = 0;
        for (int64_t k = 0; k < terms; k++) {
          const int64_t atA = isTurnedA ? row * aLayout.leading + k : k * aLayout.leading + row;
          const int64_t atB = isTurnedB ? k * bLayout.leading + column : column * bLayout.leading + k;
          sum += static_cast<double>(value(a, entry * aLayout.stride + atA)) * value(b, entry * bLayout.stride + atB);
        }
        host::store<T>(d, entry * dLayout.stride + column * dLayout.leading + row, sum);
      }
}

void run(const Product& product, const void* a, const void* b, void* d, char* workspace) {
  if (workspace) std::fill_n(workspace, WORKSPACE_BYTES, 'w');
  if (product.a.type == R_32F) multiply<float>(product, a, b, d);
  else if (product.a.type == R_16F) multiply<f16>(product, a, b, d);
  else multiply<bf16>(product, a, b, d);
}

}  // namespace

#define DECLARE(name, parameters) extern "C" VISIBLE Status name parameters;
CUBLASLT_FUNCTIONS(DECLARE)
#undef DECLARE

extern "C" VISIBLE size_t cublasLtGetVersion() { return 130000; }

extern "C" VISIBLE const char* cublasLtGetStatusName(Status status) {
  static const std::map<Status, const char*> names = {{SUCCESS, "CUBLAS_STATUS_SUCCESS"},
                                                      {NOT_INITIALIZED, "CUBLAS_STATUS_NOT_INITIALIZED"},
                                                      {INVALID_VALUE, "CUBLAS_STATUS_INVALID_VALUE"},
                                                      {EXECUTION_FAILED, "CUBLAS_STATUS_EXECUTION_FAILED"},
                                                      {NOT_SUPPORTED, "CUBLAS_STATUS_NOT_SUPPORTED"}};
  const auto found = names.find(status);
  return found == names.end() ? "unknown" : found->second;
}

Status cublasLtCreate(Handle* handle) {
  if (!host::hasContext()) return NOT_INITIALIZED;
  handles.add(handle, 'h');
  return SUCCESS;
}
Status cublasLtDestroy(Handle handle) { return handles.erase(handle) ? SUCCESS : INVALID_VALUE; }

Status cublasLtMatmulDescCreate(MatmulDesc* desc, int computeType, int scaleType) {
  if (scaleType != R_32F || (computeType != COMPUTE_32F && computeType != COMPUTE_32F_FAST_TF32)) return INVALID_VALUE;
  descs.add(desc, DescState{computeType});
  return SUCCESS;
}
Status cublasLtMatmulDescDestroy(MatmulDesc desc) { return descs.erase(desc) ? SUCCESS : INVALID_VALUE; }
Status cublasLtMatmulDescSetAttribute(MatmulDesc desc, int attribute, const void* value, size_t bytes) {
  DescState* state = descs.get(desc);
  int32_t operation = 0;
  if (!state || !state->transposes.count(attribute) || !copyValue(operation, value, bytes)) return INVALID_VALUE;
  if (operation != OP_N && operation != OP_T) return INVALID_VALUE;
  state->transposes[attribute] = operation;
  return SUCCESS;
}

Status cublasLtMatrixLayoutCreate(MatrixLayout* layout, int type, uint64_t rows, uint64_t columns, int64_t leading) {
  if (type != R_32F && type != R_16F && type != R_16BF) return INVALID_VALUE;
  layouts.add(layout, LayoutState{type, static_cast<int64_t>(rows), static_cast<int64_t>(columns), leading});
  return SUCCESS;
}
Status cublasLtMatrixLayoutDestroy(MatrixLayout layout) { return layouts.erase(layout) ? SUCCESS : INVALID_VALUE; }
Status cublasLtMatrixLayoutSetAttribute(MatrixLayout layout, int attribute, const void* value, size_t bytes) {
  LayoutState* state = layouts.get(layout);
  if (!state) return INVALID_VALUE;
  if (attribute == BATCH_COUNT) return copyValue(state->entries, value, bytes) ? SUCCESS : INVALID_VALUE;
  if (attribute == STRIDED_BATCH_OFFSET) return copyValue(state->stride, value, bytes) ? SUCCESS : INVALID_VALUE;
  return INVALID_VALUE;
}

Status cublasLtMatmulPreferenceCreate(Preference* preference) {
  preferences.add(preference, Limits{});
  return SUCCESS;
}
Status cublasLtMatmulPreferenceDestroy(Preference preference) { return preferences.erase(preference) ? SUCCESS : INVALID_VALUE; }
Status cublasLtMatmulPreferenceSetAttribute(Preference preference, int attribute, const void* value, size_t bytes) {
  Limits* state = preferences.get(preference);
  if (!state) return INVALID_VALUE;
  if (attribute == MAX_WORKSPACE_BYTES) return copyValue(state->workspaceBytes, value, bytes) ? SUCCESS : INVALID_VALUE;
  if (attribute == REDUCTION_SCHEME_MASK) return copyValue(state->reductions, value, bytes) ? SUCCESS : INVALID_VALUE;
  return INVALID_VALUE;
}

Status cublasLtMatmulAlgoGetHeuristic(Handle handle, MatmulDesc desc, MatrixLayout a, MatrixLayout b, MatrixLayout c,
                                      MatrixLayout d, Preference preference, int wanted, HeuristicResult* results, int* count) {
  const Limits* limits = preferences.get(preference);
  if (!handles.get(handle) || !limits || wanted < 1 || !results || !count) return INVALID_VALUE;
  *count = 0;
  const Status fits = check(descs.get(desc), layouts.get(a), layouts.get(b), layouts.get(c), layouts.get(d));
  if (fits != SUCCESS) return fits;
  if (limits->reductions & ~REDUCTION_SCHEME_COMPUTE_TYPE) return NOT_SUPPORTED;
  *results = HeuristicResult{{{ALGORITHM}}, limits->workspaceBytes < WORKSPACE_BYTES ? 0 : WORKSPACE_BYTES, SUCCESS, 1, {}};
  *count = 1;
  return SUCCESS;
}

Status cublasLtMatmul(Handle handle, MatmulDesc desc, const void* alpha, const void* a, MatrixLayout aLayout, const void* b,
                      MatrixLayout bLayout, const void* beta, const void* c, MatrixLayout cLayout, void* d,
                      MatrixLayout dLayout, const Algorithm* algorithm, void* workspace, size_t workspaceBytes,
                      cuda::CUstream stream) {
  const LayoutState *ofA = layouts.get(aLayout), *ofB = layouts.get(bLayout), *ofD = layouts.get(dLayout);
  const Status fits = check(descs.get(desc), ofA, ofB, layouts.get(cLayout), ofD);
  if (fits != SUCCESS) return fits;
  if (!handles.get(handle) || !algorithm || algorithm->data[0] != ALGORITHM || c != d) return INVALID_VALUE;
  if (*static_cast<const float*>(alpha) != 1 || *static_cast<const float*>(beta) != 0) return INVALID_VALUE;
  const bool isOnDevice = host::isDeviceMemory(a, bytesOf(*ofA)) && host::isDeviceMemory(b, bytesOf(*ofB)) &&
                          host::isDeviceMemory(d, bytesOf(*ofD));
  if (!isOnDevice || (workspaceBytes > 0 && !host::isDeviceMemory(workspace, workspaceBytes))) return INVALID_VALUE;
  char* scratch = workspaceBytes >= WORKSPACE_BYTES ? static_cast<char*>(workspace) : nullptr;
  const Product product{*descs.get(desc), *ofA, *ofB, *ofD};
  return host::doWork(stream, [=] { run(product, a, b, d, scratch); }) == cuda::SUCCESS ? SUCCESS : EXECUTION_FAILED;
}

}  // namespace cublaslt
