/** @file docs/LAYOUTS.md: every layout that the importer knows as a table. */
import { LAYOUTS } from '../../src/formats/import/layouts.ts';

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ⏎ ');
/** As code, whatever quotes are in it. */
const code = (text: string): string =>
  `\`\`${text.includes('`') ? ' ' : ''}${cell(text)}${text.includes('`') ? ' ' : ''}\`\``;

export function layoutsPage(): string {
  const rows = LAYOUTS.map(
    ({ name, example, isNot }) => `| ${cell(name)} | ${code(example)} | ${cell(isNot)} |`,
  );
  return [
    '# Layouts',
    '',
    'What the importer knows data files by. Every layout is tried on every file; the best match is told with what was seen and',
    'the next best. Where none fits, or another is meant, `--columns input=COLUMN,output=COLUMN` (in the page, the column table)',
    'goes before all of them. Written by `npm run schemas` from the table in `src/formats/import/layouts.ts`.',
    '',
    '| layout | a row of it | it is not |',
    '| --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
