import { formatBytes } from "./format";
import type { Output } from "./output";

/** How far a download is: a line that is drawn over, or one line in all where that can't be. */
export function downloadProgress(output: Output, name: string): (doneBytes: number, totalBytes: number) => void {
  let isFirst = true;
  return (done, total) => {
    if (output.isLive) output.live(`Downloading ${name}  ${formatBytes(done)} of ${formatBytes(total)}`);
    else if (isFirst) output.warn(`Downloading ${name}, ${formatBytes(total)}`);
    isFirst = false;
    if (done === total) output.clearLive();
  };
}
