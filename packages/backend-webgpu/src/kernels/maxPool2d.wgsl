// y[i, j] = largest x in rows start + rowStep · r, r < count, of rows[i] = (start, count), and columns likewise; indices[i, j] =
// h · W + w of it. x [planes, H, W]; y, indices [planes, Ho, Wo]. The winner is the last NaN, else the first of the largest:
// scanning in order from the first element, a value wins if it is greater or NaN. An invocation makes one output.

alias T = f32; // elements of maps and weights: f32 or f16; sums are f32

struct Params {
  elements: u32,
  h: u32,
  w: u32,
  ho: u32,
  wo: u32,
  rowStep: u32,
  columnStep: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<T>;
@group(0) @binding(2) var<storage, read> rows: array<vec2<u32>>;
@group(0) @binding(3) var<storage, read> columns: array<vec2<u32>>;
@group(0) @binding(4) var<storage, read_write> y: array<T>;
@group(0) @binding(5) var<storage, read_write> indices: array<u32>;

fn isNanBits(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + local;
  if (index >= params.elements) { return; }
  let line = index / params.wo;
  let plane = line / params.ho;
  let row = rows[line - plane * params.ho];
  let column = columns[index - line * params.wo];
  let first = plane * params.h * params.w;
  var winner = row.x * params.w + column.x;
  var best = f32(x[first + winner]);
  for (var r = 0u; r < row.y; r++) {
    let begin = (row.x + r * params.rowStep) * params.w + column.x;
    for (var c = 0u; c < column.y; c++) {
      let place = begin + c * params.columnStep;
      let value = f32(x[first + place]);
      let wins = value > best || isNanBits(value);
      best = select(best, value, wins);
      winner = select(winner, place, wins);
    }
  }
  y[index] = T(best);
  indices[index] = winner;
}
