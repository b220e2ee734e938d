/** @file docs/READINESS.md: readiness's word against what happened, as a summary and run by run. */
import type { ReadinessRow } from './readiness-row.ts';

const intro = `# Readiness's word, and what happened

Made by \`npm run readiness-table\` from docs/results/readiness.jsonl; nothing is edited by hand. Before each run a few rows outside its test
were asked as the run would ask; the word is that of \`npm run readiness\`. A run **rose** where its last round stands, zero-shot on the test, above
its base by more than twice the standard error of both, and above chance and majority by more than noise. Runs are of one seed each. The word's
thresholds were not fitted to these rows. Runs of one task and model are alike: the last column of the summary says how many tasks there are.`;

const WORDS = ['ready', 'doubtful', 'not ready'] as const;
const HAPPENED = ['rose', 'did not rise'] as const;

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');

function summary(rows: readonly ReadinessRow[]): string {
  const of = (model: string | null) => (model === null ? rows : rows.filter((row) => row.model === model));
  const models = [...new Set(rows.map(({ model }) => model))].sort();
  const body = [null, ...models].flatMap((model) =>
    WORDS.map((word) => {
      const said = of(model).filter((row) => row.word === word);
      const counts = HAPPENED.map((what) => said.filter(({ happened }) => happened === what).length);
      const tasks = new Set(said.map(({ task }) => task)).size;
      return [model ?? '**all**', word, ...counts.map(String), String(tasks)];
    }),
  );
  return table(['model', 'word before', ...HAPPENED, 'tasks'], body);
}

const figure = (value: number): string => value.toFixed(2);
/** On one line, as a cell must be. */
const code = (text: string): string => `\`${text.replaceAll('|', '\\|').replaceAll('\n', '\\n')}\``;

function everyRun(rows: readonly ReadinessRow[]): string {
  const order = (a: ReadinessRow, b: ReadinessRow) =>
    [a.model, a.task, a.arm].join('\n') < [b.model, b.task, b.arm].join('\n') ? -1 : 1;
  return table(
    ['model', 'task', 'arm', 'word', 'why', 'few-shot right', 'labels', 'base', 'last', 'floor', 'happened'],
    rows.toSorted(order).map((row) => {
      const set = Object.entries(row.set).map(([name, value]) => `${name}=${value}`);
      return [
        ...[row.model, row.task, `${row.arm}${set.length === 0 ? '' : ` (${code(set.join(' '))})`}`],
        ...[row.word, row.reasons.join(', '), `${figure(row.fewShot)} of ${row.rows}`],
        row.labels === null ? '' : figure(row.labels),
        ...[figure(row.base), `${figure(row.last)} of ${row.items}`, row.floor, row.happened],
      ];
    }),
  );
}

/** What a reader should not overlook: runs that went otherwise than was said. */
function otherwise(rows: readonly ReadinessRow[]): string {
  const wrong = rows.filter(
    ({ word, happened }) =>
      (word === 'ready' && happened !== 'rose') || (word === 'not ready' && happened === 'rose'),
  );
  if (wrong.length === 0)
    return 'No run that was called ready failed to rise, and none that was called not ready rose.';
  return `Otherwise than was said: ${wrong.map(({ model, task, arm }) => `${model} on ${task}, ${arm}`).join('; ')}.`;
}

export const readinessPage = (rows: readonly ReadinessRow[]): string =>
  `${[intro, `${rows.length} runs.`, summary(rows), otherwise(rows), '## Every run', everyRun(rows)].join('\n\n')}\n`;
