#include "conv-gemm.h"
#include "activation.h"

#define CONV_PANELS (CONV_PIXELS / NR)

typedef struct {
  ConvGemm job;
  int inPlace;       // b is read where it lies: few rows, and panels that don't cross lines
  int panelsPerLine; // in place: panels begin anew on every line
  int panels, panelTasks, rowTasks;
  int collects; // y has gaps: sums go to the worker's scratch first
} Work;

// Panel p covers `columns` pixels from (line, column) on; packed panels may cross lines.
typedef struct {
  int line, column, columns;
} Panel;

static Panel panelAt(const Work *work, int p) {
  const ConvGemm *job = &work->job;
  if (work->inPlace) {
    int column = p % work->panelsPerLine * NR;
    return (Panel){p / work->panelsPerLine, column, minInt(NR, job->lineLength - column)};
  }
  int pixel = p * NR;
  return (Panel){pixel / job->lineLength, pixel % job->lineLength, minInt(NR, job->lines * job->lineLength - pixel)};
}

// `count` whole panels within one line.
static void packRun(float *to, const float *from, const int32_t *offsets, int steps, int count) {
  const size_t panel = (size_t)steps * NR;
  for (int k = 0; k < steps; k++, to += NR) {
    const float *source = from + offsets[k];
    for (int p = 0; p < count; p++) {
      vstore(to + p * panel, vload(source + p * NR));
      vstore(to + p * panel + VL, vload(source + p * NR + VL));
    }
  }
}

// One panel that crosses lines or ends early. Every piece of a line is copied as NR floats: what is too much is overwritten by
// the next piece, or by the next step of k (behind the last one the worker's scratch has room).
static void packPieces(float *to, const float *planes, const ConvGemm *job, Panel panel, const int32_t *offsets, int steps) {
  int source[NR], at[NR], pieces = 0;
  for (int done = 0; done < panel.columns; pieces++) {
    source[pieces] = panel.line * job->planeWidth + panel.column;
    at[pieces] = done;
    done += job->lineLength - panel.column;
    panel.line++;
    panel.column = 0;
  }
  for (int k = 0; k < steps; k++, to += NR)
    for (int i = 0; i < pieces; i++) {
      const float *from = planes + offsets[k] + source[i];
      vf low = vload(from), high = vload(from + VL);
      vstore(to + at[i], low);
      vstore(to + at[i] + VL, high);
    }
}

static void packPanels(float *to, const Work *work, const float *planes, Range panels, const int32_t *offsets, int steps) {
  const ConvGemm *job = &work->job;
  for (int p = panels.begin; p < panels.end;) {
    Panel panel = panelAt(work, p);
    int whole = minInt(minInt((job->lineLength - panel.column) / NR, panels.end - p), 4);
    float *at = to + (size_t)(p - panels.begin) * steps * NR;
    if (whole == 0) {
      packPieces(at, planes, job, panel, offsets, steps);
      p++;
      continue;
    }
    const float *from = planes + panel.line * job->planeWidth + panel.column;
    if (whole == 4) packRun(at, from, offsets, steps, 4);
    else packRun(at, from, offsets, steps, whole);
    p += whole;
  }
}

// Collected sums [rows, CONV_PIXELS] to their places in y.
static void scatter(const Work *work, const float *sums, float *y, int rows, Range panels) {
  const ConvGemm *job = &work->job;
  for (int i = 0; i < rows; i++, sums += CONV_PIXELS, y += job->yRow)
    for (int p = panels.begin; p < panels.end; p++) {
      Panel panel = panelAt(work, p);
      const float *from = sums + (p - panels.begin) * NR;
      for (int c = 0; c < panel.columns; c++) {
        y[(size_t)panel.line * job->yLine + (size_t)panel.column * job->yColumn] = from[c];
        if (++panel.column == job->lineLength) {
          panel.column = 0;
          panel.line++;
        }
      }
    }
}

INLINE void finishLine(float *y, const float *residual, int n, float scale, float shift, int activation) {
  vf s = vsplat(scale), t = vsplat(shift);
  int j = 0;
  for (; j + VL <= n; j += VL) {
    vf v = vfma(vload(y + j), s, t);
    if (residual) v += vload(residual + j);
    vstore(y + j, activate(v, activation));
  }
  if (j < n) {
    vf v = vfma(vloadn(y + j, n - j), s, t);
    if (residual) v += vloadn(residual + j, n - j);
    vstoren(y + j, activate(v, activation), n - j);
  }
}

void finishChannel(const Epilogue *e, float *y, size_t at, int channel, int n) {
  float scale = e->scale ? e->scale[channel] : 1, shift = e->shift ? e->shift[channel] : 0;
  const float *residual = e->residual ? e->residual + at : NULL;
  if (e->activation == ACTIVATION_RELU) finishLine(y, residual, n, scale, shift, ACTIVATION_RELU);
  else if (e->activation == ACTIVATION_RELU6) finishLine(y, residual, n, scale, shift, ACTIVATION_RELU6);
  else if (e->activation == ACTIVATION_SILU) finishLine(y, residual, n, scale, shift, ACTIVATION_SILU);
  else finishLine(y, residual, n, scale, shift, ACTIVATION_NONE);
}

