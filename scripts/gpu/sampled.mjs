/**
 * Largest error of some elements of a product or convolution, computed again in double precision, as a fraction of the result's
 * typical size: a kernel that is fast and wrong is no result.
 * @param {{ kind: string, x: number[], weight: number[], attrs?: { stride: number, padding: number, groups: number } }} row
 */
export function sampledError(row, x, weight, y, samples = 32) {
  const exact = row.kind === "matmul" ? productAt : convolutionAt;
  let [most, squares] = [0, 0];
  for (let s = 0; s < samples; s++) {
    // The last element is among them: that is where tiles end.
    const index = y.length - 1 - Math.floor((s / samples) * y.length);
    const value = exact(row, x, weight, index);
    squares += value ** 2;
    const error = Math.abs(y[index] - value);
    most = Number.isFinite(error) ? Math.max(most, error) : Number.POSITIVE_INFINITY;
  }
  return most / Math.sqrt(squares / samples);
}

function productAt({ x: [, depth], weight: [, columns] }, x, weight, index) {
  const [i, j] = [Math.floor(index / columns), index % columns];
  let sum = 0;
  for (let k = 0; k < depth; k++) sum += x[i * depth + k] * weight[k * columns + j];
  return sum;
}

function convolutionAt({ x: [, channels, height, width], weight: [filters, depth, size], attrs }, x, weight, index) {
  const { stride, padding, groups } = attrs;
  const outSide = (length) => Math.floor((length + 2 * padding - size) / stride) + 1;
  const [outHeight, outWidth] = [outSide(height), outSide(width)];
  const column = index % outWidth;
  const row = Math.floor(index / outWidth) % outHeight;
  const filter = Math.floor(index / (outWidth * outHeight)) % filters;
  const image = Math.floor(index / (outWidth * outHeight * filters));
  const first = Math.floor(filter / (filters / groups)) * depth;
  let sum = 0;
  for (let c = 0; c < depth; c++) {
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        const [h, w] = [row * stride - padding + i, column * stride - padding + j];
        if (h < 0 || h >= height || w < 0 || w >= width) continue;
        const value = x[((image * channels + first + c) * height + h) * width + w];
        sum += value * weight[((filter * depth + c) * size + i) * size + j];
      }
    }
  }
  return sum;
}
