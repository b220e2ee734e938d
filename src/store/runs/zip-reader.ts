/**
 * @file A zip file from anywhere, unpacked entry by entry and never further than asked. fflate inflates; it checks no
 * checksum and trusts the sizes that a zip claims, so the directory is read here (PKWARE's APPNOTE, 4.3): no doubled
 * or overlapping entries, no names that lead elsewhere, no zip64, no encryption, sizes and CRC-32 as they are declared.
 */
import { Inflate, strFromU8 } from 'fflate';

/** What is wrong with a zip, as the end of a sentence. */
export class ZipFault extends Error {}

export interface ZipEntry {
  readonly name: string;
  /** Bytes when unpacked, as declared and held to. */
  readonly size: number;
}

interface Place extends ZipEntry {
  readonly packed: number;
  readonly isDeflated: boolean;
  readonly crc: number;
  /** Of the local header. */
  readonly offset: number;
}

const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const END_BYTES = 22;
const ENTRY_BYTES = 46;
const LOCAL_BYTES = 30;
const LONGEST_COMMENT = 0xffff;
/** Beyond the first this many bytes, nothing that a run is made of packs better than this. */
const UNSUSPECTED = 16 * 1024 ** 2;
const MOST_RATIO = 200;
/** Inflated bytes come in pieces of at most about a thousand times this. */
const PIECE = 16 * 1024;

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] ?? 0);
  return ~crc >>> 0;
}

const shown = (name: string): string => JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);

/** Which names the parts of a path may have. `any`: whatever a folder on a disk may hold. */
const PART = { plain: /^[\w.-]+$/, any: /^[^\\\p{Cc}]+$/u } as const;
/** A path of its own: nothing that a file system would take for another place. */
const isPath = (name: string, part: RegExp): boolean =>
  name
    .replace(/\/$/, '')
    .split('/')
    .every((word) => part.test(word) && word !== '.' && word !== '..');

/** The flag says UTF-8; without it every byte stands for itself. */
const UTF8 = 1 << 11;
const textOf = (bytes: Uint8Array, flags: number): string => strFromU8(bytes, (flags & UTF8) === 0);

