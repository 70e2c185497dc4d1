import { openLegacyPth } from "./pth-legacy";
import { openZippedPth } from "./pth-zip";
import type { RandomAccess } from "./random-access";
import { readExactly } from "./random-access";
import type { TensorFile } from "./tensor-file";
import { openZip } from "./zip";

/**
 * Opens a checkpoint that PyTorch's `torch.save` wrote, in the ZIP format (from 1.6 on) or the one before. Names of nested
 * dicts and lists are joined by dots (`state_dict.conv1.weight`); numbers and strings are in `metadata` under such names.
 * Nothing in the file is executed: its pickle may only build tensors and plain containers, from a list of allowed names.
 * @param where stands in front of error messages; give the file's path.
 * @throws FileFormatError if the file is broken, or wants more than that, naming what.
 */
export async function openPth(source: RandomAccess, where = "openPth"): Promise<TensorFile> {
  const start = await readExactly(source, 0, Math.min(2, source.size), where);
  const isZip = start[0] === 0x50 && start[1] === 0x4b;
  return isZip ? openZippedPth(await openZip(source, where), where) : openLegacyPth(source, where);
}
