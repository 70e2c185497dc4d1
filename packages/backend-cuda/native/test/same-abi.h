#pragma once
#include <type_traits>

template <class Ours, class Theirs>
constexpr bool sameKind = sizeof(Ours) == sizeof(Theirs) && std::is_pointer_v<Ours> == std::is_pointer_v<Theirs>;

template <class Ours, class Theirs>
constexpr bool sameSignature = false;

/** True if both take and give values of the same sizes, pointers where pointers are. */
template <class Our, class... Ours, class Their, class... Theirs>
constexpr bool sameSignature<Our(Ours...), Their(Theirs...)> = [] {
  if constexpr (sizeof...(Ours) != sizeof...(Theirs)) return false;
  else return sameKind<Our, Their> && (sameKind<Ours, Theirs> && ...);
}();