export class ZipReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #places = new Map<string, Place>();

  /** Reads the directory alone. @throws ZipFault
   * @param mostEntries more are refused before any is looked at */
  constructor(bytes: Uint8Array, mostEntries: number, names: keyof typeof PART = 'plain') {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { count, offset, end } = this.#end();
    if (count > mostEntries) throw new ZipFault(`it has ${count} entries, at most ${mostEntries} are known`);
    let at = offset;
    for (let i = 0; i < count; i++) {
      const [place, next] = this.#entry(at, end);
      if (!isPath(place.name, PART[names])) throw new ZipFault(`it has an entry named ${shown(place.name)}`);
      if (this.#places.has(place.name)) throw new ZipFault(`it has ${shown(place.name)} twice`);
      this.#places.set(place.name, place);
      at = next;
    }
    this.#refuseOverlaps(offset);
  }

  get entries(): readonly ZipEntry[] {
    return [...this.#places.values()];
  }

  has(name: string): boolean {
    return this.#places.has(name);
  }

  /** @param most bytes; an entry that claims more is refused before it is unpacked, one that has more while it is
   * @throws ZipFault */
  read(name: string, most: number): Uint8Array<ArrayBuffer> {
    const place = this.#places.get(name);
    if (place === undefined) throw new ZipFault(`it has no ${name}`);
    const { size, crc, isDeflated } = place;
    if (size > most) throw new ZipFault(`${name} has ${size} bytes, at most ${most} are read`);
    const packed = this.#packed(place);
    const bytes = isDeflated ? inflated(packed, size, name) : new Uint8Array(packed);
    if (bytes.length !== size || crcOf(bytes) !== crc)
      throw new ZipFault(`${name} is damaged: its checksum is another`);
    return bytes;
  }

  #u16(at: number): number {
    return this.#view.getUint16(at, true);
  }
  #u32(at: number): number {
    return this.#view.getUint32(at, true);
  }

  /** The record at the end, which says where the directory is. */
  #end(): { readonly count: number; readonly offset: number; readonly end: number } {
    const last = this.#bytes.length - END_BYTES;
    for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
      if (this.#u32(at) !== END || at + END_BYTES + this.#u16(at + 20) !== this.#bytes.length) continue;
      const [count, size, offset] = [this.#u16(at + 10), this.#u32(at + 12), this.#u32(at + 16)];
      if (count === 0xffff || size === 0xffffffff || offset === 0xffffffff)
        throw new ZipFault('it is a zip64, which no run is exported as');
      if (this.#u16(at + 4) !== 0 || this.#u16(at + 8) !== count)
        throw new ZipFault('it is one part of several');
      if (offset + size !== at) throw new ZipFault('its directory is not where it says');
      return { count, offset, end: at };
    }
    throw new ZipFault('it is no zip file, or its end is missing');
  }

  #entry(at: number, end: number): readonly [Place, number] {
    if (at + ENTRY_BYTES > end || this.#u32(at) !== ENTRY) throw new ZipFault('its directory is damaged');
    const [flags, method] = [this.#u16(at + 8), this.#u16(at + 10)];
    const nameEnd = at + ENTRY_BYTES + this.#u16(at + 28);
    const next = nameEnd + this.#u16(at + 30) + this.#u16(at + 32);
    if (next > end) throw new ZipFault('its directory is damaged');
    const name = textOf(this.#bytes.subarray(at + ENTRY_BYTES, Math.min(nameEnd, at + 1024)), flags);
    if ((flags & 1) !== 0) throw new ZipFault(`${shown(name)} is encrypted`);
    if (method !== 0 && method !== 8)
      throw new ZipFault(`${shown(name)} is packed by a method other than deflate`);
    const [crc, packed, size] = [this.#u32(at + 16), this.#u32(at + 20), this.#u32(at + 24)];
    if (size > UNSUSPECTED && size > MOST_RATIO * packed)
      throw new ZipFault(`${shown(name)} would unpack to more than ${MOST_RATIO} times its size`);
    const offset = this.#u32(at + 42);
    return [{ name, size, packed, isDeflated: method === 8, crc, offset }, next];
  }

  /** Many entries in the same packed bytes are how a small file claims to be a large one. */
  #refuseOverlaps(directory: number): void {
    const places = [...this.#places.values()].sort((a, b) => a.offset - b.offset);
    places.forEach(({ name, offset, packed }, i) => {
      const next = places[i + 1]?.offset ?? directory;
      if (offset + LOCAL_BYTES + packed > next)
        throw new ZipFault(`${name} reaches into what comes after it`);
    });
  }

  #packed({ name, offset, packed }: Place): Uint8Array {
    if (this.#u32(offset) !== LOCAL) throw new ZipFault(`${name} is not where the directory says`);
    const nameLength = this.#u16(offset + 26);
    const own = this.#bytes.subarray(offset + LOCAL_BYTES, offset + LOCAL_BYTES + nameLength);
    if (nameLength > 1024 || textOf(own, this.#u16(offset + 6)) !== name)
      throw new ZipFault(`${name} has another name where it stands`);
    const begin = offset + LOCAL_BYTES + nameLength + this.#u16(offset + 28);
    if (begin + packed > this.#bytes.length) throw new ZipFault(`${name} is cut off`);
    return this.#bytes.subarray(begin, begin + packed);
  }
}

/** Piece by piece into the room that was declared; whoever has more is stopped at its end. */
function inflated(packed: Uint8Array, size: number, name: string): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(size);
  let length = 0;
  const inflate = new Inflate((piece) => {
    if (length + piece.length > size) throw new ZipFault(`${name} unpacks to more than it says`);
    whole.set(piece, length);
    length += piece.length;
  });
  try {
    for (let at = 0; at < packed.length; at += PIECE)
      inflate.push(packed.subarray(at, at + PIECE), at + PIECE >= packed.length);
  } catch (thrown) {
    if (thrown instanceof ZipFault) throw thrown;
    throw new ZipFault(`${name} is damaged: it cannot be unpacked`);
  }
  return length === size ? whole : whole.slice(0, length);
}
