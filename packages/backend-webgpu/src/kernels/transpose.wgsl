// y[i · yLine + j] = x[j · xStep + i] for i < lines, j < columns, and for all indices of the other axes. Words of 32 bits.
//
// A workgroup of 32 × 8 moves a tile of 32 × 32 by way of its own memory, so that neighbours read neighbouring words of x and write
// neighbouring words of y. Rows of the tile are a word longer: a column of it then lies in 32 different banks.
// After M. Harris, "An Efficient Matrix Transpose in CUDA C/C++".

const TILE = 32u;
const ROWS = 8u;

struct Params {
  tiles: u32,
  // Tiles along the columns and along the lines.
  across: u32,
  down: u32,
  start: u32,
  columns: u32,
  lines: u32,
  xStep: u32,
  yLine: u32,
  rank: u32,
  reserved0: u32,
  reserved1: u32,
  reserved2: u32,
  axes: array<vec4<u32>, 8>, // the others: size, step of x, step of y
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;

var<workgroup> tile: array<u32, TILE * (TILE + 1u)>;

@compute @workgroup_size(TILE, ROWS)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_id) local: vec3<u32>,
) {
  let at = group.y * groups.x + group.x;
  let column = (at % params.across) * TILE;
  let line = (at / params.across % params.down) * TILE;
  let offsets = offsetsOf(at / (params.across * params.down));
  let isTile = at < params.tiles;

  for (var row = local.y; row < TILE; row += ROWS) {
    if (isTile && column + row < params.columns && line + local.x < params.lines) {
      tile[row * (TILE + 1u) + local.x] = x[offsets.x + (column + row) * params.xStep + line + local.x];
    }
  }
  workgroupBarrier();
  for (var row = local.y; row < TILE; row += ROWS) {
    if (isTile && line + row < params.lines && column + local.x < params.columns) {
      y[offsets.y + (line + row) * params.yLine + column + local.x] = tile[local.x * (TILE + 1u) + row];
    }
  }
}

// Where the matrix at `index` begins in x and in y.
fn offsetsOf(index: u32) -> vec2<u32> {
  var rest = index;
  var at = vec2<u32>(params.start, 0u);
  for (var axis = params.rank; axis > 0u; axis--) {
    let row = params.axes[axis - 1u];
    at += (rest % row.x) * row.yz;
    rest /= row.x;
  }
  return at;
}
