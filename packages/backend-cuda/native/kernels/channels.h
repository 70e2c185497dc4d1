// Maps [N, C, inner] that are read four neighbours at a time, each with its channel.
#pragma once
#include "quads.h"

/** Walks over neighbours of a map, and says which channel each belongs to. */
struct ChannelWalk {
  uint32_t c, inner;
  uint32_t channel, place;

  __device__ ChannelWalk(uint32_t first, uint32_t c, uint32_t inner) : c(c), inner(inner) {
    const uint32_t plane = first / inner;
    channel = plane % c;
    place = first - plane * inner;
  }

  /** To the next element; true if its channel is another one. Past the map's end it begins again. */
  __device__ bool step() {
    if (++place < inner) return false;
    place = 0;
    if (++channel == c) channel = 0;
    return true;
  }
};

/** How groups of threads share the sums of each channel of [N, C, inner]. */
struct ChannelParts {
  uint32_t c, inner;
  /** Quads of a plane, those counted that it shares with its neighbours; those of a channel; those of a part. */
  uint32_t quads, units, unitsPerPart;
  uint32_t partsPerChannel;
  /** Threads that make a part. */
  uint32_t lanes;
};

/** The part of a channel that this thread helps to make. */
struct ChannelPart {
  /** Of all channels; past the last where the grid has more groups than there are parts. */
  uint32_t index;
  uint32_t channel;
  /** Its quads, of the channel's. */
  uint32_t begin, end;
};

__device__ inline ChannelPart channelPart(const ChannelParts& p, uint32_t index) {
  const uint32_t begin = index % p.partsPerChannel * p.unitsPerPart;
  return {index, min(index / p.partsPerChannel, p.c - 1), begin, min(begin + p.unitsPerPart, p.units)};
}

/** A quad at a multiple of four. Of its elements only those that belong to the channel's plane count. */
struct ChannelQuad {
  uint32_t at;
  uint32_t place;
  uint32_t inner;

  /** Before the plane's first element `place` is below 0, which is far past its end. */
  __device__ bool counts(uint32_t j) const { return place + j < inner; }
};

__device__ inline ChannelQuad channelQuad(const ChannelParts& p, uint32_t channel, uint32_t unit) {
  const uint32_t n = unit / p.quads;
  const uint32_t first = (n * p.c + channel) * p.inner;
  const uint32_t at = (first / 4 + unit - n * p.quads) * 4;
  // A plane may have a quad less than `quads`: then one is read again, and nothing of it counts.
  return {min(at, (first + p.inner - 1) / 4 * 4), at - first, p.inner};
}
