import { DTYPES } from "@vertebra/core";
import { type CudaOperand, LINE } from "../launch";

/** What a thread of a mover makes, a block apart. As in units.h. */
const WRITES = 4;

export const bytesOf = ({ dtype }: CudaOperand): number => DTYPES[dtype].bytes;

/** How many elements of `bytes` bytes can be moved as one, in up to 16 bytes, if all that is counted `fits`. */
export function elementsTogether(bytes: number, fits: (elements: number) => boolean): number {
  for (let elements = 16 / bytes; elements > 1; elements /= 2) if (fits(elements)) return elements;
  return 1;
}

/** Blocks of LINE threads for `units` that are stored one by one. */
export const gridOfUnits = (units: number): number => Math.ceil(units / (WRITES * LINE));

/** Blocks for kernels that store units smaller than four bytes by as many as fill them. */
export const gridOfWords = (units: number, unitBytes: number): number =>
  gridOfUnits(Math.ceil(units / Math.max(1, 4 / unitBytes)));
