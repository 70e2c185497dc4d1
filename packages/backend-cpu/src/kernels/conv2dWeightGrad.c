// dw[o, c, r, s] = Σ_{n, i, j} dy[n, o, i, j] · x[n, c, i·strideH + r·dilationH − top, j·strideW + s·dilationW − left]
//
// A product over pixels: dwᵀ [C·KH·KW, O] = im2col(x) [C·KH·KW, pixels] · dyᵀ [pixels, O], a group at a time. dyᵀ is packed once a wave
// into panels of NR output channels; rows of im2col(x) are read in place, from the staged planes (conv-planes.h), four at a time.
// The sum over images and pixels runs in blocks of at most KC (several small images, or a part of one), dealt out to `splits` parts whose number depends on shapes only;
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
  int imagesPerBlock;                       // several images, or
  int blocks, linesPerBlock, blocksPerLine; // of one image: some lines, or a part of one
  int32_t pixelOffsets[KC];                 // in the planes, of a block's pixels from its first one
  int taps, oGroup, oPanels; // C / groups · KH · KW; O / groups, in panels
  int tapTasks, channelTasks;
} Wave;

static int packTasks(const Wave *wave) { return minInt(32, wave->images * wave->args->shape.groups * wave->oPanels); }

// dyᵀ as panels [groups, panels][images, pixels, NR]; a piece is NR output channels of one image.
static void packDy(const void *p, int task, int worker) {
  const Wave *wave = p;
  const Conv2dWeightGradArgs *args = wave->args;
  const int pixels = args->shape.ho * args->shape.wo, panels = args->shape.groups * wave->oPanels;
  Range pieces = taskRange(wave->images * panels, 1, task, packTasks(wave));
  for (int piece = pieces.begin; piece < pieces.end; piece++) {
    const int image = piece / panels, panel = piece % panels, group = panel / wave->oPanels, o = panel % wave->oPanels * NR;
    const float *from = wave->dy + ((size_t)image * args->shape.o + group * wave->oGroup + o) * pixels;
    float *to = (float *)(args->scratch + args->dyAt) + ((size_t)panel * wave->images + image) * pixels * NR;
    packTransposed(to, from, pixels, pixels, minInt(NR, wave->oGroup - o));
  }
}

// The pixels of one block: the first one's image and place in its planes, its place among the image's pixels, and how many they are.
typedef struct {
  int image, source, first, pixels;
} Block;

static Block blockAt(const Wave *wave, int number) {
  if (wave->imagesPerBlock > 1) {
    int image = number * wave->imagesPerBlock, images = minInt(wave->imagesPerBlock, wave->images - image);
    return (Block){image, 0, 0, images * wave->lines * wave->lineLength};
  }
  int image = number / wave->blocks, block = number % wave->blocks;
  if (wave->blocksPerLine > 1) {
    Range part = taskRange(wave->lineLength, 1, block % wave->blocksPerLine, wave->blocksPerLine);
    int line = block / wave->blocksPerLine;
    return (Block){image, line * wave->planeWidth + part.begin, line * wave->lineLength + part.begin, part.end - part.begin};
  }
  int line = block * wave->linesPerBlock, lines = minInt(wave->linesPerBlock, wave->lines - line);
  return (Block){image, line * wave->planeWidth, line * wave->lineLength, lines * wave->lineLength};
}

