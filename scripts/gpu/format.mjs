/** Three significant digits, without exponents; a dash where there is no number. */
export const shown = (value) =>
  Number.isFinite(value) ? (value >= 100 ? Math.round(value).toString() : `${Number(value.toPrecision(3))}`) : "–";
