/** What an error is about, so that callers can act on it without reading its text. */
export interface ErrorFields {
  /** The rule that was broken, in the arguments' names. */
  readonly rule: string;
  /** The values that broke it. */
  readonly got?: string;
  /** The call or option that fixes it. */
  readonly fix?: string;
}

/**
 * Every error Vertebra throws on purpose. The text is `<where>: <rule>, got <values>. <fix>`; inside a model the
 * layer's path stands in front.
 */
export class VertebraError extends Error {
  /** Path of the layer it happened in (`layer2.0.conv1`), once a Module has seen it pass. */
  layer: string | undefined;

  constructor(
    /** Op, function, command or file that found the problem. */
    readonly where: string,
    readonly fields: ErrorFields,
  ) {
    super(formatMessage(where, fields));
    this.name = new.target.name;
  }

  /** Names the layer, once; the innermost Module call wins. */
  locate(layer: string): void {
    if (this.layer !== undefined || layer === "") return;
    this.layer = layer;
    this.message = `${layer}: ${this.message}`;
  }
}

/** What keeps a state from being a module's, each as a `LoadReport` has it. */
export interface StateMisfit {
  readonly missing: readonly string[];
  readonly unexpected: readonly string[];
  readonly mismatched: readonly string[];
}

/** A shape, axis or size breaks an op's rule. */
export class ShapeError extends VertebraError {}
/** A kernel or window is larger than the padded map it reads: the image is too small for the network. */
export class MapSizeError extends ShapeError {}
/** A dtype an op doesn't take, or two that differ. */
export class DTypeError extends VertebraError {}
/** Tensors on different devices, a closed device, or a device that can't be opened. */
export class DeviceError extends VertebraError {}
/** An option, name or value that isn't allowed. */
export class ArgumentError extends VertebraError {}
/** A device has no room for what was asked. */
export class OutOfMemoryError extends VertebraError {}
/** Gradients asked where there are none, or through an overwritten value. */
export class AutogradError extends VertebraError {}
/** A file is truncated, lies about its contents or isn't of the format. */
export class FileFormatError extends VertebraError {}
/** A state dict doesn't fit a model. */
export class StateDictError extends VertebraError {
  constructor(
    where: string,
    fields: ErrorFields,
    /** Everything that doesn't fit, where names and shapes are what is wrong. */
    readonly misfit?: StateMisfit,
  ) {
    super(where, fields);
  }
}
/** A tensor used after it was freed, or the like. */
export class LifetimeError extends VertebraError {}

function formatMessage(where: string, { rule, got, fix }: ErrorFields): string {
  return `${where}: ${rule}${got === undefined ? "" : `, got ${got}`}${fix === undefined ? "" : `. ${fix}`}`;
}

/** `[2, 3, 8, 8]`: how shapes are printed everywhere. */
export const formatShape = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** The name in `known` nearest to `name` by edit distance, or undefined when none is near. */
export function nearestName(name: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

/** The error for a name that isn't in `known`: lists the nearest one, or all where there are few. */
export function unknownName(where: string, kind: string, name: string, known: readonly string[]): ArgumentError {
  const nearest = nearestName(name, known);
  const fix = nearest ? `Did you mean "${nearest}"?` : `Known: ${known.slice(0, 12).join(", ")}${known.length > 12 ? ", …" : ""}`;
  return new ArgumentError(where, { rule: `${kind} must be a known name`, got: `"${name}"`, fix });
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