// Some taps × some output channels of one group, over the images and blocks of one split.
static void multiply(const void *p, int task, int worker) {
  const Wave *wave = p;
  const Conv2dWeightGradArgs *args = wave->args;
  const int tapTask = task % wave->tapTasks, channelTask = task / wave->tapTasks % wave->channelTasks;
  const int group = task / wave->tapTasks / wave->channelTasks % args->shape.groups, split = task / wave->tapTasks / wave->channelTasks / args->shape.groups;
  const int oPadded = wave->oPanels * NR, pixels = args->shape.ho * args->shape.wo;
  const size_t panelFloats = (size_t)wave->images * pixels * NR;
  const int32_t *offsets = (const int32_t *)args->scratch;
  Range taps = taskRange(wave->taps, MR, tapTask, wave->tapTasks), panels = taskRange(wave->oPanels, 1, channelTask, wave->channelTasks);
  Range blocks = taskRange(ceilDiv(wave->images, wave->imagesPerBlock) * wave->blocks, 1, split, args->splits);
  float *sums = (float *)(args->scratch + args->sumsAt) + ((size_t)split * args->shape.groups + group) * wave->taps * oPadded;

  for (int b = blocks.begin; b < blocks.end; b++) {
    Block block = blockAt(wave, b);
    const float *planes = wave->planes + ((size_t)block.image * args->shape.groups + group) * (args->shape.c / args->shape.groups) * channelFloats(&args->planes);
    const float *dy = (const float *)(args->scratch + args->dyAt) + group * wave->oPanels * panelFloats + ((size_t)block.image * pixels + block.first) * NR;
    for (int tap = taps.begin; tap < taps.end; tap += MR) {
      int rows = minInt(MR, taps.end - tap);
      const float *tapPixels[MR];
      for (int i = 0; i < rows; i++) tapPixels[i] = planes + offsets[tap + i] + block.source;
      for (int panel = panels.begin; panel < panels.end; panel++) {
        TileOut out = {sums + (size_t)tap * oPadded + panel * NR, oPadded, NR, NULL, !(wave->isFirst && b == blocks.begin)};
        gemmTileRowsAt(rows, block.pixels, tapPixels, wave->pixelOffsets, dy + panel * panelFloats, &out);
      }
    }
  }
}

// dw of VL output channels of a group: their parts added in order, VL taps at a time turned from columns to rows.
static void addSplits(const void *p, int task, int worker) {
  const Wave *wave = p;
  const Conv2dWeightGradArgs *args = wave->args;
  const int oPadded = wave->oPanels * NR, blocks = ceilDiv(wave->oGroup, VL), group = task / blocks, o = task % blocks * VL;
  const int channels = minInt(VL, wave->oGroup - o);
  const size_t part = (size_t)args->shape.groups * wave->taps * oPadded;
  const float *sums = (const float *)(args->scratch + args->sumsAt) + (size_t)group * wave->taps * oPadded + o;
  float *dw = args->dw + ((size_t)group * wave->oGroup + o) * wave->taps;
  for (int tap = 0; tap < wave->taps; tap += VL) {
    int count = minInt(VL, wave->taps - tap);
    vf block[VL] = {};
    for (int i = 0; i < count; i++) {
      const float *from = sums + (size_t)(tap + i) * oPadded;
      block[i] = vload(from);
      for (int split = 1; split < args->splits; split++) block[i] += vload(from + split * part);
    }
    vtranspose(block);
    for (int i = 0; i < channels; i++) {
      if (count == VL) vstore(dw + (size_t)i * wave->taps + tap, block[i]);
      else vstoren(dw + (size_t)i * wave->taps + tap, block[i], count);
    }
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
  const int pixels = args->shape.ho * args->shape.wo;
  wave.imagesPerBlock = wave.blocks > 1 ? 1 : KC / pixels;
  for (int i = 0; i < KC; i++) {
    int inImage = i % pixels;
    wave.pixelOffsets[i] = i / pixels * (int)(args->shape.c * channelFloats(&args->planes)) + inImage / wave.lineLength * wave.planeWidth + inImage % wave.lineLength;
  }
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
    parallelFor(packDy, &wave, packTasks(&wave));
    parallelFor(multiply, &wave, args->splits * args->shape.groups * wave.channelTasks * wave.tapTasks);
  }
  parallelFor(addSplits, &wave, args->shape.groups * ceilDiv(wave.oGroup, VL));
}
