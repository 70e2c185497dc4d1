/** What a Module shows of itself to find out its path: the names of its children. */
export interface PathNode {
  childName(child: PathNode): string | undefined;
}

let stack: PathNode[] = [];
/** The path of the stack as it is; made when first asked for, shared by all calls of one layer. */
let path: LayerPath | undefined;
/** Names found during the outermost call at hand, by layer and the one inside it: no tree changes while it runs. */
const names = new Map<PathNode, Map<PathNode, string | undefined>>();

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
    if (stack.length === 0) names.clear();
  }
}

/** Runs `fn` as if `layer` were being called: backward belongs to the layers that made the calls. */
export function atLayer<T>(layer: LayerPath, fn: () => T): T {
  const [outerStack, outerPath] = [stack, path];
  [stack, path] = [[...layer.layers], layer];
  try {
    return fn();
  } finally {
    [stack, path] = [outerStack, outerPath];
    if (stack.length === 0) names.clear();
  }
}

/** The layers being called, outermost first. Its text is the path in checkpoint names, found only when asked for. */
export class LayerPath {
  constructor(readonly layers: readonly PathNode[]) {}

  /** `layer2.0.conv1`; empty outside of a model and in its outermost layer. */
  toString(): string {
    const parts: string[] = [];
    for (let i = 1; i < this.layers.length; i++) {
      const name = nameOf(this.layers[i - 1] as PathNode, this.layers[i] as PathNode);
      if (name) parts.push(name);
    }
    return parts.join(".");
  }

  /** The path in front of what happened there: `layer2.0.conv1: conv2d`. */
  locate(what: string): string {
    const path = this.toString();
    return path === "" ? what : `${path}: ${what}`;
  }
}

/** A search of the tree below `layer`, once for all ops of a call. */
function nameOf(layer: PathNode, child: PathNode): string | undefined {
  if (stack.length === 0) return layer.childName(child);
  const known = names.get(layer) ?? new Map<PathNode, string | undefined>();
  names.set(layer, known);
  if (!known.has(child)) known.set(child, layer.childName(child));
  return known.get(child);
}

const OUTSIDE = new LayerPath([]);

/** Where the call being made stands in the model. */
export const currentLayer = (): LayerPath => {
  path ??= stack.length === 0 ? OUTSIDE : new LayerPath(stack.slice());
  return path;
};
