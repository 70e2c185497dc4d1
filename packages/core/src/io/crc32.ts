const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  // 0xedb88320 is the polynomial of ISO 3309 (1 + x + x² + x⁴ + … + x³²), bits reversed.
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});

/** The checksum of ZIP files (CRC-32 of ISO 3309), as an unsigned integer. */
export function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = (rest >>> 8) ^ (TABLE[(rest ^ byte) & 255] as number);
  return ~rest >>> 0;
}
