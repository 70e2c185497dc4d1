import { chain, concat, type Step, scoped, type Tensor } from "@vertebra/core";

/**
 * A step that sends its input down every path and joins the outputs over channels; x [N, C, H, W] → [N, Σ channels, Ho, Wo].
 * The outputs are freed as soon as they are joined, unless the tape needs them.
 */
export const fork =
  (...paths: readonly (readonly Step[])[]): ((x: Tensor) => Tensor) =>
  (x) =>
    scoped(() =>
      concat(
        paths.map((path) => chain(x, ...path)),
        1,
      ),
    );
