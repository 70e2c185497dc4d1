/** The package's folder. */
export const root: string;
/** Where what is built lies. */
export const build: string;
/** A build that failed: its message is all there is to say. */
export class BuildError extends Error {}
