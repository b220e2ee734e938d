/** @file The tokenizer of a folder, on a byte-level BPE fixture: 3 special tokens, 256 bytes, 9 merges. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { hasChatTemplate } from '../../src/formats/chat-template.ts';
import { memorySource } from '../../src/formats/file-source.ts';
import { isJsonObject } from '../../src/formats/json.ts';
import { loadTokenizer, type Tokenizer } from '../../src/formats/tokenizer.ts';
import type { JsonObject } from '../../src/models/architecture.ts';
import { nodeSource } from '../../tools/node-source.ts';
import { expectLabError } from './formats-expect.ts';

const END_OF_TEXT = 0;
const IM_START = 1;
const IM_END = 2;
const FIRST_BYTE = 3;
/** Merges in their order: he, ll, hell, hello, " w", " wo", rl, rld, " world". */
const HELL = 261;
const HELLO = 262;
const WORLD = 267;

const bytes = (text: string) => [...new TextEncoder().encode(text)].map((byte) => FIRST_BYTE + byte);
const utf8 = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const fixture = nodeSource('test/fixtures/tokenizer');

async function load(): Promise<Tokenizer> {
  const tokenizer = await loadTokenizer(fixture, 268);
  if (tokenizer === null) throw new Error('the fixture has no tokenizer');
  return tokenizer;
}

async function jsonOf(path: string): Promise<JsonObject> {
  const value: unknown = JSON.parse(new TextDecoder().decode(await fixture.read(path)));
  if (!isJsonObject(value)) throw new Error(`${path} holds no object`);
  return value;
}

/** The fixture with fields of its two files replaced; further files by name. */
async function changed(
  tokenizer: Record<string, unknown>,
  config: Record<string, unknown> | null = {},
  others: Record<string, Uint8Array<ArrayBuffer>> = {},
) {
  const files = new Map(Object.entries(others));
  files.set('tokenizer.json', utf8({ ...(await jsonOf('tokenizer.json')), ...tokenizer }));
  if (config !== null) {
    files.set('tokenizer_config.json', utf8({ ...(await jsonOf('tokenizer_config.json')), ...config }));
  }
  return memorySource(files, 'folder');
}

describe('the tokenizer', () => {
  test('knows its special tokens', async () => {
    expect(await load()).toMatchObject({
      size: 268,
      bosTokenId: END_OF_TEXT,
      eosTokenId: IM_END,
      padTokenId: END_OF_TEXT,
    });
  });

  test('merges in order, keeps bytes, finds special tokens in the text', async () => {
    const { encode } = await load();
    const plain = (text: string) => encode(text, { addSpecialTokens: false });
    expect(plain('hello world')).toEqual([HELLO, WORLD]);
    expect(plain('hell')).toEqual([HELL]);
    expect(plain('é 東\n')).toEqual(bytes('é 東\n'));
    expect(plain('hello<|im_end|>hell')).toEqual([HELLO, IM_END, HELL]);
    expect(plain('')).toEqual([]);
    expect(encode('hello')).toEqual([END_OF_TEXT, HELLO]);
  });

  test('decodes with and without special tokens, spaces untouched', async () => {
    const { decode } = await load();
    expect(decode([END_OF_TEXT, HELLO, WORLD])).toBe('hello world');
    expect(decode([END_OF_TEXT, HELLO, WORLD], { skipSpecialTokens: false })).toBe(
      '<|endoftext|>hello world',
    );
    expect(decode([])).toBe('');
    expect(decode(bytes('a .'))).toBe('a .');
    // Half of a two-byte character.
    expect(decode(bytes('é').slice(0, 1))).toBe('\ufffd');
  });

  test('gives every text back', async () => {
    const { encode, decode, size } = await load();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const ids = encode(text, { addSpecialTokens: false });
        return decode(ids, { skipSpecialTokens: false }) === text && ids.every((id) => id >= 0 && id < size);
      }),
    );
  });

  test('writes a conversation as the chat template says', async () => {
    const { chat, encode } = await load();
    const text = chat?.write([{ role: 'user', content: 'hello world' }], false) ?? '';
    expect(text).toBe('<|im_start|>user\nhello world<|im_end|>\n<|im_start|>assistant\n');
    expect(encode(text, { addSpecialTokens: false }).slice(0, 6)).toEqual([IM_START, ...bytes('user\n')]);
    expect(chat?.write([{ role: 'user', content: 'hell' }], true)).toBe('<|im_start|>user\nhell');
    await expectLabError(
      () =>
        chat?.write(
          [
            { role: 'user', content: '' },
            { role: 'system', content: '' },
          ],
          false,
        ),
      'invalid-request',
      'the system message comes first',
    );
  });
});

