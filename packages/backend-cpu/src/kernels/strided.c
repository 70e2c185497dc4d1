#include "strided.h"

// Rows of n elements that are not contiguous in both, by element type.
#define COPY_ROW(T)                                                                            \
  static void copyRow##T(char *to, const char *from, int n, int toStep, int fromStep) {         \
    T *y = (T *)to;                                                                            \
    const T *x = (const T *)from;                                                              \
    if (toStep == 1 && fromStep == 0) {                                                        \
      T value = *x;                                                                            \
      for (int i = 0; i < n; i++) y[i] = value;                                                \
    } else if (toStep == 1 && fromStep == 2) {                                                 \
      for (int i = 0; i < n; i++) y[i] = x[2 * i];                                             \
    } else                                                                                     \
      for (int i = 0; i < n; i++, y += toStep, x += fromStep) *y = *x;                         \
  }

COPY_ROW(int8_t)
COPY_ROW(int16_t)
COPY_ROW(int32_t)

static void copyRow(const StridedArgs *args, char *to, const char *from, int n) {
  if (args->xStep == 1 && args->yStep == 1) copyBytes(to, from, n * args->elementBytes);
  else if (args->elementBytes == 4) copyRowint32_t(to, from, n, args->yStep, args->xStep);
  else if (args->elementBytes == 2) copyRowint16_t(to, from, n, args->yStep, args->xStep);
  else copyRowint8_t(to, from, n, args->yStep, args->xStep);
}

static void copyRows(const void *p, int task, int worker) {
  const StridedArgs *args = p;
  const int bytes = args->elementBytes, columns = args->columns;
  // Tasks cut by elements, so that one long row is shared as well as many short ones.
  Range range = taskRange(args->rows * columns, 64, task, args->tasks);
  Walk walk = walkFrom(2, args->axes, args->rank, range.begin / columns);
  int column = range.begin % columns;
  for (int at = range.begin; at < range.end;) {
    int n = minInt(columns - column, range.end - at);
    size_t xAt = (size_t)walk.at[0] + (size_t)column * args->xStep, yAt = (size_t)walk.at[1] + (size_t)column * args->yStep;
    copyRow(args, args->y + yAt * bytes, args->x + xAt * bytes, n);
    at += n;
    column = 0;
    walkOn(2, &walk);
  }
}

#define LINES 32
#define SQUARE 16
#define BAND 1024

INLINE void transpose4(float *y, int yLine, const float *x, int xStep) {
  typedef float f4 __attribute__((vector_size(16)));
  typedef float f4Unaligned __attribute__((vector_size(16), aligned(4), may_alias));
  f4 a = *(const f4Unaligned *)x, b = *(const f4Unaligned *)(x + xStep), c = *(const f4Unaligned *)(x + 2 * xStep), d = *(const f4Unaligned *)(x + 3 * xStep);
  f4 ab0 = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab1 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  f4 cd0 = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd1 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  *(f4Unaligned *)y = __builtin_shufflevector(ab0, cd0, 0, 1, 4, 5);
  *(f4Unaligned *)(y + yLine) = __builtin_shufflevector(ab0, cd0, 2, 3, 6, 7);
  *(f4Unaligned *)(y + 2 * yLine) = __builtin_shufflevector(ab1, cd1, 0, 1, 4, 5);
  *(f4Unaligned *)(y + 3 * yLine) = __builtin_shufflevector(ab1, cd1, 2, 3, 6, 7);
}

// y[i · yLine + j] = x[j · xStep + i] for i < lines, j < columns.
#define TRANSPOSE_BLOCK(T)                                                                                      \
  static void transposeBlock##T(T *y, int yLine, const T *x, int xStep, int lines, int columns) {               \
    for (int i = 0; i < lines; i++)                                                                             \
      for (int j = 0; j < columns; j++) y[(size_t)i * yLine + j] = x[(size_t)j * xStep + i];                    \
  }

TRANSPOSE_BLOCK(int8_t)
TRANSPOSE_BLOCK(int16_t)
TRANSPOSE_BLOCK(int32_t)

static void transposeBlock(int bytes, char *y, int yLine, const char *x, int xStep, int lines, int columns) {
  if (bytes == 1) return transposeBlockint8_t((int8_t *)y, yLine, (const int8_t *)x, xStep, lines, columns);
  if (bytes == 2) return transposeBlockint16_t((int16_t *)y, yLine, (const int16_t *)x, xStep, lines, columns);
  if (lines < 4 || columns < SQUARE) return transposeBlockint32_t((int32_t *)y, yLine, (const int32_t *)x, xStep, lines, columns);
  // By way of a copy, because rows of x a power of two apart fight for the same lines of the cache.
  float rows[SQUARE * LINES];
  int lines4 = lines & ~3;
  for (int j = 0; j < SQUARE; j++) copyFloats(rows + j * LINES, (const float *)x + (size_t)j * xStep, lines);
  for (int i = 0; i < lines4; i += 4)
    for (int j = 0; j < SQUARE; j += 4) transpose4((float *)y + (size_t)i * yLine + j, yLine, rows + j * LINES + i, LINES);
  transposeBlockint32_t((int32_t *)y + (size_t)lines4 * yLine, yLine, (const int32_t *)rows + lines4, LINES, lines - lines4, SQUARE);
}

// Units of LINES lines × BAND columns; in each, blocks of LINES × SQUARE: whole cache lines are read and whole ones written.
static void transposeBands(const void *p, int task, int worker) {
  const StridedArgs *args = p;
  const int bytes = args->elementBytes, down = ceilDiv(args->lines, LINES), across = ceilDiv(args->columns, BAND);
  Range range = taskRange(args->rows * down * across, 1, task, args->tasks);
  for (int unit = range.begin; unit < range.end; unit++) {
    Walk walk = walkFrom(2, args->axes, args->rank, unit / across / down);
    int i = unit / across % down * LINES, lines = minInt(LINES, args->lines - i);
    int first = unit % across * BAND, last = minInt(first + BAND, args->columns);
    for (int j = first; j < last; j += SQUARE)
      transposeBlock(bytes, args->y + ((size_t)walk.at[1] + (size_t)i * args->yLine + j) * bytes, args->yLine,
                     args->x + ((size_t)walk.at[0] + (size_t)j * args->xStep + i) * bytes, args->xStep, lines, minInt(SQUARE, last - j));
  }
}

void copyStrided(const StridedArgs *args) {
  parallelFor(args->lines > 1 ? transposeBands : copyRows, args, args->tasks);
}

static void fillPart(const void *p, int task, int worker) {
  const FillArgs *args = p;
  ByteRange range = byteRange(args->bytes, task, args->tasks);
  size_t i = range.begin;
  for (; i + 4 * VL <= range.end; i += 4 * VL) vistore((int32_t *)(args->y + i), visplat(args->pattern));
  for (; i < range.end; i++) args->y[i] = (char)((uint32_t)args->pattern >> (i % 4 * 8));
}

void fillBytes(const FillArgs *args) { parallelFor(fillPart, args, args->tasks); }
