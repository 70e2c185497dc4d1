/** At most so many values of an output are compared. */
const SAMPLE = 4096;

/** @param {Float32Array} output */
export const sample = (output) =>
  Array.from(output.length <= SAMPLE ? output : output.filter((_, i) => i % Math.ceil(output.length / SAMPLE) === 0));