test('the patterns that it runs are told, at any depth', async () => {
  const source = await changed({
    normalizer: { type: 'Replace', pattern: { Regex: 'x+' }, content: 'x' },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: ' ?(a+)+$' }, behavior: 'Isolated', invert: false },
        { type: 'Split', pattern: { String: ' ' }, behavior: 'Isolated', invert: false },
      ],
    },
  });
  const tokenizer = await loadTokenizer(source, 268);
  expect([...(tokenizer?.patterns ?? [])].sort()).toEqual([' ?(a+)+$', 'x+']);
  expect((await load()).patterns).toEqual([]);
});

test('ids that no token has: those that pad the embedding, and holes', async () => {
  const tokenizer = await loadTokenizer(fixture, 272);
  expect(tokenizer?.absentIds).toEqual([268, 269, 270, 271]);
  expect((await loadTokenizer(fixture, 268))?.absentIds).toEqual([]);
  expect((await loadTokenizer(fixture))?.absentIds).toEqual([]);
  const { model } = await jsonOf('tokenizer.json');
  if (!isJsonObject(model) || !isJsonObject(model.vocab)) throw new Error('the fixture has no vocabulary');
  const vocab = Object.fromEntries(Object.entries(model.vocab).filter(([, id]) => id !== 200 && id !== 210));
  const holed = await loadTokenizer(await changed({ model: { ...model, vocab } }), 272);
  expect(holed?.absentIds).toEqual([200, 210, 268, 269, 270, 271]);
});

describe('folders that differ', () => {
  test('without a tokenizer', async () => {
    expect(await loadTokenizer(memorySource(new Map()))).toBeNull();
  });

  test('without a template, or with one in a file of its own, which goes first', async () => {
    const without = await loadTokenizer(await changed({}, { chat_template: null }));
    expect(without?.chat).toBeNull();
    const text = (words: string) => new TextEncoder().encode(words);
    const written = async (
      config: Record<string, unknown>,
      files: Record<string, Uint8Array<ArrayBuffer>>,
    ): Promise<string | undefined> => {
      const source = await changed({}, config, files);
      expect(await hasChatTemplate(source)).toBe(true);
      return (await loadTokenizer(source))?.chat?.write([{ role: 'user', content: 'x' }], false);
    };
    const jinja = { 'chat_template.jinja': text('{{ bos_token }}{{ messages[0].content }}') };
    const old = { 'chat_template.json': text('{"chat_template": "old"}') };
    expect(await written({ chat_template: null }, jinja)).toBe('<|endoftext|>x');
    expect(await written({}, { ...jinja, ...old })).toBe('<|endoftext|>x');
    expect(await written({ chat_template: 'own' }, old)).toBe('own');
    expect(await written({ chat_template: null }, old)).toBe('old');
  });

  test.each([
    ['no text', new Uint8Array([0xff, 0xfe]), 'chat_template.jinja in folder is no text in UTF-8'],
    ['too large', new Uint8Array(2 ** 20 + 1), 'has 1048577 bytes'],
  ])('with a template that is %s', async (_, bytesOfIt, said) => {
    const source = await changed({}, {}, { 'chat_template.jinja': bytesOfIt });
    await expectLabError(() => loadTokenizer(source), 'tokenizer-integrity', said);
  });

  test('without tokenizer_config.json: <|endoftext|> ends, where it is a special token', async () => {
    const source = await changed({}, null);
    expect(await loadTokenizer(source)).toMatchObject({ bosTokenId: null, eosTokenId: 0, padTokenId: null });
    const map = {
      'special_tokens_map.json': utf8({ eos_token: { content: '<|im_end|>' }, bos_token: '<|im_start|>' }),
    };
    expect(await loadTokenizer(await changed({}, null, map))).toMatchObject({
      bosTokenId: IM_START,
      eosTokenId: IM_END,
    });
  });
});

