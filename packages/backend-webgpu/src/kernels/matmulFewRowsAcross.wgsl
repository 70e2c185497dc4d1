// y[r, c] = Σ a[r, k] · b[k, c] for few rows r, for each matrix of a batch: as matmulFewRows, where b lies the other way round. A
// workgroup makes 32 columns of all rows: eight invocations read 32 neighbours of one row of b, SLICES such rows at once; each adds up
// its share of k for four columns, and a tree adds the shares.

// Rows that an invocation adds up at once; those past the matrix repeat its last one. The plan has variants, and takes fewer slices where
// the rows would need more than 16 KiB for their shares.
alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

const ROWS = 1u;
const SLICES = 32u;
const QUADS = 8u;
const LANES = SLICES * QUADS;

// Do the rows of b begin at multiples of 4?
override B_IN_FOURS = false;

struct Params {
  rows: u32,
  k: u32,
  columns: u32,
  groups: u32, // all workgroups that have something to do
  aRow: u32, // elements from one row of a to the next
  aStep: u32, // and from one k to the next
  yRow: u32,
  yColumn: u32,
  columnGroups: u32,
  rank: u32,
  batch: array<vec4<u32>, 8>, // size, elements from one matrix of a to the next, the same of b
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<T>;
// As vec4 also where it is read float by float: a component can be read alone.
@group(0) @binding(2) var<storage, read> b: array<vec4<T>>;
@group(0) @binding(3) var<storage, read_write> y: array<T>;

var<workgroup> shares: array<vec4<f32>, ROWS * LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = group.y * groups.x + group.x;
  if (index >= params.groups) { return; }
  let column = (index % params.columnGroups * QUADS + local % QUADS) * 4u;
  let entry = index / params.columnGroups;
  let starts = startsOf(entry);

  var sums: array<vec4<f32>, ROWS>;
  if (column < params.columns) {
    for (var k = local / QUADS; k < params.k; k += SLICES) {
      let values = readB(starts.y, k, column);
      for (var row = 0u; row < ROWS; row++) {
        let factor = f32(a[starts.x + min(row, params.rows - 1u) * params.aRow + k * params.aStep]);
        sums[row] = fma(vec4<f32>(factor), values, sums[row]);
      }
    }
  }

  for (var row = 0u; row < ROWS; row++) { shares[row * LANES + local] = sums[row]; }
  workgroupBarrier();
  for (var half = LANES / 2u; half >= QUADS; half /= 2u) {
    if (local < half) {
      for (var row = 0u; row < ROWS; row++) { shares[row * LANES + local] += shares[row * LANES + local + half]; }
    }
    workgroupBarrier();
  }

  let row = local / QUADS;
  if (row < params.rows && column < params.columns) {
    let at = entry * params.rows * params.columns + row * params.yRow + column * params.yColumn;
    let sum = shares[row * LANES + local % QUADS];
    y[at] = T(sum.x);
    if (column + 1u < params.columns) { y[at + params.yColumn] = T(sum.y); }
    if (column + 2u < params.columns) { y[at + 2u * params.yColumn] = T(sum.z); }
    if (column + 3u < params.columns) { y[at + 3u * params.yColumn] = T(sum.w); }
  }
}

// Four columns of a row of b; zeros past the last column.
fn readB(start: u32, k: u32, column: u32) -> vec4<f32> {
  let at = start + k * params.columns + column;
  if (B_IN_FOURS) { return vec4<f32>(b[at / 4u]); }
  var result = vec4<f32>(f32(b[at / 4u][at % 4u]), 0.0f, 0.0f, 0.0f);
  if (column + 1u < params.columns) { result.y = f32(b[(at + 1u) / 4u][(at + 1u) % 4u]); }
  if (column + 2u < params.columns) { result.z = f32(b[(at + 2u) / 4u][(at + 2u) % 4u]); }
  if (column + 3u < params.columns) { result.w = f32(b[(at + 3u) / 4u][(at + 3u) % 4u]); }
  return result;
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
