// y[m, n] = Σ a[m, k] · b[k, n] for each matrix of a batch; a lies as [M, K] or [K, M], b as [K, N] or [N, K], rows contiguous.
// A workgroup makes a tile of y, an invocation ROW_BLOCKS · 4 rows × 4 columns of it in registers. TILE_K steps of k of both
// operands stand in workgroup memory while the next ones are on their way from global memory. Scheme: V. Volkov & J. Demmel,
// "Benchmarking GPUs to tune dense linear algebra" (2008).
// Workgroup memory holds 4×4 blocks as four vec4s, which lie along k or along the rows (columns), as they do in global memory: an
// operand that would be wanted the other way round is transposed in registers, where that costs nothing.

// Tile sizes. The plan has variants with other values.
alias T = f32; // elements of maps and weights: f32 or f16; sums are f32
alias Y = f32; // elements of the result; f32 where it is a part of a sum

const ROW_BLOCKS = 1u;
const LANE_ROWS = 16u;
const LANE_COLUMNS = 16u;
const TILE_K = 16u;
// Terms that are summed in order; sums of blocks are added in a second accumulator. A multiple of TILE_K.
const SUM_BLOCK = 256u;

const LANES = LANE_ROWS * LANE_COLUMNS;
const A_QUADS = LANE_ROWS * ROW_BLOCKS;
const B_QUADS = LANE_COLUMNS;
const TILE_M = A_QUADS * 4u;
const TILE_N = B_QUADS * 4u;
const K_QUADS = TILE_K / 4u;
const A_LOADS = A_QUADS * TILE_K / LANES;
const B_LOADS = B_QUADS * TILE_K / LANES;
// From one of a block's four vec4s to the next, and from one quad of k to the next. One and two more than are needed: eight neighbours
// that write two rows × four quads of k then meet eight different groups of memory banks.
const A_STEP = A_QUADS + 1u;
const B_STEP = B_QUADS + 1u;
const A_QUAD_STEP = 4u * A_STEP + 2u;
const B_QUAD_STEP = 4u * B_STEP + 2u;

// Which axis is contiguous in global memory: k, or the operand's other one. Does each of its rows begin at a multiple of 4?
override A_ALONG_K = true;
override B_ALONG_K = false;
override A_IN_FOURS = false;
override B_IN_FOURS = false;

struct Params {
  m: u32,
  k: u32,
  n: u32,
  groups: u32, // all workgroups that have something to do
  rowTiles: u32,
  columnTiles: u32,
  parts: u32, // of k, each with sums of its own
  partTerms: u32, // a multiple of SUM_BLOCK
  partElements: u32, // from one part's y to the next one's
  rank: u32,
  batch: array<vec4<u32>, 8>, // size, elements from one matrix of a to the next, the same of b
}

@group(0) @binding(0) var<uniform> params: Params;
// As vec4 also where they are read float by float: a component can be read alone.
@group(0) @binding(1) var<storage, read> a: array<vec4<T>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> y: array<Y>;

