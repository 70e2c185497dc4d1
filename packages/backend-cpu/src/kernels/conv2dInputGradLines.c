// dx[n, c, h, w] = Σ_s part[s, c][n, h, w + left − s],   part[s, c][n, h, j] = Σ_{i, o} weight[o, c, h + top − i, s] · dy[n, o, i, j]
//
// conv2dInputGrad for stride 1 without dilation or groups, where dx is larger than dy: a convolution without padding. Lines of dy
// outside of the image are left out of the sum over i, and columns outside of it fall away because `part` is only as wide as dy:
// no product is with a zero. dy is packed to panels [HO, O, NR] of pixels of one line of several images, the weights are rows
// (s, c) of [KH downwards, O]; so for every h the terms (i, o) are contiguous in both and the product is plain gemmTile.
// Each task takes some images, and one line of dx after the other.
#include "conv-planes.h"
#include "gemm.h"

typedef struct {
  const float *dy, *weight;
  float *dx;
  char *scratch; // the weights as rows [KW, C][KH downwards, O]
  ConvShape shape;
  int32_t imagesPerTask;
  int32_t packAt, packStride, sumsAt; // bytes: worker 0's panels; from worker to worker; from a worker's panels to its sums
} Conv2dInputGradLinesArgs;

// The rows of one column s of the filters.
static void turnWeight(const void *p, int s, int worker) {
  const Conv2dInputGradLinesArgs *args = p;
  const ConvShape *shape = &args->shape;
  float *to = (float *)args->scratch + (size_t)s * shape->c * shape->kh * shape->o;
  for (int c = 0; c < shape->c; c++)
    for (int r = shape->kh - 1; r >= 0; r--)
      for (int o = 0; o < shape->o; o++) *to++ = args->weight[(((size_t)o * shape->c + c) * shape->kh + r) * shape->kw + s];
}

// Line i of channel o of all images, one after the other, then cut into panels [i, o, NR].
static void packLines(float *to, float *line, const float *dy, int images, const ConvShape *shape) {
  const int wo = shape->wo, panels = ceilDiv(images * wo, NR);
  const size_t panel = (size_t)shape->ho * shape->o * NR, image = (size_t)shape->o * shape->ho * wo;
  for (int i = 0; i < shape->ho; i++)
    for (int o = 0; o < shape->o; o++, to += NR) {
      const float *from = dy + ((size_t)o * shape->ho + i) * wo;
      // What is copied too much, the next image overwrites.
      for (int n = 0; n < images; n++)
        for (int j = 0; j < wo; j += VL) vstore(line + n * wo + j, vload(from + n * image + j));
      for (int q = 0; q < panels; q++) {
        vstore(to + q * panel, vload(line + q * NR));
        vstore(to + q * panel + VL, vload(line + q * NR + VL));
      }
    }
}

// y[w + shift] += part[w], within y's `width`.
INLINE void addShifted(float *y, int width, const float *part, int length, int shift) {
  int j = maxInt(0, -shift), end = minInt(length, width - shift);
  for (; j + VL <= end; j += VL) vstore(y + shift + j, vload(y + shift + j) + vload(part + j));
  for (; j < end; j++) y[shift + j] += part[j];
}

static void computeImages(const void *p, int task, int worker) {
  const Conv2dInputGradLinesArgs *args = p;
  const ConvShape *shape = &args->shape;
  const int first = task * args->imagesPerTask, images = minInt(args->imagesPerTask, shape->n - first);
  const int wo = shape->wo, panels = ceilDiv(images * wo, NR), rows = shape->kw * shape->c, lda = shape->kh * shape->o;
  const size_t panel = (size_t)shape->ho * shape->o * NR, plane = (size_t)shape->h * shape->w;
  float *packed = (float *)(args->scratch + args->packAt + (size_t)worker * args->packStride);
  float *sums = (float *)((char *)packed + args->sumsAt); // [rows, panels · NR]
  packLines(packed, sums, args->dy + (size_t)first * shape->o * shape->ho * wo, images, shape);
  float *dx = args->dx + first * shape->c * plane;
  fillFloats(dx, 0, (int)(images * shape->c * plane));

  for (int h = 0; h < shape->h; h++) {
    int begin = maxInt(0, h + shape->top - shape->kh + 1), end = minInt(shape->ho, h + shape->top + 1);
    int k = (end - begin) * shape->o;
    if (k <= 0) continue;
    const float *a = (const float *)args->scratch + (begin - (h + shape->top - shape->kh + 1)) * shape->o;
    for (int k0 = 0; k0 < k; k0 += KC)
      for (int block = 0; block < rowBlocks(rows); block++) {
        Range r = rowBlock(rows, block);
        for (int q = 0; q < panels; q++) {
          TileOut out = {sums + ((size_t)r.begin * panels + q) * NR, panels * NR, NR, NULL, k0 > 0};
          gemmTile(r.end - r.begin, minInt(KC, k - k0), a + (size_t)r.begin * lda + k0, lda, packed + q * panel + (size_t)(begin * shape->o + k0) * NR, &out);
        }
      }
    for (int row = 0; row < rows; row++)
      for (int n = 0; n < images; n++)
        addShifted(dx + (n * shape->c + row % shape->c) * plane + (size_t)h * shape->w, shape->w,
                   sums + (size_t)row * panels * NR + n * wo, wo, row / shape->c - shape->left);
  }
}

KERNEL(conv2dInputGradLines, Conv2dInputGradLinesArgs) {
  parallelFor(turnWeight, args, args->shape.kw);
  parallelFor(computeImages, args, ceilDiv(args->shape.n, args->imagesPerTask));
}
