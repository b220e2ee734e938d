/**
 * @file `npm run results -- DIR...`: docs/RESULTS.md from finished experiments: every task and arm as measured, with
 * intervals over seeds, and what became of the claims that were written down before the run.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ArmLine } from '../src/core/arm-table.ts';
import { armTable } from '../src/core/arm-table.ts';
import { LabError } from '../src/core/errors.ts';
import type { MetricName } from '../src/core/metric-table.ts';
import type { ResultRow } from '../src/core/results.ts';
import type { Interval } from '../src/core/statistics.ts';
import { holm, interval } from '../src/core/statistics.ts';
import { isResultRow, readStudy } from './results/study.ts';
import type { Study } from './results/study.ts';

const OUT = 'docs/RESULTS.md';
const LEVEL = 0.05;

const number = (value: number): string => value.toFixed(3).replace('-', '−');
const withInterval = ({ mean, halfWidth }: Interval): string =>
  mean === null ? '–' : `${number(mean)}${halfWidth === null ? '' : ` ± ${halfWidth.toFixed(3)}`}`;
const signed = (text: string): string => (/^[−–]/.test(text) ? text : `+${text}`);
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Multiple choice is judged by its choices. */
const metricOf =
  (rows: readonly ResultRow[]) =>
  (task: string): MetricName =>
    rows.some((row) => row.task === task && row.metric === 'mc1') ? 'mc1' : 'exact_match';

/** Means over seeds by round. */
function course(rows: readonly ResultRow[], wanted: Partial<ResultRow>): string {
  const found = rows.filter((row) =>
    Object.entries(wanted).every(([key, value]) =>
      Object.entries(row).some(([k, v]) => k === key && v === value),
    ),
  );
  const rounds = [...new Set(found.map(({ round }) => round))].sort((a, b) => a - b);
  const means = rounds.map(
    (round) => interval(found.filter((row) => row.round === round).map(({ value }) => value)).mean,
  );
  return means.map((mean) => (mean === null ? '–' : mean.toFixed(2))).join(', ') || '–';
}

function taskSection(task: string, rows: readonly ResultRow[], { arms }: Study): string {
  const own = rows.filter((row) => row.task === task);
  const metric = metricOf(rows);
  const [first = ''] = arms;
  const lines = armTable(own, { metric });
  const toFirst = armTable(own, { metric, against: first });
  const cells = arms.flatMap((arm) => {
    const line = lines.find((candidate) => candidate.arm === arm);
    if (line === undefined) return [];
    const difference = toFirst.find((candidate) => candidate.arm === arm)?.difference;
    const name = metric(task);
    return [
      [
        arm,
        course(own, { arm, split: 'test', mode: 'zero-shot', metric: name }),
        withInterval(line),
        course(own, { arm, split: 'test', mode: 'few-shot', metric: name }),
        course(own, { arm, split: 'prompts', metric: 'self_label_accuracy' }),
        difference === null || difference === undefined ? '' : signed(withInterval(difference)),
        String(line.n),
      ],
    ];
  });
  const head = [
    'arm',
    'zero-shot: base, then by round',
    'last',
    'few-shot',
    'self-labels right',
    `minus ${first}`,
    'seeds',
  ];
  return `### ${task} (${metric(task)})\n\n${table(head, cells)}`;
}

function verdict({ difference }: ArmLine, p: number | undefined): string {
  if (p === undefined || difference?.p == null || difference.mean === null) return 'too few seeds to say';
  if (p >= LEVEL) return 'not shown';
  return difference.mean > 0 ? '**holds**' : '**the opposite holds**';
}

function claimSections(rows: readonly ResultRow[], study: Study): string[] {
  return study.claims.map(({ arm, against, tasks }) => {
    const claimed = rows.filter((row) => tasks.includes(row.task));
    const metric = metricOf(rows);
    const lines = armTable(claimed, { metric, against }).filter((line) => line.arm === arm);
    const last = (task: string, name: string, seed: number) => {
      const own = claimed.filter(
        (row) =>
          row.task === task &&
          row.arm === name &&
          row.seed === seed &&
          row.split === 'test' &&
          row.mode === 'zero-shot' &&
          row.metric === metric(task),
      );
      return own.toSorted((a, b) => b.round - a.round)[0]?.value;
    };
    // A claimed task that was not measured (yet) counts as a test that failed, so that leaving one out gains nothing.
    const corrected = holm(
      Array.from({ length: Math.max(tasks.length, lines.length) }, (_, i) => lines[i]?.difference?.p ?? 1),
    );
    const cells = lines.map((line, i) => {
      const seeds = study.seeds.flatMap((seed) => {
        const [a, b] = [last(line.task, arm, seed), last(line.task, against, seed)];
        return a === undefined || b === undefined ? [] : [number(a - b)];
      });
      const difference = line.difference === null ? '–' : signed(withInterval(line.difference));
      return [
        line.task,
        difference,
        corrected[i]?.toPrecision(2) ?? '–',
        verdict(line, corrected[i]),
        seeds.join(', '),
      ];
    });
    const head = ['task', 'difference, 95% interval', 'p (Holm)', 'verdict', 'by seed'];
    return `**Claim, written down before the run: ${arm} scores above ${against}** (zero-shot, last round; Holm over ${tasks.length} tasks, ${lines.length} of them measured)\n\n${table(head, cells)}`;
  });
}

async function section(folder: string): Promise<string> {
  const study = readStudy(JSON.parse(await readFile(join(folder, 'run.json'), 'utf8')), folder);
  const text = await readFile(join(folder, 'results.jsonl'), 'utf8');
  const rows = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
    .filter(isResultRow);
  const tasks = [...new Set(rows.map(({ task }) => task))];
  const kind = study.seeds.length >= 10 ? 'seeds fixed before the run' : 'exploratory';
  return [
    `## ${study.title}`,
    `${study.question} ${study.why}`,
    `Seeds ${study.seeds.join(', ')} (${kind}); ${study.model} \`${study.sha256.slice(0, 12)}\` on ${study.device}.`,
    ...claimSections(rows, study),
    ...tasks.map((task) => taskSection(task, rows, study)),
  ].join('\n\n');
}

const folders = process.argv.slice(2);
if (folders.length === 0) {
  throw new LabError('invalid-request', 'No results were named.', {
    remedy: 'Name one or more folders of `npm run experiment`.',
  });
}
const intro = `# Results

Made by \`npm run results -- DIR...\` from what \`npm run experiment\` wrote; nothing is edited by hand. Means over seeds, 95% intervals by Student's t, differences
paired by seed. What the arms are: [METHOD.md](METHOD.md). With start = base the last adapter has seen only the last part; single-round has seen all.`;
await writeFile(OUT, `${[intro, ...(await Promise.all(folders.map(section)))].join('\n\n')}\n`);
console.log(`${OUT}: ${folders.length} experiments.`);
