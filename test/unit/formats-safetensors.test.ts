/** @file safetensors: files round-trip, and a damaged or lying one gets its typed error before anything is allocated. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { memorySource, type FileSource } from '../../src/formats/file-source.ts';
import { findDuplicateKey } from '../../src/formats/json.ts';
import { openSafetensors } from '../../src/formats/safetensors.ts';
import { DTYPE_BYTES, type Dtype } from '../../src/formats/safetensors-header.ts';
import { writeSafetensors, type TensorToWrite } from '../../src/formats/safetensors-writer.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const FILE = 'x.safetensors';
const sourceOf = (bytes: Bytes) => memorySource(new Map([[FILE, bytes]]));
const open = (bytes: Bytes) => openSafetensors(sourceOf(bytes), FILE);

/** A file with this text as its header. */
function withHeader(header: string, dataBytes = 0): Bytes {
  const json = new TextEncoder().encode(header);
  const file = new Uint8Array(8 + json.length + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  return file;
}

const header = (tensors: Record<string, unknown>) => JSON.stringify(tensors);
const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]) => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

describe('headers are validated', () => {
  const damagedFiles: [what: string, file: Bytes, ...names: string[]][] = [
    ['an empty file', new Uint8Array(0), '8 bytes of header length', 'found 0'],
    ['a few bytes', new Uint8Array(5), 'found 5'],
    ['a header longer than the file', Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 0, 123), '9 bytes', '9 in all'],
    ['a header of 10 GB', Uint8Array.of(0, 0xe4, 0x0b, 0x54, 2, 0, 0, 0, 123), '10000000000 bytes'],
    ['a header of 2^64 - 1', new Uint8Array(16).fill(255), '18446744073709551615 bytes'],
    ['no header', new Uint8Array(8), 'no JSON'],
    ['a header that is no JSON', withHeader('{"a":'), 'no JSON'],
    ['a header that is no UTF-8', Uint8Array.of(3, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0x7d), 'no JSON'],
    ['a header with a byte order mark', withHeader('\ufeff{}'), 'no JSON'],
    ['a list', withHeader('[]'), 'an array'],
    ['a number', withHeader('12'), 'a number'],
    ['a space before the header', withHeader(' {}'), 'begin with'],
    ['metadata that is a list', withHeader('{"__metadata__":[]}'), '__metadata__', 'an array'],
    ['metadata with a number', withHeader('{"__metadata__":{"k":1}}'), '"k"', 'a number'],
    ['a tensor that is null', withHeader('{"a":null}'), '"a"', 'null'],
    ['a name twice', withHeader(`{"a":${header(f32(0, 0))},"a":${header(f32(0, 0))}}`), '"a" twice'],
    ['a name twice, escaped', withHeader('{"a":{},"\\u0061":{}}'), '"a" twice'],
    ['a field twice', withHeader('{"a":{"dtype":"F32","dtype":"F16"}}'), '"dtype" twice'],
    [
      'an unknown dtype',
      withHeader(header({ a: { ...f32(0, 4), dtype: 'F8_E4M3' } }), 4),
      '"a"',
      '"F8_E4M3"',
      'BF16',
    ],
    ['an inherited dtype', withHeader(header({ a: { ...f32(0, 4), dtype: 'toString' } }), 4), '"toString"'],
    ['no dtype', withHeader('{"a":{}}'), 'dtype none'],
    ['a negative size', withHeader(header({ a: f32(0, 4, [-1]) }), 4), '"a"', '[-1]'],
    ['half a size', withHeader(header({ a: f32(0, 2, [0.5]) }), 2), '[0.5]'],
    ['a shape that is no list', withHeader(header({ a: f32(0, 4, 1) }), 4), 'shape 1'],
    ['65 dimensions', withHeader(header({ a: f32(0, 4, Array(65).fill(1)) }), 4), 'shape'],
    ['an overflowing shape', withHeader(header({ a: f32(0, 4, [2 ** 40, 2 ** 40]) }), 4), 'more than 2^53'],
    [
      'a shape that overflows to 0 in 64 bits',
      withHeader(header({ a: f32(0, 0, [2 ** 32, 2 ** 32]) })),
      'more than 2^53',
    ],
    [
      'an overflowing shape with a 0 in it',
      withHeader(header({ a: f32(0, 0, [2 ** 40, 2 ** 40, 0]) })),
      'more than 2^53',
    ],
    ['three offsets', withHeader(header({ a: { ...f32(0, 4), data_offsets: [0, 4, 8] } }), 4), '[0,4,8]'],
    ['a negative offset', withHeader(header({ a: { ...f32(0, 4), data_offsets: [-4, 0] } }), 4), '[-4,0]'],
    ['an end before the begin', withHeader(header({ a: f32(8, 4, [1]) }), 8), '[8, 4]', 'before its begin'],
    ['too many bytes for the shape', withHeader(header({ a: f32(0, 8, [1]) }), 8), 'takes 4 bytes', 'span 8'],
    ['a tensor beyond the end', withHeader(header({ a: f32(0, 8) }), 4), '"a"', '[0, 8]', 'truncated'],
    ['an overlap', withHeader(header({ a: f32(0, 8), b: f32(4, 12) }), 12), '"b"', 'overlaps', 'begin at 8'],
    ['a hole', withHeader(header({ a: f32(0, 4), b: f32(8, 12) }), 12), '"b"', 'hole', 'begin at 4'],
    ['a hole at the front', withHeader(header({ a: f32(4, 8) }), 8), '"a"', 'hole'],
    ['bytes after the last tensor', withHeader(header({ a: f32(0, 4) }), 5), 'nothing after the last tensor'],
    ['bytes and no tensor', withHeader('{}', 1), 'nothing after'],
  ];

  test.each(damagedFiles)('%s', async (_, file, ...names) => {
    await expectLabError(() => open(file), 'model-integrity', FILE, ...names);
  });

  test('an empty tensor may be listed after the one it shares its offset with', async () => {
    const file = await open(withHeader(header({ full: f32(0, 4), empty: f32(0, 0) }), 4));
    expect([...file.tensors.keys()]).toEqual(['empty', 'full']);
  });

  test('nesting of any depth', async () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    await expectLabError(() => open(withHeader(`{"a":${deep}}`)), 'model-integrity', '"a"', 'an array');
    await expectLabError(
      () => open(withHeader(`{"a":{"dtype":${deep}}}`)),
      'model-integrity',
      'dtype an array',
    );
  });

  test('a long header is refused before it is read', async () => {
    const reads: number[] = [];
    const prefix = Uint8Array.of(0, 0xe4, 0x0b, 0x54, 2, 0, 0, 0);
    const source: FileSource = {
      label: 'huge',
      size: () => Promise.resolve(20_000_000_000),
      read: (_, begin = 0, end = Infinity) => {
        reads.push(end - begin);
        return Promise.resolve(prefix.slice());
      },
    };
    await expectLabError(() => openSafetensors(source, FILE), 'model-integrity', '10000000000 bytes');
    expect(reads).toEqual([8]);
  });

  test('names that an object would reorder or inherit', async () => {
    const tensors = ['10', '9', '__proto__', 'constructor'].map((name, i) => ({
      name,
      dtype: 'I8' as const,
      shape: [1],
      data: Int8Array.of(i),
    }));
    const file = await open(writeSafetensors(tensors, { order: 'given' }));
    expect([...file.tensors.keys()]).toEqual(['10', '9', '__proto__', 'constructor']);
    expect([...(await file.readFloat32('__proto__'))]).toEqual([2]);
    await expectLabError(() => file.readRaw('toString'), 'model-integrity', '"toString"');
  });
});

