/** @file Streaming of text: what is given out is certain, complete and, put together, the whole. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TextStream } from '../../src/runtimes/ort/text-stream.ts';

/** A byte-level tokenizer: each id is a byte, so that characters are spread over tokens. */
const bytes = { decode: (ids: readonly number[]) => new TextDecoder().decode(Uint8Array.from(ids)) };

/** A tokenizer as SentencePiece's: each word begins with its space, which the first of a sequence loses. */
const words = ['▁the', '▁cat', 's', '▁sat', '.', '▁on'];
const sentencePiece = {
  decode: (ids: readonly number[]) =>
    ids
      .map((id) => words[id] ?? '')
      .join('')
      .replaceAll('▁', ' ')
      .replace(/^ /, ''),
};

const idsOf = (text: string) => Array.from(new TextEncoder().encode(text));

function run(stream: TextStream, ids: readonly number[]): string[] {
  const pieces: string[] = [];
  for (const id of ids) {
    pieces.push(stream.push(id));
    if (stream.isStopped) break;
  }
  pieces.push(stream.finish());
  return pieces;
}

describe('without stop strings', () => {
  test('the pieces are whole characters and make up the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const stream = new TextStream(bytes, []);
        const pieces = run(stream, idsOf(text));
        expect(pieces.join('')).toBe(bytes.decode(idsOf(text)));
        expect(stream.text).toBe(pieces.join(''));
        if (!text.includes('\uFFFD')) expect(pieces.join('')).not.toContain('\uFFFD');
        // No piece begins or ends within a surrogate pair.
        for (const piece of pieces) expect(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/.test(piece)).toBe(false);
      }),
    );
  });

  test('each token gives its text at once where that is certain', () => {
    expect(run(new TextStream(bytes, []), idsOf('aé'))).toEqual(['a', '', 'é', '']);
  });

  test('bytes that make no character come out at the end', () => {
    expect(run(new TextStream(bytes, []), [97, 0xe2, 0x82]).join('')).toBe('a\uFFFD');
  });

  test('spaces between tokens are kept', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(words.length - 1)), (ids) => {
        expect(run(new TextStream(sentencePiece, []), ids).join('')).toBe(sentencePiece.decode(ids));
      }),
    );
  });

  test('so is the space between prompt and completion', () => {
    expect(run(new TextStream(sentencePiece, [], [0]), [1, 2, 3])).toEqual([' cat', 's', ' sat', '']);
    expect(run(new TextStream(sentencePiece, []), [1, 2, 3])).toEqual(['cat', 's', ' sat', '']);
  });
});

describe('with stop strings', () => {
  test('the text ends before the first one and no part of one was given out', () => {
    const few = fc.string({ unit: fc.constantFrom('a', 'b', 'é'), maxLength: 40 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', 'é'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(few, stops, (text, stopStrings) => {
        const stream = new TextStream(bytes, stopStrings);
        const pieces = run(stream, idsOf(text));
        // The end of the earliest-ending stop string is where it is noticed; the cut is where the earliest begins.
        const ends = stopStrings
          .filter((stop) => text.includes(stop))
          .map((stop) => text.indexOf(stop) + stop.length);
        const noticed = ends.length === 0 ? text : text.slice(0, Math.min(...ends));
        const starts = stopStrings.map((stop) => noticed.indexOf(stop)).filter((at) => at >= 0);
        const expected = starts.length === 0 ? text : noticed.slice(0, Math.min(...starts));
        expect(stream.text).toBe(expected);
        expect(pieces.join('')).toBe(expected);
        expect(stream.isStopped).toBe(ends.length > 0);
      }),
    );
  });

  test('a beginning that turns out to be none is given out', () => {
    expect(run(new TextStream(bytes, ['###']), idsOf('a##b'))).toEqual(['a', '', '', '##b', '']);
    expect(run(new TextStream(bytes, ['###']), idsOf('a##'))).toEqual(['a', '', '', '##']);
  });
});
