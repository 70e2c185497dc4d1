// Parts of a page for people.

/** A table, or nothing without lines. */
export const table = (head, lines) =>
  lines.length === 0
    ? ""
    : [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

/** Ours as a multiple of theirs, where there is one. */
export const ratio = (ours, theirs) => (ours && theirs ? (ours / theirs).toFixed(2) : "–");
