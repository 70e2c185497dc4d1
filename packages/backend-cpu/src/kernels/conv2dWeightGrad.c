// dw[o, c, r, s] = Σ_{n, i, j} dy[n, o, i, j] · x[n, c, i·strideH + r·dilationH − top, j·strideW + s·dilationW − left]
//
// A product over pixels: dwᵀ [C·KH·KW, O] = im2col(x) [C·KH·KW, pixels] · dyᵀ [pixels, O], a group at a time. dyᵀ is packed once a wave
// into panels of NR output channels; rows of im2col(x) are lines of the staged planes (conv-planes.h), four at a time.
// The sum over images and pixels runs in blocks of at most KC, dealt out to `splits` parts whose number depends on shapes only;
// the parts are added in order at the end: the same bits with any number of threads.
#include "conv2dWeightGrad.h"
#include "gemm.h"

#define TAPS_PER_TASK 144
#define CHANNELS_PER_TASK 64

typedef struct {
  const Conv2dWeightGradArgs *args;
  const float *planes, *dy; // of the wave's first image
  int images, isFirst;
  int lines, lineLength, planeWidth; // pixels of y, as one line where planes have no gaps
  int blocks, linesPerBlock, blocksPerLine; // of one image: some lines, or a part of one
  int taps, oGroup, oPanels; // C / groups · KH · KW; O / groups, in panels
  int tapTasks, channelTasks;
} Wave;

// One panel of dyᵀ: NR output channels of one image and group, [pixels, NR].
static void packDy(const void *p, int task, int worker) {
  const Wave *wave = p;
  const Conv2dWeightGradArgs *args = wave->args;
  const int pixels = args->shape.ho * args->shape.wo, panel = task % wave->oPanels, block = task / wave->oPanels; // block: image, group
  const int width = minInt(NR, wave->oGroup - panel * NR);
  const float *from = wave->dy + ((size_t)block * wave->oGroup + panel * NR) * pixels;
  float *to = (float *)(args->scratch + args->dyAt) + (size_t)task * pixels * NR;
  packTransposed(to, from, pixels, pixels, width);
}

// Row `tap` of im2col(x) over one block of pixels.
static int copyTapLines(float *to, const float *from, const Wave *wave, int block) {
  if (wave->blocksPerLine > 1) {
    Range part = taskRange(wave->lineLength, 1, block % wave->blocksPerLine, wave->blocksPerLine);
    copyFloats(to, from + block / wave->blocksPerLine * wave->planeWidth + part.begin, part.end - part.begin);
    return part.end - part.begin;
  }
  int first = block * wave->linesPerBlock, last = minInt(wave->lines, first + wave->linesPerBlock);
  for (int i = first; i < last; i++, to += wave->lineLength) copyFloats(to, from + i * wave->planeWidth, wave->lineLength);
  return (last - first) * wave->lineLength;
}

static int blockStart(const Wave *wave, int block) {
  if (wave->blocksPerLine == 1) return block * wave->linesPerBlock * wave->lineLength;
  return block / wave->blocksPerLine * wave->lineLength + taskRange(wave->lineLength, 1, block % wave->blocksPerLine, wave->blocksPerLine).begin;
}

// Some taps × some output channels of one group, over the images and blocks of one split.
static void multiply(const void *p, int task, int worker) {
  const Wave *wave = p;
  const Conv2dWeightGradArgs *args = wave->args;
  const int tapTask = task % wave->tapTasks, channelTask = task / wave->tapTasks % wave->channelTasks;
  const int group = task / wave->tapTasks / wave->channelTasks % args->shape.groups, split = task / wave->tapTasks / wave->channelTasks / args->shape.groups;
  const int oPadded = wave->oPanels * NR, pixels = args->shape.ho * args->shape.wo;
  const int32_t *offsets = (const int32_t *)args->scratch;
  Range taps = taskRange(wave->taps, MR, tapTask, wave->tapTasks), panels = taskRange(wave->oPanels, 1, channelTask, wave->channelTasks);
  Range blocks = taskRange(wave->images * wave->blocks, 1, split, args->splits);
  float *sums = (float *)(args->scratch + args->sumsAt) + ((size_t)split * args->shape.groups + group) * wave->taps * oPadded;
  float tapLines[MR * KC];

  for (int b = blocks.begin; b < blocks.end; b++) {
    int image = b / wave->blocks, block = b % wave->blocks, steps = 0;
    const float *planes = wave->planes + ((size_t)image * args->shape.c + group * (args->shape.c / args->shape.groups)) * channelFloats(&args->planes);
    const float *dy = (const float *)(args->scratch + args->dyAt) + ((size_t)(image * args->shape.groups + group) * wave->oPanels * pixels + blockStart(wave, block)) * NR;
    for (int tap = taps.begin; tap < taps.end; tap += MR) {
      int rows = minInt(MR, taps.end - tap);
      for (int i = 0; i < rows; i++) steps = copyTapLines(tapLines + i * KC, planes + offsets[tap + i], wave, block);
      for (int panel = panels.begin; panel < panels.end; panel++) {
        TileOut out = {sums + (size_t)tap * oPadded + panel * NR, oPadded, NR, NULL, !(wave->isFirst && b == blocks.begin)};
        gemmTile(rows, steps, tapLines, KC, dy + (size_t)panel * pixels * NR, &out);
      }
    }
  }
}

