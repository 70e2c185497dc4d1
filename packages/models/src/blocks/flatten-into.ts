import { asLayer, flatten, formatShape, type Linear, ShapeError, type Step, type Tensor } from "@vertebra/core";

/** What a linear layer was made for. */
export interface FlattenIntoOptions {
  /** The feature map it reads, of one image. */
  readonly map: readonly [channels: number, height: number, width: number];
  /** Side of the images that give such a map. */
  readonly imageSide: number;
}

/**
 * A step of a head that flattens the feature map in front of `linear`; x [N, C, H, W] → [N, C · H · W]. Images of another size
 * are refused in that layer's name: a larger map never becomes more rows, nor does one of 1×25 pass for 5×5.
 * @throws ShapeError with the map and the size of image that the layer needs.
 */
export function flattenInto(linear: Linear, { map, imageSide }: FlattenIntoOptions): Step {
  return (x: Tensor): Tensor => {
    if (x.shape.length === 4 && map.every((size, i) => size === x.shape[i + 1])) return flatten(x);
    return asLayer(linear, () => {
      throw new ShapeError("flatten", {
        rule: `x must be [N, ${map.join(", ")}], ${linear.inFeatures} features`,
        got: formatShape(x.shape),
        fix: `Resize the images to ${imageSide}×${imageSide}, or build the model with includeTop: false and a head for your size`,
      });
    });
  };
}
