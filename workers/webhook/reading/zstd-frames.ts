const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const RUN_LENGTH = 1;

/**
 * Where the zstd frames end that bytes begin with; null where the last of them breaks off, which the library does not say
 * (RFC 8878, 3.1). 0 where there is none.
 */
export function endOfFrames(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at + 4 <= bytes.length) {
    const magic = view.getUint32(at, true);
    let end: number | null;
    if (magic === FRAME) end = endOfFrame(view, at);
    else if (magic >>> 4 === SKIPPABLE >>> 4)
      end = at + 8 <= bytes.length ? at + 8 + view.getUint32(at + 4, true) : null;
    else return at;
    if (end === null || end > bytes.length) return null;
    at = end;
  }
  return at;
}

function endOfFrame(view: DataView, start: number): number | null {
  if (start + 5 > view.byteLength) return null;
  const descriptor = view.getUint8(start + 4);
  const singleSegment = (descriptor >> 5) & 1;
  const contentSize = CONTENT_SIZE_BYTES[descriptor >> 6] ?? 0;
  let at = start + 5 + (1 - singleSegment) + (DICTIONARY_BYTES[descriptor & 3] ?? 0);
  at += contentSize === 0 ? singleSegment : contentSize;
  for (let last = 0; last === 0; ) {
    if (at + 3 > view.byteLength) return null;
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    last = header & 1;
    at += 3 + (((header >> 1) & 3) === RUN_LENGTH ? 1 : header >> 3);
  }
  return at + 4 * ((descriptor >> 2) & 1);
}
