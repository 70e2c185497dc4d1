// A convolution's product with pixels as the rows of A, read in place four at a time, and the weights packed once to panels
// [k, NR] of output channels: nothing of the input is gathered or copied, and a block of a panel stays in the L1 cache.
//
// A task is up to CONV_PIXELS pixels, of several images if they are small, by some panels.
#include "conv-gemm.h"

// Below this the incomplete tile at an image's end is worth avoiding.
#define JOINED_PIXELS 64

typedef struct {
  const ConvGemm *job;
  int collects;  // pixels of one task aren't contiguous in y: sums are collected first
  int rowPanels, rowTasks, imagesPerTask, imageTasks, pixelTasks;
} Work;

// Where the pixels of a task stand: in the planes, and in the first row of y.
typedef struct {
  int count;
  const float *source[CONV_PIXELS];
  float *y[CONV_PIXELS];
} Pixels;

static void packWeights(const void *p, int task, int worker) {
  const Work *work = p;
  const ConvGemm *job = work->job;
  int group = task / work->rowPanels, row = task % work->rowPanels * NR;
  const float *from = job->a + ((size_t)group * job->rows + row) * job->k;
  packTransposed(job->weightPanels + (size_t)task * job->k * NR, from, job->k, job->k, minInt(NR, job->rows - row));
}

static void listPixels(Pixels *pixels, const ConvGemm *job, int image, int group, Range range) {
  const float *planes = job->planes + image * job->imageStride + group * job->groupStride;
  float *y = job->y + image * job->yImage + group * job->yGroup;
  int line = range.begin / job->lineLength, column = range.begin % job->lineLength;
  for (int i = range.begin; i < range.end; i++) {
    pixels->source[pixels->count] = planes + line * job->planeWidth + column;
    pixels->y[pixels->count++] = y + (size_t)line * job->yLine + (size_t)column * job->yColumn;
    if (++column == job->lineLength) {
      column = 0;
      line++;
    }
  }
}

static void multiply(const void *p, int task, int worker) {
  const Work *work = p;
  const ConvGemm *job = work->job;
  const int rowTask = task % work->rowTasks, pixelTask = task / work->rowTasks % work->pixelTasks;
  const int entry = task / work->rowTasks / work->pixelTasks, group = entry % job->groups;
  const int firstImage = entry / job->groups * work->imagesPerTask, lastImage = minInt(job->images, firstImage + work->imagesPerTask);
  const Range panels = taskRange(work->rowPanels, 1, rowTask, work->rowTasks);
  const Range range = taskRange(job->lines * job->lineLength, MR, pixelTask, work->pixelTasks);
  Pixels pixels = {.count = 0};
  for (int image = firstImage; image < lastImage; image++) listPixels(&pixels, job, image, group, range);

  float collected[NR * CONV_PIXELS];
  for (int panel = panels.begin; panel < panels.end; panel++) {
    const int row = panel * NR, rows = minInt(NR, job->rows - row), channel = group * job->rows + row;
    const float *weights = job->weightPanels + (size_t)(group * work->rowPanels + panel) * job->k * NR;
    float *sums = work->collects ? collected : pixels.y[0] + row * job->yRow;
    const int stride = work->collects ? CONV_PIXELS : (int)job->yRow;
    for (int k0 = 0; k0 < job->k; k0 += KC)
      for (int i = 0; i < pixels.count; i += MR) {
        TileOut out = {sums + i, stride, rows, job->bias ? job->bias + channel : NULL, k0 > 0};
        gemmTileTransposed(minInt(MR, pixels.count - i), minInt(KC, job->k - k0), pixels.source + i, job->offsets + k0, weights + k0 * NR, &out);
      }
    for (int i = 0; i < rows && work->collects; i++)
      for (int j = 0; j < pixels.count; j++) pixels.y[j][(row + i) * job->yRow] = collected[i * CONV_PIXELS + j];
    if (job->epilogue == NULL) continue;
    for (int image = firstImage; image < lastImage; image++)
      for (int i = 0; i < rows; i++) {
        float *line = pixels.y[(image - firstImage) * (range.end - range.begin)] + (row + i) * job->yRow;
        finishChannel(job->epilogue, line, line - job->y, channel + i, range.end - range.begin);
      }
  }
}

void convByPixels(const ConvGemm *job) {
  const int pixels = job->lines * job->lineLength;
  Work work = {.job = job, .rowPanels = ceilDiv(job->rows, NR), .pixelTasks = ceilDiv(pixels, CONV_PIXELS)};
  work.imagesPerTask = pixels < JOINED_PIXELS ? minInt(job->images, CONV_PIXELS / pixels) : 1;
  work.imageTasks = ceilDiv(job->images, work.imagesPerTask);
  const int hasGaps = job->yColumn != 1 || (job->yLine != job->lineLength && job->lines > 1);
  work.collects = hasGaps || work.imagesPerTask > 1;
  const int tasks = work.imageTasks * job->groups * work.pixelTasks;
  // Rows are divided too where pixels make few tasks: four a worker keep all of them busy to the end.
  work.rowTasks = workerCount() == 1 ? 1 : minInt(work.rowPanels, ceilDiv(4 * workerCount(), tasks));
  if (job->a) parallelFor(packWeights, &work, job->groups * work.rowPanels);
  parallelFor(multiply, &work, tasks * work.rowTasks);
}