describe('values', () => {
  const read = async (dtype: Dtype, data: ArrayBufferView) => {
    const shape = [data.byteLength / DTYPE_BYTES[dtype]];
    const file = await open(writeSafetensors([{ name: 't', dtype, shape, data }]));
    return [...(await file.readFloat32('t'))];
  };

  test('every element type becomes float32', async () => {
    expect(await read('F64', Float64Array.of(0.1, -2))).toEqual([Math.fround(0.1), -2]);
    expect(await read('F32', Float32Array.of(0.1, -2))).toEqual([Math.fround(0.1), -2]);
    expect(await read('F16', Uint16Array.of(0x3c00, 0xc000, 0x0001))).toEqual([1, -2, 2 ** -24]);
    expect(await read('BF16', Uint16Array.of(0x3f80, 0xc000))).toEqual([1, -2]);
    expect(await read('I64', BigInt64Array.of(-1n, 2n ** 40n))).toEqual([-1, 2 ** 40]);
    expect(await read('I32', Int32Array.of(-1, 2 ** 30))).toEqual([-1, 2 ** 30]);
    expect(await read('I16', Int16Array.of(-1, 300))).toEqual([-1, 300]);
    expect(await read('I8', Int8Array.of(-128))).toEqual([-128]);
    expect(await read('U8', Uint8Array.of(255))).toEqual([255]);
    expect(await read('BOOL', Uint8Array.of(0, 1))).toEqual([0, 1]);
  });

  test('NaN and infinity are named with their index', async () => {
    const bad = ['model-integrity', FILE, '"t"', 'index 2'] as const;
    await expectLabError(() => read('F64', Float64Array.of(1, 2, NaN)), ...bad);
    await expectLabError(() => read('F32', Float32Array.of(1, 2, -Infinity)), ...bad);
    await expectLabError(() => read('F16', Uint16Array.of(0, 0, 0xfc00)), ...bad);
    await expectLabError(() => read('BF16', Uint16Array.of(0, 0, 0x7fc0)), ...bad);
    await expectLabError(() => read('F64', Float64Array.of(1, 2, 1e300)), ...bad, 'float32');
  });

  test('a tensor larger than the chunks of conversion, its last value in place', async () => {
    // 32 MiB are converted at a time: 17 Mi elements of two bytes cross that border.
    const data = new Uint16Array(17 * 1024 * 1024);
    data[0] = 0x3f80;
    data[16 * 1024 * 1024] = 0x4000;
    data[data.length - 1] = 0xc000;
    const shape = [data.length];
    const file = await open(writeSafetensors([{ name: 't', dtype: 'BF16', shape, data }]));
    const values = await file.readFloat32('t');
    expect([values[0], values[16 * 1024 * 1024], values.at(-1)]).toEqual([1, 2, -2]);
    data[data.length - 2] = 0x7f80;
    const broken = await open(writeSafetensors([{ name: 't', dtype: 'BF16', shape, data }]));
    await expectLabError(() => broken.readFloat32('t'), 'model-integrity', `index ${data.length - 2}`);
  });
});

