/** Text of each generated page by its path from the root. */
export function pages(): Record<string, string>;
