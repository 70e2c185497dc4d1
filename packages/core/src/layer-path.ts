/** What a Module shows of itself to find out its path: the names of its children. */
export interface PathNode {
  childName(child: PathNode): string | undefined;
}

const stack: PathNode[] = [];

/** Runs `fn` as part of the call of `layer`. */
export function insideLayer<T>(layer: PathNode, fn: () => T): T {
  stack.push(layer);
  try {
    return fn();
  } finally {
    stack.pop();
  }
}

/** Path of the innermost layer being called, in checkpoint names; found only when asked for. */
export function currentLayer(): string {
  const names: string[] = [];
  for (let i = 1; i < stack.length; i++) {
    const name = findName(stack[i - 1] as PathNode, stack[i] as PathNode);
    if (name) names.push(name);
  }
  return names.join(".");
}

/** True while the outermost layer is being called, not one inside it. */
export const isOutermostLayer = (): boolean => stack.length === 0;

function findName(parent: PathNode, child: PathNode): string | undefined {
  return parent.childName(child);
}