describe('the writer', () => {
  test.each(['llama/lora_all/adapter_model', 'gpt_neox/model_hub_f16', 'gpt2/golden', 'qwen3/model'])(
    'gives the bytes of the reference implementation: %s',
    async (name) => {
      const source = nodeSource('test/fixtures/golden');
      const file = await openSafetensors(source, `${name}.safetensors`);
      const tensors: TensorToWrite[] = [];
      for (const [tensor, { dtype, shape, begin, end }] of file.tensors) {
        // Not through readRaw: an old mask buffer among them holds -infinity.
        tensors.push({ name: tensor, dtype, shape, data: await source.read(file.path, begin, end) });
      }
      const metadata = Object.fromEntries(file.metadata);
      const written = writeSafetensors(tensors.toReversed(), file.metadata.size > 0 ? { metadata } : {});
      expect(Buffer.compare(written, await source.read(`${name}.safetensors`))).toBe(0);
    },
  );

  test('refuses bytes that are not those of the shape, and names twice', async () => {
    const tensor = { name: 't', dtype: 'F32', shape: [2], data: new Float32Array(2) } as const;
    await expectLabError(
      () => writeSafetensors([{ ...tensor, shape: [3] }]),
      'invalid-request',
      '"t"',
      '12 bytes, got 8',
    );
    await expectLabError(() => writeSafetensors([tensor, tensor]), 'invalid-request', '"t"');
    await expectLabError(() => writeSafetensors([{ ...tensor, name: '__metadata__' }]), 'invalid-request');
  });
});

const dtypes = Object.keys(DTYPE_BYTES) as Dtype[];