static void multiply(const void *args, int task, int worker) {
  const Work *work = args;
  const ConvGemm *job = &work->job;
  int rowTask = task % work->rowTasks, panelTask = task / work->rowTasks % work->panelTasks;
  int group = task / work->rowTasks / work->panelTasks % job->groups, image = task / work->rowTasks / work->panelTasks / job->groups;
  Range panels = taskRange(work->panels, 1, panelTask, work->panelTasks);
  Range rows = taskRange(job->rows, MR, rowTask, work->rowTasks);
  int height = rows.end - rows.begin, count = panels.end - panels.begin;

  const float *planes = job->planes + image * job->imageStride + group * job->groupStride;
  const float *a = job->a + ((size_t)group * job->rows + rows.begin) * job->k;
  const float *bias = job->bias ? job->bias + group * job->rows + rows.begin : NULL;
  float *y = job->y + image * job->yImage + group * job->yGroup + rows.begin * job->yRow;
  float *packed = (float *)(job->pack + worker * job->packStride);
  float *sums = packed + KC * (CONV_PIXELS + NR);
  float aRows[MR * KC];

  for (int k0 = 0; k0 < job->k; k0 += KC) {
    int steps = minInt(KC, job->k - k0);
    const int32_t *offsets = job->offsets + k0;
    if (!work->inPlace) packPanels(packed, work, planes, panels, offsets, steps);
    for (int block = 0; block < rowBlocks(height); block++) {
      Range r = rowBlock(height, block);
      int rowCount = r.end - r.begin, lda = job->k;
      const float *rowsAt = a + (size_t)r.begin * lda + k0;
      if (count >= 4) {
        // Rows far apart fight for the same lines of the L1 cache (measured in matmul.c).
        for (int i = 0; i < rowCount; i++) copyFloats(aRows + i * KC, rowsAt + (size_t)i * lda, steps);
        rowsAt = aRows;
        lda = KC;
      }
      for (int p = 0; p < count; p++) {
        Panel panel = panelAt(work, panels.begin + p);
        TileOut out = {NULL, 0, panel.columns, bias ? bias + r.begin : NULL, k0 > 0};
        if (work->collects) {
          out.y = sums + r.begin * CONV_PIXELS + p * NR;
          out.stride = CONV_PIXELS;
        } else {
          out.y = y + r.begin * job->yRow + (size_t)panel.line * job->yLine + panel.column;
          out.stride = (int)job->yRow;
        }
        if (work->inPlace) gemmTileAt(rowCount, steps, rowsAt, lda, planes + panel.line * job->planeWidth + panel.column, offsets, &out);
        else gemmTile(rowCount, steps, rowsAt, lda, packed + (size_t)p * steps * NR, &out);
      }
    }
  }
  if (work->collects) scatter(work, sums, y, height, panels);
  if (job->epilogue == NULL) return;
  Panel first = panelAt(work, panels.begin), last = panelAt(work, panels.end - 1);
  int begin = first.line * job->yLine + first.column, n = last.line * job->yLine + last.column + last.columns - begin;
  for (int i = 0; i < height; i++) {
    float *line = y + i * job->yRow + begin;
    finishChannel(job->epilogue, line, line - job->y, group * job->rows + rows.begin + i, n);
  }
}

static void zero(const void *args, int task, int worker) {
  const ConvGemm *job = args;
  int row = task % job->rows, group = task / job->rows % job->groups, image = task / job->rows / job->groups;
  float *y = job->y + image * job->yImage + group * job->yGroup + row * job->yRow;
  for (int i = 0; i < job->lines; i++)
    for (int j = 0; j < job->lineLength; j++) y[(size_t)i * job->yLine + (size_t)j * job->yColumn] = 0;
}

void convGemm(const ConvGemm *given) {
  Work work = {.job = *given};
  ConvGemm *job = &work.job;
  if (job->lines == 0 || job->lineLength == 0) return;
  if (job->k == 0) {
    parallelFor(zero, job, job->images * job->groups * job->rows);
    return;
  }
  if (job->weightPanels) {
    convByPixels(job);
    return;
  }
  int hasGaps = job->yColumn != 1 || (job->yLine != job->lineLength && job->lines > 1);
  if (!hasGaps && job->planeWidth == job->lineLength) {
    job->lineLength *= job->lines;
    job->lines = 1;
    job->yLine = job->planeWidth = job->lineLength;
  }
  work.collects = hasGaps;
  work.panelsPerLine = ceilDiv(job->lineLength, NR);
  // Packing pays from about three row blocks on; panels cut at the end of each line must not waste much.
  work.inPlace = job->rows <= 2 * MR && job->lineLength * 4 >= work.panelsPerLine * NR * 3;
  work.panels = work.inPlace ? work.panelsPerLine * job->lines : ceilDiv(job->lines * job->lineLength, NR);
  work.panelTasks = ceilDiv(work.panels, CONV_PANELS);
  work.rowTasks = work.collects ? ceilDiv(job->rows, CONV_ROWS) : 1;
  int entries = job->images * job->groups;
  if (workerCount() > 1) {
    // More row tasks pack the same panels again, but four tasks a worker keep all of them busy to the end.
    int rowTasks = ceilDiv(4 * workerCount(), entries * work.panelTasks);
    work.rowTasks = maxInt(work.rowTasks, minInt(rowTasks, job->rows / (4 * MR)));
  }
  parallelFor(multiply, &work, entries * work.panelTasks * work.rowTasks);
}
