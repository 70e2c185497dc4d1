// y[r, c] = Σ a[r, k] · b[c, k] for few rows r: dot products of rows, for each matrix of a batch. A workgroup makes four columns of all
// rows: its invocations read the four rows of b side by side, once, each adds up its share of k, and a tree adds the shares.

// Rows that an invocation adds up at once; those past the matrix repeat its last one. The plan has variants.
alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

const ROWS = 1u;
const LANES = 64u;

// Do the rows begin at multiples of 4?
override A_IN_FOURS = false;
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
// As vec4 also where they are read float by float: a component can be read alone.
@group(0) @binding(1) var<storage, read> a: array<vec4<T>>;
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
  let column = index % params.columnGroups * 4u;
  let entry = index / params.columnGroups;
  let starts = startsOf(entry);

  var sums: array<vec4<f32>, ROWS>;
  for (var k = local * 4u; k < params.k; k += LANES * 4u) {
    let columns = mat4x4<f32>(
      readB(starts.y, column, k),
      readB(starts.y, column + 1u, k),
      readB(starts.y, column + 2u, k),
      readB(starts.y, column + 3u, k),
    );
    for (var row = 0u; row < ROWS; row++) { sums[row] += readA(starts.x, row, k) * columns; }
  }

  for (var row = 0u; row < ROWS; row++) { shares[row * LANES + local] = sums[row]; }
  workgroupBarrier();
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    if (local < half) {
      for (var row = 0u; row < ROWS; row++) { shares[row * LANES + local] += shares[row * LANES + local + half]; }
    }
    workgroupBarrier();
  }

  if (local < params.rows) {
    let at = entry * params.rows * params.columns + local * params.yRow + column * params.yColumn;
    let sum = shares[local * LANES];
    y[at] = T(sum.x);
    if (column + 1u < params.columns) { y[at + params.yColumn] = T(sum.y); }
    if (column + 2u < params.columns) { y[at + 2u * params.yColumn] = T(sum.z); }
    if (column + 3u < params.columns) { y[at + 3u * params.yColumn] = T(sum.w); }
  }
}

// Four steps of k of a row of a; zeros past the last k.
fn readA(start: u32, row: u32, k: u32) -> vec4<f32> {
  let at = start + min(row, params.rows - 1u) * params.aRow + k * params.aStep;
  if (A_IN_FOURS) { return vec4<f32>(a[at / 4u]); }
  var result = vec4<f32>(f32(a[at / 4u][at % 4u]), 0.0f, 0.0f, 0.0f);
  if (k + 1u < params.k) { result.y = f32(a[(at + params.aStep) / 4u][(at + params.aStep) % 4u]); }
  if (k + 2u < params.k) { result.z = f32(a[(at + 2u * params.aStep) / 4u][(at + 2u * params.aStep) % 4u]); }
  if (k + 3u < params.k) { result.w = f32(a[(at + 3u * params.aStep) / 4u][(at + 3u * params.aStep) % 4u]); }
  return result;
}

// Four steps of k of a column, which is a row of b; columns past the matrix repeat its last one.
fn readB(start: u32, column: u32, k: u32) -> vec4<f32> {
  let at = start + min(column, params.columns - 1u) * params.k + k;
  if (B_IN_FOURS) { return vec4<f32>(b[at / 4u]); }
  var result = vec4<f32>(f32(b[at / 4u][at % 4u]), 0.0f, 0.0f, 0.0f);
  if (k + 1u < params.k) { result.y = f32(b[(at + 1u) / 4u][(at + 1u) % 4u]); }
  if (k + 2u < params.k) { result.z = f32(b[(at + 2u) / 4u][(at + 2u) % 4u]); }
  if (k + 3u < params.k) { result.w = f32(b[(at + 3u) / 4u][(at + 3u) % 4u]); }
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