const tensorLists = fc
  .uniqueArray(
    fc.record({
      name: fc.string({ unit: 'binary', maxLength: 12 }).filter((name) => name !== '__metadata__'),
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(fc.nat(4), { maxLength: 4 }),
      fill: fc.nat(255),
    }),
    { selector: ({ name }) => name, maxLength: 8 },
  )
  .map((list) =>
    list.map(({ name, dtype, shape, fill }): TensorToWrite => {
      const bytes = shape.reduce((a, b) => a * b, DTYPE_BYTES[dtype]);
      return { name, dtype, shape, data: Uint8Array.from({ length: bytes }, (_, i) => (i * fill) & 0x3b) };
    }),
  );

/** Opens and reads everything: what a damaged file may do is give a LabError, and nothing else. */
async function readAll(bytes: Bytes): Promise<void> {
  try {
    const file = await open(bytes);
    for (const name of file.tensors.keys()) await file.readFloat32(name);
  } catch (thrown) {
    if (!(thrown instanceof LabError) || thrown.code !== 'model-integrity') throw thrown;
    expect(thrown.message).toContain(FILE);
  }
}

describe('any file', () => {
  test('that was written is read back', async () => {
    await fc.assert(
      fc.asyncProperty(
        tensorLists,
        fc.dictionary(fc.string(), fc.string()),
        fc.constantFrom('sorted' as const, 'given' as const),
        async (tensors, metadata, order) => {
          const bytes = writeSafetensors(tensors, { metadata, order });
          const file = await open(bytes);
          expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
          expect(Object.fromEntries(file.metadata)).toEqual(Object.fromEntries(Object.entries(metadata)));
          expect(new Set(file.tensors.keys())).toEqual(new Set(tensors.map(({ name }) => name)));
          for (const { name, dtype, shape, data } of tensors) {
            const raw = await file.readRaw(name);
            expect([raw.dtype, raw.shape, raw.bytes]).toEqual([dtype, shape, data]);
          }
        },
      ),
    );
  });

  test('cut short gives a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(tensorLists, fc.nat(), async (tensors, at) => {
        const bytes = writeSafetensors(tensors);
        await expectLabError(() => open(bytes.slice(0, at % bytes.length)), 'model-integrity', FILE);
      }),
    );
  });

  test('with flipped bits gives values or a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(tensorLists, fc.array(fc.tuple(fc.nat(), fc.nat(7))), async (tensors, flips) => {
        const bytes = writeSafetensors(tensors);
        for (const [at, bit] of flips)
          bytes[at % bytes.length] = (bytes[at % bytes.length] ?? 0) ^ (1 << bit);
        await readAll(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test('of random bytes gives a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 64 }), (bytes) => readAll(new Uint8Array(bytes))),
    );
  });

  test('with a random header length gives a typed error', async () => {
    await fc.assert(
      fc.asyncProperty(tensorLists, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), async (tensors, length) => {
        const bytes = writeSafetensors(tensors);
        new DataView(bytes.buffer).setBigUint64(0, length, true);
        await readAll(bytes);
      }),
    );
  });

  test('with lying offsets gives a typed error', async () => {
    const number = fc.oneof(fc.nat(64), fc.maxSafeNat(), fc.integer(), fc.double());
    const info = fc.record({
      dtype: fc.constantFrom(...dtypes),
      shape: fc.array(number, { maxLength: 3 }),
      data_offsets: fc.tuple(number, number),
    });
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string(), info), fc.nat(64), (tensors, dataBytes) =>
        readAll(withHeader(header(tensors), dataBytes)),
      ),
      { numRuns: 500 },
    );
  });

  test('whose header is any JSON gives a typed error', async () => {
    await fc.assert(fc.asyncProperty(fc.json(), (json) => readAll(withHeader(json))));
  });
});

describe('keys that stand twice', () => {
  test('are found at any depth, and only there', () => {
    expect(findDuplicateKey('{"a":{"b":1},"b":{"b":[{"b":2},{"b":3}]}}')).toBeNull();
    expect(findDuplicateKey('{"a":[{"b":1,"c":"b","b":2}]}')).toBe('b');
    expect(findDuplicateKey('{"a\\"":1,"a":"a\\"","a\\"":2}')).toBe('a"');
  });

  test('are never found in what JSON.stringify wrote', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => findDuplicateKey(JSON.stringify(value)) === null));
  });
});