// dw of one output channel: its parts added in order.
static void addSplits(const void *p, int o, int worker) {
  const Wave *wave = p;
  const Conv2dWeightGradArgs *args = wave->args;
  const int oPadded = wave->oPanels * NR;
  const size_t part = (size_t)args->shape.groups * wave->taps * oPadded;
  const float *sums = (const float *)(args->scratch + args->sumsAt) + (size_t)(o / wave->oGroup) * wave->taps * oPadded + o % wave->oGroup;
  float *dw = args->dw + (size_t)o * wave->taps;
  for (int tap = 0; tap < wave->taps; tap++, sums += oPadded) {
    float sum = sums[0];
    for (int split = 1; split < args->splits; split++) sum += sums[split * part];
    dw[tap] = sum;
  }
}

KERNEL(conv2dWeightGrad, Conv2dWeightGradArgs) {
  if (args->splits == 0) { // nothing to sum
    fillFloats(args->dw, 0, args->shape.o * (args->shape.c / args->shape.groups) * args->shape.kh * args->shape.kw);
    return;
  }
  Wave wave = {.args = args, .lines = args->shape.ho, .lineLength = args->shape.wo, .planeWidth = args->planes.width};
  if (args->planes.width == args->shape.wo) {
    wave.lineLength = wave.planeWidth = args->shape.ho * args->shape.wo;
    wave.lines = 1;
  }
  wave.blocksPerLine = ceilDiv(wave.lineLength, KC);
  wave.linesPerBlock = wave.blocksPerLine > 1 ? 1 : KC / wave.lineLength;
  wave.blocks = wave.blocksPerLine > 1 ? wave.lines * wave.blocksPerLine : ceilDiv(wave.lines, wave.linesPerBlock);
  wave.taps = args->shape.c / args->shape.groups * args->shape.kh * args->shape.kw;
  wave.oGroup = args->shape.o / args->shape.groups;
  wave.oPanels = ceilDiv(wave.oGroup, NR);
  wave.tapTasks = ceilDiv(wave.taps, TAPS_PER_TASK);
  wave.channelTasks = ceilDiv(wave.oPanels * NR, CHANNELS_PER_TASK);
  tapOffsets((int32_t *)args->scratch, args->shape.c / args->shape.groups, &args->shape, &args->planes);

  float *staged = (float *)(args->scratch + args->planesAt);
  for (int first = 0; first < args->shape.n; first += args->wave) {
    wave.images = minInt(args->wave, args->shape.n - first);
    wave.isFirst = first == 0;
    const float *x = args->x + (size_t)first * args->shape.c * args->shape.h * args->shape.w;
    if (args->planes.isStaged) {
      Staging staging = inputStaging(staged, x, wave.images, &args->shape, &args->planes);
      stagePlanes(&staging);
    }
    wave.planes = args->planes.isStaged ? staged : x;
    wave.dy = args->dy + (size_t)first * args->shape.o * args->shape.ho * args->shape.wo;
    parallelFor(packDy, &wave, wave.images * args->shape.groups * wave.oPanels);
    parallelFor(multiply, &wave, args->splits * args->shape.groups * wave.channelTasks * wave.tapTasks);
  }
  parallelFor(addSplits, &wave, args->shape.o);
}