describe('a broken tokenizer is refused', () => {
  const refuses = async (tokenizer: Record<string, unknown>, ...names: string[]) => {
    const source = await changed(tokenizer);
    await expectLabError(
      () => loadTokenizer(source),
      'tokenizer-integrity',
      'tokenizer.json in folder',
      ...names,
    );
  };

  test('files that are no JSON object', async () => {
    for (const path of ['tokenizer.json', 'tokenizer_config.json']) {
      const source = await changed({}, {}, {});
      const files = new Map<string, Uint8Array<ArrayBuffer>>();
      for (const name of ['tokenizer.json', 'tokenizer_config.json'])
        files.set(name, await source.read(name));
      files.set(path, utf8([1]));
      await expectLabError(() => loadTokenizer(memorySource(files)), 'tokenizer-integrity', path, 'an array');
      files.set(path, new TextEncoder().encode('{"a":'));
      await expectLabError(() => loadTokenizer(memorySource(files)), 'tokenizer-integrity', path, 'no JSON');
    }
  });

  test('parts that are missing, unknown or of the wrong kind', async () => {
    const { model } = await jsonOf('tokenizer.json');
    if (!isJsonObject(model)) throw new Error('no model');
    await refuses({ model: null }, '"model"', 'null');
    await refuses({ model: { ...model, vocab: 3 } }, '"model.vocab"', 'a number');
    await refuses({ model: { ...model, vocab: { a: 'x' } } }, '"a"', '"x"');
    await refuses({ model: { ...model, vocab: { a: 5, b: 5 } } }, '"a" and "b" both have id 5');
    await refuses({ model: { ...model, type: 'Unheard' } }, 'model.type', '"Unheard"', 'BPE');
    await refuses({ pre_tokenizer: { type: 'Unheard' } }, 'Unheard');
    await refuses({ added_tokens: null }, '"added_tokens"', 'null');
    await refuses({ added_tokens: [3] }, '"added_tokens"', 'a number');
    await refuses({ added_tokens: [{ content: 'x', id: 0 }] }, '"<|endoftext|>" and "x" both have id 0');
    const source = await changed({}, { eos_token: 7 });
    await expectLabError(() => loadTokenizer(source), 'tokenizer-integrity', 'eos_token', 'a number');
  });

  test('more tokens than the model has', async () => {
    await expectLabError(
      () => loadTokenizer(fixture, 267),
      'tokenizer-integrity',
      'id 267',
      'vocab_size 267',
    );
  });

  test('ids that no table could hold, before the library makes one, wherever they stand', async () => {
    const { model, added_tokens: added } = await jsonOf('tokenizer.json');
    if (!isJsonObject(model) || !isJsonObject(model.vocab) || !Array.isArray(added))
      throw new Error('no vocab');
    const far = { ...model.vocab, far: 400_000_000 };
    const special = { id: 400_000_000, content: 'far', special: true, normalized: false };
    for (const vocabSize of [268, undefined]) {
      for (const change of [
        { model: { ...model, vocab: far } },
        { added_tokens: [...(added as unknown[]), special] },
      ]) {
        const source = await changed(change);
        await expectLabError(
          () => loadTokenizer(source, vocabSize),
          'tokenizer-integrity',
          '"far" with id 400000000',
          `vocab_size ${vocabSize ?? 2 ** 24}`,
        );
      }
    }
  });

  test('nesting of any depth', async () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const text = JSON.stringify({ ...(await jsonOf('tokenizer.json')), normalizer: 'HERE' });
    const files = new Map([['tokenizer.json', new TextEncoder().encode(text.replace('"HERE"', deep))]]);
    await expectLabError(() => loadTokenizer(memorySource(files)), 'tokenizer-integrity', 'tokenizer.json');
  });

  test('text without a token: left out, unknown, or refused where the unknown token has no id', async () => {
    const { model } = await jsonOf('tokenizer.json');
    const encode = async (unknown: string | null) => {
      const small = { ...(model as object), vocab: { a: 3, '?': 4 }, merges: [], unk_token: unknown };
      const tokenizer = await loadTokenizer(await changed({ model: small }));
      return tokenizer?.encode('aba', { addSpecialTokens: false });
    };
    expect(await encode(null)).toEqual([3, 3]);
    expect(await encode('?')).toEqual([3, 4, 3]);
    await expectLabError(() => encode('<unk>'), 'tokenizer-integrity', 'token 2', 'unknown token');
  });

  test('any field replaced by any JSON gives a typed error or a tokenizer', async () => {
    const fields = fc.constantFrom(
      'model',
      'added_tokens',
      'decoder',
      'pre_tokenizer',
      'normalizer',
      'post_processor',
    );
    await fc.assert(
      fc.asyncProperty(fields, fc.jsonValue(), async (field, value) => {
        try {
          await loadTokenizer(await changed({ [field]: value }));
        } catch (thrown) {
          if (!(thrown instanceof LabError)) throw thrown;
          expect(thrown.code).toBe('tokenizer-integrity');
        }
      }),
    );
  });
});
