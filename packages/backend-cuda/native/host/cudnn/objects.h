#pragma once
#include <map>
#include <memory>
#include <vector>

#include "../../vendor/cudnn.h"

namespace cudnn {

struct Object;
using Shared = std::shared_ptr<Object>;

/** An attribute as it was set: numbers of up to 8 bytes each, or descriptors. */
struct Value {
  int type;
  std::vector<int64_t> bits;
  std::vector<Shared> objects;
};

/** A descriptor. */
struct Object {
  int type;
  bool isFinal = false;
  std::map<int, Value> values{};
  /** Of an engine, and of what refers to one. */
  int engine = -1;

  bool has(int name) const { return values.count(name) != 0; }
  int64_t whole(int name) const { return values.at(name).bits.at(0); }
  double real(int name, double otherwise) const;
  const std::vector<int64_t>& wholes(int name) const { return values.at(name).bits; }
  const Object& object(int name) const { return *values.at(name).objects.at(0); }
  const std::vector<Shared>& objects(int name) const { return values.at(name).objects; }
};

/** Bytes of one element. */
size_t elementBytes(int attributeType);

/** The type of an attribute, -1 for one that such a descriptor hasn't got. */
int typeOf(const Object& object, int name);
/** False for those that a heuristic fills. */
bool isFilledByCaller(int descriptorType);

/** Whether a descriptor has all it needs and its parts fit each other. */
Status check(const Object& object);

}  // namespace cudnn