var<workgroup> tileA: array<vec4<f32>, A_QUAD_STEP * K_QUADS>;
var<workgroup> tileB: array<vec4<f32>, B_QUAD_STEP * K_QUADS>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  // Column tiles run fastest: neighbours read the same rows of a.
  let index = group.y * groups.x + group.x;
  if (index >= params.groups) { return; }
  let firstColumn = (index % params.columnTiles) * TILE_N;
  let firstRow = (index / params.columnTiles) % params.rowTiles * TILE_M;
  let matrix = index / (params.columnTiles * params.rowTiles);
  let part = matrix % params.parts;
  let entry = matrix / params.parts;
  let starts = startsOf(entry);
  let lane = vec2<u32>(local % LANE_COLUMNS, local / LANE_COLUMNS);

  // By name, at most two of each: arrays would lie in memory where a compiler doesn't unroll loops.
  var sums0 = mat4x4<f32>();
  var sums1 = mat4x4<f32>();
  var totals0 = mat4x4<f32>();
  var totals1 = mat4x4<f32>();
  let firstK = part * params.partTerms;
  let endK = min(firstK + params.partTerms, params.k);
  var nextA0 = readA(starts.x, firstRow, firstK, local);
  var nextA1 = vec4<f32>();
  var nextB0 = readB(starts.y, firstColumn, firstK, local);
  var nextB1 = vec4<f32>();
  if (A_LOADS > 1u) { nextA1 = readA(starts.x, firstRow, firstK, local + LANES); }
  if (B_LOADS > 1u) { nextB1 = readB(starts.y, firstColumn, firstK, local + LANES); }
  for (var k = firstK; k < endK; k += TILE_K) {
    workgroupBarrier(); // all are through with the tiles before
    tileA[placeInA(local)] = nextA0;
    tileB[placeInB(local)] = nextB0;
    if (A_LOADS > 1u) { tileA[placeInA(local + LANES)] = nextA1; }
    if (B_LOADS > 1u) { tileB[placeInB(local + LANES)] = nextB1; }
    workgroupBarrier();
    if (k + TILE_K < endK) {
      nextA0 = readA(starts.x, firstRow, k + TILE_K, local);
      nextB0 = readB(starts.y, firstColumn, k + TILE_K, local);
      if (A_LOADS > 1u) { nextA1 = readA(starts.x, firstRow, k + TILE_K, local + LANES); }
      if (B_LOADS > 1u) { nextB1 = readB(starts.y, firstColumn, k + TILE_K, local + LANES); }
    }
    for (var quad = 0u; quad < K_QUADS; quad++) {
      let columns = blockOfB(quad, lane.x);
      sums0 = addBlock(sums0, blockOfA(quad, lane.y), columns);
      if (ROW_BLOCKS > 1u) { sums1 = addBlock(sums1, blockOfA(quad, LANE_ROWS + lane.y), columns); }
    }
    if ((k + TILE_K) % SUM_BLOCK == 0u || k + TILE_K >= endK) {
      totals0 += sums0;
      totals1 += sums1;
      sums0 = mat4x4<f32>();
      sums1 = mat4x4<f32>();
    }
  }

  let start = part * params.partElements + entry * params.m * params.n;
  let row = firstRow + lane.y * 4u;
  let column = firstColumn + lane.x * 4u;
  storeBlock(totals0, start, row, column);
  if (ROW_BLOCKS > 1u) { storeBlock(totals1, start, row + LANE_ROWS * 4u, column); }
}

// sums + rows · columns, in the order of k; a matrix's i-th vec4 is its i-th row.
fn addBlock(sums: mat4x4<f32>, rows: mat4x4<f32>, columns: mat4x4<f32>) -> mat4x4<f32> {
  return mat4x4<f32>(
    addProducts(sums[0], rows[0], columns),
    addProducts(sums[1], rows[1], columns),
    addProducts(sums[2], rows[2], columns),
    addProducts(sums[3], rows[3], columns),
  );
}

fn storeBlock(block: mat4x4<f32>, start: u32, row: u32, column: u32) {
  let at = start + row * params.n + column;
  if (row < params.m) { store(at, column, block[0]); }
  if (row + 1u < params.m) { store(at + params.n, column, block[1]); }
  if (row + 2u < params.m) { store(at + 2u * params.n, column, block[2]); }
  if (row + 3u < params.m) { store(at + 3u * params.n, column, block[3]); }
}

// sum[j] + Σ row[k] · columns[k][j], in the order of k.
fn addProducts(sum: vec4<f32>, row: vec4<f32>, columns: mat4x4<f32>) -> vec4<f32> {
  var result = fma(vec4<f32>(row.x), columns[0], sum);
  result = fma(vec4<f32>(row.y), columns[1], result);
  result = fma(vec4<f32>(row.z), columns[2], result);
  return fma(vec4<f32>(row.w), columns[3], result);
}

// Four rows of a, each at four steps of k.
fn blockOfA(quad: u32, rows: u32) -> mat4x4<f32> {
  let at = quad * A_QUAD_STEP + rows;
  let block = mat4x4<f32>(tileA[at], tileA[at + A_STEP], tileA[at + 2u * A_STEP], tileA[at + 3u * A_STEP]);
  if (A_ALONG_K) { return block; }
  return transpose(block);
}

// Four steps of k of b, each at four columns.
fn blockOfB(quad: u32, columns: u32) -> mat4x4<f32> {
  let at = quad * B_QUAD_STEP + columns;
  let block = mat4x4<f32>(tileB[at], tileB[at + B_STEP], tileB[at + 2u * B_STEP], tileB[at + 3u * B_STEP]);
  if (B_ALONG_K) { return transpose(block); }
  return block;
}

