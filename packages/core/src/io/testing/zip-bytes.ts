import { crc32 } from "../crc32";
import { concatBytes } from "../host-tensor";

/** One entry, and what its headers say where that isn't the truth. */
export interface ZipPart {
  readonly name: string;
  readonly data: Uint8Array;
  /** The method of the directory; data is written as it is. Default: 0, stored. */
  readonly method?: number;
  readonly flags?: number;
  /** What inflating gives, for deflated data. */
  readonly bytes?: number;
  readonly crc?: number;
  readonly localName?: string;
  /** Places the directory's entry elsewhere. */
  readonly headerOffset?: number;
}

/** What the end of the archive says where that isn't the truth. */
export interface ZipEnd {
  readonly count?: number;
  readonly offset?: number;
  readonly bytes?: number;
  /** Stands between the entries and the directory. */
  readonly gap?: Uint8Array;
  readonly comment?: string;
  /** Writes the ZIP64 form, in which the directory has only saturated fields. */
  readonly isZip64?: boolean;
}

/** A ZIP archive by hand. */
export function zipBytes(parts: readonly ZipPart[], end: ZipEnd = {}): Uint8Array {
  const chunks: Uint8Array[] = [];
  const rows: Uint8Array[] = [];
  for (const part of parts) {
    rows.push(directoryRow(part, sizeOf(chunks), end.isZip64 ?? false));
    chunks.push(fields([0x04034b50, 4], [20, 2], [part.flags ?? 0, 2], [part.method ?? 0, 2], [0, 4], ...sums(part)));
    chunks.push(
      fields([ascii(part.localName ?? part.name).byteLength, 2], [0, 2]),
      ascii(part.localName ?? part.name),
      part.data,
    );
  }
  const offset = end.offset ?? sizeOf(chunks);
  const bytes = end.bytes ?? sizeOf(rows);
  const count = end.count ?? parts.length;
  chunks.push(...rows, end.gap ?? new Uint8Array());
  if (end.isZip64) {
    const at = sizeOf(chunks);
    chunks.push(fields([0x06064b50, 4], [44, 8], [45, 2], [45, 2], [0, 8], [count, 8], [count, 8], [bytes, 8], [offset, 8]));
    chunks.push(fields([0x07064b50, 4], [0, 4], [at, 8], [1, 4]));
  }
  const short = (value: number, size: number): readonly [number, number] => [end.isZip64 ? 256 ** size - 1 : value, size];
  const comment = ascii(end.comment ?? "");
  chunks.push(fields([0x06054b50, 4], [0, 4], short(count, 2), short(count, 2), short(bytes, 4), short(offset, 4)));
  return concatBytes([...chunks, fields([comment.byteLength, 2]), comment]);
}

function directoryRow(part: ZipPart, at: number, isZip64: boolean): Uint8Array {
  const offset = part.headerOffset ?? at;
  const [crc, ...sizes] = sums(part);
  const wide = isZip64
    ? fields([1, 2], [24, 2], [sizes[1]?.[0] ?? 0, 8], [sizes[0]?.[0] ?? 0, 8], [offset, 8])
    : new Uint8Array();
  const saturated = (value: number): readonly [number, number] => [isZip64 ? 0xffffffff : value, 4];
  return concatBytes([
    fields([0x02014b50, 4], [20, 2], [20, 2], [part.flags ?? 0, 2], [part.method ?? 0, 2], [0, 4], crc as [number, number]),
    fields(...sizes.map(([value]) => saturated(value)), [ascii(part.name).byteLength, 2], [wide.byteLength, 2]),
    fields([0, 8], [0, 2], saturated(offset)),
    ascii(part.name),
    wide,
  ]);
}

/** Checksum, compressed size and size. */
const sums = ({ data, bytes, crc }: ZipPart): readonly (readonly [number, number])[] => [
  [crc ?? crc32(data), 4],
  [data.byteLength, 4],
  [bytes ?? data.byteLength, 4],
];

/** Little-endian integers of so many bytes each. */
const fields = (...values: readonly (readonly [value: number, bytes: number])[]): Uint8Array =>
  Uint8Array.from(
    values.flatMap(([value, bytes]) => Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i) & 255)),
  );

const ascii = (value: string): Uint8Array => Uint8Array.from(value, (char) => char.charCodeAt(0));

const sizeOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((total, chunk) => total + chunk.byteLength, 0);

/** Raw deflate of `data`. */
export async function deflated(data: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([new Uint8Array(data)]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
