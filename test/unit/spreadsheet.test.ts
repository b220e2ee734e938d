import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../src/formats/import/decode.ts';
import { readSeparated } from '../../src/formats/import/separated.ts';
import { csv } from '../../src/ui/charts/download.ts';

const written = (value: string | number | null): string => csv(['text'], [{ text: value }]).slice(6, -2);

describe('a CSV that a spreadsheet opens', () => {
  it.each(['=1+1', '+cmd|x', '-2+3', '@SUM(A1)', '\t=1', '＝1+1', '－1+1', '＠x', '=', '-'])(
    'computes nothing of the text %j',
    (text) => {
      expect(written(text)).toBe(`'${text}`);
    },
  );

  it('computes nothing of a text that needs quotes, whatever stands in it', () => {
    expect(written('=HYPERLINK("http://x","y")')).toBe(`"'=HYPERLINK(""http://x"",""y"")"`);
    expect(written('\r=1')).toBe(`"'\r=1"`);
    expect(written('\n=1')).toBe(`"'\n=1"`);
  });

  it.each([-0.05, 0, 3, -1e-7, Infinity])('keeps the number %d a number', (value) => {
    expect(written(value)).toBe(String(value));
  });

  it.each(['-0.05', '+3', '-.5', '1e-3', '-1E+6', '', 'a=b', ' - x', "it's", '2-3'])(
    'leaves %j as it is: a number, or no formula',
    (text) => {
      expect(written(text)).toBe(text);
    },
  );

  it('marks what papaparse marks, numbers apart', () => {
    for (const text of ['=a', '+a', '-a', '@a', '\ta', '\ra', 'a', '']) {
      const [row] = Papa.parse<string[]>(csv(['text'], [{ text }]), { skipEmptyLines: false }).data.slice(1);
      const theirs = Papa.unparse([[text]], { escapeFormulae: true });
      expect(row).toEqual(Papa.parse<string[]>(theirs).data[0] ?? ['']);
    }
  });

  it('comes back by import with its marks told', () => {
    const rows = [
      { input: '- a dash first', output: 'x' },
      { input: 'plain, with a comma', output: '-1' },
      { input: '@all\rof it', output: 'y' },
    ];
    const bytes = new TextEncoder().encode(csv(['input', 'output'], rows));
    const table = readSeparated(decodeText(bytes, 'f.csv'), 'f.csv', { delimiter: ',' });
    expect(table.rows.map(({ cells }) => cells.get('input'))).toEqual([
      "'- a dash first",
      'plain, with a comma',
      "'@all\nof it",
    ]);
    expect(table.rows.map(({ cells }) => cells.get('output'))).toEqual(['x', '-1', 'y']);
    expect(table.notes).toContainEqual(expect.stringMatching(/^2 cells with an apostrophe before =/));
  });
});
