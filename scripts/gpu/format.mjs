/** Three significant digits, without exponents; a dash where there is no value. */
export const shown = (value) =>
  value === undefined ? "–" : value >= 100 ? Math.round(value).toString() : `${Number(value.toPrecision(3))}`;
