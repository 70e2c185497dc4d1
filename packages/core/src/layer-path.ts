/** What a Module shows of itself to find out its path: the names of its children. */
export interface PathNode {
  childName(child: PathNode): string | undefined;
}

const stack: PathNode[] = [];
/** The path of the stack as it is; made when first asked for, shared by all calls of one layer. */
let path: LayerPath | undefined;

/** Runs `fn` as part of the call of `layer`. */
export function insideLayer<T>(layer: PathNode, fn: () => T): T {
  const outer = path;
  stack.push(layer);
  path = undefined;
  try {
    return fn();
  } finally {
    stack.pop();
    path = outer;
  }
}

/** The layers being called, outermost first. Its text is the path in checkpoint names, found only when asked for. */
export class LayerPath {
  constructor(readonly layers: readonly PathNode[]) {}

  /** `layer2.0.conv1`; empty outside of a model and in its outermost layer. */
  toString(): string {
    const names: string[] = [];
    for (let i = 1; i < this.layers.length; i++) {
      const name = (this.layers[i - 1] as PathNode).childName(this.layers[i] as PathNode);
      if (name) names.push(name);
    }
    return names.join(".");
  }

  /** The path in front of what happened there: `layer2.0.conv1: conv2d`. */
  locate(what: string): string {
    const path = this.toString();
    return path === "" ? what : `${path}: ${what}`;
  }
}

const OUTSIDE = new LayerPath([]);

/** Where the call being made stands in the model. */
export const currentLayer = (): LayerPath => {
  path ??= stack.length < 2 ? OUTSIDE : new LayerPath(stack.slice());
  return path;
};