// The i-th vec4 of a tile: (index across, index along) the contiguous axis. Neighbours read what lies side by side.
fn placeOf(i: u32, quads: u32, isAlongK: bool) -> vec2<u32> {
  let length = select(quads, K_QUADS, isAlongK);
  return vec2<u32>(i / length, i % length * 4u);
}

fn placeInA(i: u32) -> u32 {
  let place = placeOf(i, A_QUADS, A_ALONG_K);
  let quads = select(place.yx, place, A_ALONG_K) / 4u; // of rows, of k
  return quads.y * A_QUAD_STEP + place.x % 4u * A_STEP + quads.x;
}

fn placeInB(i: u32) -> u32 {
  let place = placeOf(i, B_QUADS, B_ALONG_K);
  let quads = select(place.yx, place, B_ALONG_K) / 4u; // of columns, of k
  return quads.y * B_QUAD_STEP + place.x % 4u * B_STEP + quads.x;
}

// The i-th vec4 of a's tile at (firstRow, firstK); zeros past the matrix.
fn readA(start: u32, firstRow: u32, firstK: u32, i: u32) -> vec4<f32> {
  let first = select(vec2<u32>(firstK, firstRow), vec2<u32>(firstRow, firstK), A_ALONG_K);
  let size = select(vec2<u32>(params.k, params.m), vec2<u32>(params.m, params.k), A_ALONG_K);
  let place = first + placeOf(i, A_QUADS, A_ALONG_K);
  let at = start + place.x * size.y + place.y;
  var result = vec4<f32>();
  if (A_IN_FOURS) {
    if (all(place < size)) { result = vec4<f32>(a[at / 4u]); }
  } else if (place.x < size.x) {
    if (place.y < size.y) { result.x = f32(a[at / 4u][at % 4u]); }
    if (place.y + 1u < size.y) { result.y = f32(a[(at + 1u) / 4u][(at + 1u) % 4u]); }
    if (place.y + 2u < size.y) { result.z = f32(a[(at + 2u) / 4u][(at + 2u) % 4u]); }
    if (place.y + 3u < size.y) { result.w = f32(a[(at + 3u) / 4u][(at + 3u) % 4u]); }
  }
  return result;
}

// The same of b's tile at (firstK, firstColumn).
fn readB(start: u32, firstColumn: u32, firstK: u32, i: u32) -> vec4<f32> {
  let first = select(vec2<u32>(firstK, firstColumn), vec2<u32>(firstColumn, firstK), B_ALONG_K);
  let size = select(vec2<u32>(params.k, params.n), vec2<u32>(params.n, params.k), B_ALONG_K);
  let place = first + placeOf(i, B_QUADS, B_ALONG_K);
  let at = start + place.x * size.y + place.y;
  var result = vec4<f32>();
  if (B_IN_FOURS) {
    if (all(place < size)) { result = vec4<f32>(b[at / 4u]); }
  } else if (place.x < size.x) {
    if (place.y < size.y) { result.x = f32(b[at / 4u][at % 4u]); }
    if (place.y + 1u < size.y) { result.y = f32(b[(at + 1u) / 4u][(at + 1u) % 4u]); }
    if (place.y + 2u < size.y) { result.z = f32(b[(at + 2u) / 4u][(at + 2u) % 4u]); }
    if (place.y + 3u < size.y) { result.w = f32(b[(at + 3u) / 4u][(at + 3u) % 4u]); }
  }
  return result;
}

// Four neighbours of a row, as far as the row goes. Where N is a multiple of 4 the plan puts another one here, and y is of vec4s.
fn store(at: u32, column: u32, value: vec4<f32>) {
  if (column < params.n) { y[at] = Y(value.x); }
  if (column + 1u < params.n) { y[at + 1u] = Y(value.y); }
  if (column + 2u < params.n) { y[at + 2u] = Y(value.z); }
  if (column + 3u < params.n) { y[at + 3u] = Y(value.w); }
}

// Where the entry's matrices of a and b begin.
fn startsOf(entry: u32) -> vec2<u32> {
  var rest = entry;
  var starts = vec2<u32>();
  for (var axis = params.rank; axis > 0u; axis--) {
    let row = params.batch[axis - 1u];
    starts += (rest % row.x) * row.yz;
    rest /= row.x;
  }
  return starts;
}
