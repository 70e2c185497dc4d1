/** The package's folder. */
export const root: string;
/** A build that failed: its message is all there is to say. */
export class BuildError extends Error {}
