/** @file What the importer advises, in the page: nothing of the command line, and counts that agree with each other. */
import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inPage } from '../../src/formats/import/in-page.ts';
import { openFiles } from '../../src/formats/import/open.ts';
import { previewImport } from '../../src/formats/import/import-task.ts';
import { importEngine } from '../../workers/import-engine.ts';

const FOLDER = new URL('../../src/formats/import/', import.meta.url);
const file = (name: string, text: string) => ({ name, bytes: new TextEncoder().encode(text) });

/** Texts of the importer's source that name an option of the command. */
function advices(): readonly string[] {
  const names = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' });
  const sources = names.filter((name) => name.endsWith('.ts') && !name.endsWith('in-page.ts'));
  return sources.flatMap((name) => {
    const text = readFileSync(new URL(name, FOLDER), 'utf8').replace(/^ *(\/\*\*|\*|\/\/).*$/gmu, '');
    const said = text.match(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/gu) ?? [];
    return said
      .map((literal) => literal.slice(1, -1).replaceAll("\\'", "'"))
      .map((text) => text.replace('${POOL_FILE}', 'give the pool in a file of its own (--pool FILE)'))
      .filter((literal) => /--[a-z]/u.test(literal));
  });
}

const outcome = async (...files: Parameters<typeof importEngine.preview>[0]['files']) => {
  const stream = importEngine.preview({ files, wishes: {} });
  for (;;) {
    const { done, value } = await stream.next();
    if (done === true) return value;
  }
};

describe('advice', () => {
  it('has a word of the page for every option that the importer names', () => {
    // Those of roles.ts are the end of a sentence: "as in: --columns …".
    const all = advices().map((text) => (text.startsWith('--columns') ? `Say which, as in: ${text}` : text));
    expect(all.length).toBeGreaterThan(10);
    expect(all.map(inPage).filter((text) => /--[a-z]/u.test(text))).toEqual([]);
  });

  it('names the table of columns where they tell nothing, and the field for a pool', async () => {
    const { problem } = await outcome(file('films.csv', 'text,film\nA wind mill turns,one\nA boat,two\n'));
    expect(problem?.remedy).toMatch(/table of columns|“Add a file for the pool”/u);
    expect(problem?.remedy).not.toMatch(/--/u);
  });
});

describe('counts', () => {
  const rows = (count: number) =>
    Array.from({ length: count }, (_, i) => `the ${i}th thing is here,${i % 2 === 0 ? 'calm' : 'rough'}`);

  it('of rows and of values are the same in the file’s line and beneath it', async () => {
    const text = ['text,label', ...rows(98), 'nobody knows this,', 'broken,row,of,many'].join('\n');
    const { files, imported } = previewImport(await openFiles([file('sea.csv', text)]));
    const [shown] = files;
    expect(shown?.rows).toBe(100);
    expect(imported?.report.rowsIn).toBe(100);
    expect(shown?.columns.map(({ distinct }) => distinct)[1]).toBe(2);
    expect(shown?.layout?.because).toContain('"label" has 2 different values');
    expect(imported?.report.notes.join()).not.toContain('1 prompt have');
  });

  it('of no rows are told as that', async () => {
    const { problem } = await outcome(file('sea.csv', 'text,label\n'));
    expect(problem?.what).toBe('sea.csv: it has no rows, only the names of its columns (text, label).');
  });
});
