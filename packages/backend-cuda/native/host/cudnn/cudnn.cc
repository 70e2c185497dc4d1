// A test library with the functions of cuDNN 9 that are used here: it computes on the processor what its descriptors say, for the
// test driver. Strict where the real one is lenient: an unknown attribute, a missing one or a descriptor that isn't final is an error.
#include "../../vendor/cudnn.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "../library-objects.h"
#include "../work.h"
#include "engines.h"

namespace cudnn {

struct StreamOf {
  cuda::CUstream stream = nullptr;
};

namespace {

host::Known<StreamOf> handles;
host::Known<Shared> objects;

Object* objectOf(Descriptor descriptor) {
  Shared* shared = objects.get(descriptor);
  return shared ? shared->get() : nullptr;
}

const Engine& engineOf(const Object& object) { return engines()[static_cast<size_t>(object.engine)]; }

Status finalizePlan(Object& plan) {
  const Object& config = plan.object(EXECUTION_PLAN_ENGINE_CONFIG);
  plan.engine = config.engine;
  return config.engine >= 0 && engineOf(config).makesPlans ? SUCCESS : NOT_SUPPORTED;
}

/** A heuristic's configurations, into descriptors that the caller made. */
Status readResults(const Object& heuristic, int64_t wanted, int64_t* count, Descriptor* results) {
  const bool isFallback = heuristic.whole(ENGINEHEUR_MODE) == HEUR_MODE_FALLBACK;
  const int last = static_cast<int>(engines().size()) - 1;
  const int first = isFallback ? last : 0;
  *count = last - first + 1;
  if (!results) return SUCCESS;
  *count = std::min(*count, wanted);
  for (int64_t i = 0; i < *count; i++) {
    Object* config = objectOf(results[i]);
    if (!config || config->type != ENGINECFG_DESCRIPTOR) return BAD_PARAM;
    config->engine = first + static_cast<int>(i);
    config->values[ENGINEHEUR_OPERATION_GRAPH] = heuristic.values.at(ENGINEHEUR_OPERATION_GRAPH);
    config->isFinal = true;
  }
  return SUCCESS;
}

Status readNotes(const Object& engine, int64_t wanted, int64_t* count, int* notes) {
  const auto& known = engineOf(engine).notes;
  *count = std::min<int64_t>(wanted, static_cast<int64_t>(known.size()));
  std::copy_n(known.begin(), *count, notes);
  return SUCCESS;
}

/** The pointers of a pack that a plan needs, or none where one is missing or isn't the device's. */
Status resolve(const Object& pack, const std::vector<Shared>& operations, std::map<int64_t, void*>& pointers) {
  const auto& ids = pack.wholes(VARIANT_PACK_UNIQUE_IDS);
  const auto& addresses = pack.wholes(VARIANT_PACK_DATA_POINTERS);
  if (ids.size() != addresses.size()) return BAD_PARAM;
  for (size_t i = 0; i < ids.size(); i++) pointers[ids[i]] = reinterpret_cast<void*>(addresses[i]);
  for (const Shared& operation : operations)
    for (const auto& [name, value] : operation->values)
      for (const Shared& part : value.objects) {
        if (part->type != TENSOR_DESCRIPTOR || (part->has(TENSOR_IS_VIRTUAL) && part->whole(TENSOR_IS_VIRTUAL))) continue;
        const auto found = pointers.find(part->whole(TENSOR_UNIQUE_ID));
        if (found == pointers.end() || !host::isDeviceMemory(found->second, bytesOf(*part))) return BAD_PARAM;
        const auto alignment = static_cast<uintptr_t>(part->whole(TENSOR_BYTE_ALIGNMENT));
        if (reinterpret_cast<uintptr_t>(found->second) % alignment) return BAD_PARAM;
      }
  return SUCCESS;
}

}  // namespace

#define DECLARE(name, parameters) extern "C" VISIBLE Status name parameters;
CUDNN_FUNCTIONS(DECLARE)
#undef DECLARE

extern "C" VISIBLE size_t cudnnGetVersion() { return 90000; }

extern "C" VISIBLE const char* cudnnGetErrorString(Status status) {
  static const std::map<Status, const char*> names = {{SUCCESS, "CUDNN_STATUS_SUCCESS"},
                                                      {BAD_PARAM, "CUDNN_STATUS_BAD_PARAM"},
                                                      {BAD_PARAM_NULL_POINTER, "CUDNN_STATUS_BAD_PARAM_NULL_POINTER"},
                                                      {BAD_PARAM_NOT_FINALIZED, "CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED"},
                                                      {BAD_PARAM_SHAPE_MISMATCH, "CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH"},
                                                      {BAD_PARAM_ATTRIBUTE_TYPE, "CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE"},
                                                      {NOT_SUPPORTED, "CUDNN_STATUS_NOT_SUPPORTED"},
                                                      {EXECUTION_FAILED, "CUDNN_STATUS_EXECUTION_FAILED"}};
  const auto found = names.find(status);
  return found == names.end() ? "unknown" : found->second;
}

Status cudnnCreate(Handle* handle) {
  if (!host::hasContext()) return EXECUTION_FAILED;
  handles.add(handle, StreamOf{});
  return SUCCESS;
}
Status cudnnDestroy(Handle handle) { return handles.erase(handle) ? SUCCESS : BAD_PARAM; }
Status cudnnSetStream(Handle handle, cuda::CUstream stream) {
  StreamOf* state = handles.get(handle);
  if (!state) return BAD_PARAM;
  state->stream = stream;
  return SUCCESS;
}

Status cudnnBackendCreateDescriptor(int type, Descriptor* descriptor) {
  if (!isFilledByCaller(type) && type != ENGINE_DESCRIPTOR && type != ENGINECFG_DESCRIPTOR) return NOT_SUPPORTED;
  objects.add(descriptor, std::make_shared<Object>(Object{type}));
  return SUCCESS;
}
Status cudnnBackendDestroyDescriptor(Descriptor descriptor) { return objects.erase(descriptor) ? SUCCESS : BAD_PARAM; }

Status cudnnBackendSetAttribute(Descriptor descriptor, int name, int type, int64_t count, const void* elements) {
  Object* object = objectOf(descriptor);
  if (!object || !elements || count < 1) return BAD_PARAM_NULL_POINTER;
  if (object->isFinal || typeOf(*object, name) < 0) return BAD_PARAM;
  if (type != typeOf(*object, name)) return BAD_PARAM_ATTRIBUTE_TYPE;
  Value value{type, std::vector<int64_t>(static_cast<size_t>(count)), {}};
  for (size_t i = 0; i < value.bits.size(); i++)
    std::memcpy(&value.bits[i], static_cast<const char*>(elements) + i * elementBytes(type), elementBytes(type));
  if (type == TYPE_BACKEND_DESCRIPTOR)
    for (const int64_t bits : value.bits) {
      Shared* part = objects.get(reinterpret_cast<void*>(bits));
      if (!part) return BAD_PARAM;
      if (!(*part)->isFinal) return BAD_PARAM_NOT_FINALIZED;
      value.objects.push_back(*part);
    }
  object->values[name] = std::move(value);
  return SUCCESS;
}

Status cudnnBackendFinalize(Descriptor descriptor) {
  Object* object = objectOf(descriptor);
  if (!object || object->isFinal) return BAD_PARAM;
  if (const Status problem = check(*object)) return problem;
  if (object->type == ENGINEHEUR_DESCRIPTOR && !isSupported(object->object(ENGINEHEUR_OPERATION_GRAPH))) return NOT_SUPPORTED;
  if (object->type == EXECUTION_PLAN_DESCRIPTOR)
    if (const Status problem = finalizePlan(*object)) return problem;
  object->isFinal = true;
  return SUCCESS;
}

Status cudnnBackendGetAttribute(Descriptor descriptor, int name, int type, int64_t wanted, int64_t* count, void* elements) {
  const Object* object = objectOf(descriptor);
  if (!object || !count) return BAD_PARAM_NULL_POINTER;
  if (!object->isFinal) return BAD_PARAM_NOT_FINALIZED;
  if (object->type == ENGINEHEUR_DESCRIPTOR && name == ENGINEHEUR_RESULTS && type == TYPE_BACKEND_DESCRIPTOR)
    return readResults(*object, wanted, count, static_cast<Descriptor*>(elements));
  if (!elements || wanted < 1) return BAD_PARAM_NULL_POINTER;
  if (object->type == ENGINECFG_DESCRIPTOR && name == ENGINECFG_ENGINE && type == TYPE_BACKEND_DESCRIPTOR) {
    Object* engine = objectOf(*static_cast<Descriptor*>(elements));
    if (!engine || engine->type != ENGINE_DESCRIPTOR) return BAD_PARAM;
    engine->engine = object->engine;
    engine->isFinal = true;
    *count = 1;
    return SUCCESS;
  }
  if (object->type == ENGINE_DESCRIPTOR && name == ENGINE_NUMERICAL_NOTE && type == TYPE_NUMERICAL_NOTE)
    return readNotes(*object, wanted, count, static_cast<int*>(elements));
  if (object->type != EXECUTION_PLAN_DESCRIPTOR || name != EXECUTION_PLAN_WORKSPACE_SIZE || type != TYPE_INT64) return BAD_PARAM;
  *static_cast<int64_t*>(elements) = engineOf(*object).workspaceBytes;
  *count = 1;
  return SUCCESS;
}

Status cudnnBackendExecute(Handle handle, Descriptor planDescriptor, Descriptor packDescriptor) {
  const StreamOf* state = handles.get(handle);
  const Object *plan = objectOf(planDescriptor), *pack = objectOf(packDescriptor);
  if (!state || !plan || !pack) return BAD_PARAM_NULL_POINTER;
  if (plan->type != EXECUTION_PLAN_DESCRIPTOR || pack->type != VARIANT_PACK_DESCRIPTOR) return BAD_PARAM;
  if (!plan->isFinal || !pack->isFinal) return BAD_PARAM_NOT_FINALIZED;
  const Engine& engine = engineOf(*plan);
  auto* workspace = reinterpret_cast<char*>(pack->whole(VARIANT_PACK_WORKSPACE));
  const auto bytes = static_cast<size_t>(engine.workspaceBytes);
  if (bytes > 0 && !host::isDeviceMemory(workspace, bytes)) return BAD_PARAM;
  const Object& config = plan->object(EXECUTION_PLAN_ENGINE_CONFIG);
  const std::vector<Shared> operations = config.object(ENGINEHEUR_OPERATION_GRAPH).objects(OPERATIONGRAPH_OPS);
  std::map<int64_t, void*> pointers;
  if (const Status problem = resolve(*pack, operations, pointers)) return problem;
  const auto work = [operations, pointers, workspace, bytes, flaw = engine.flaw] {
    std::fill_n(workspace, bytes, 'w');
    compute(operations, pointers, flaw);
  };
  return host::doWork(state->stream, work) == cuda::SUCCESS ? SUCCESS : EXECUTION_FAILED;
}

}  // namespace cudnn
