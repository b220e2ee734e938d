/** @file An experiment as a section of docs/RESULTS.md: its claims with their verdicts, then every task and arm. */
import type { ArmLine } from '../../src/analysis/arm-table.ts';
import { armTable } from '../../src/analysis/arm-table.ts';
import type { MetricName } from '../../src/analysis/metrics.ts';
import type { ResultRow } from '../../src/analysis/results.ts';
import type { Interval } from '../../src/metrics/statistics.ts';
import { holm, interval } from '../../src/metrics/statistics.ts';
import type { Measured, Study } from './study.ts';

/** Seeds that a claim takes (METHOD "Scores"). */
const CLAIM_SEEDS = 10;
const LEVEL = 0.05;
/** Tells a gain in meaning from a gain in format: the likeliest of the labels, whatever else could be said. */
const CONSTRAINED = 'constrained_accuracy';

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

/** The study claims something, and not of this task. */
const isOutside = (task: string, { claims }: Study): boolean =>
  claims.length > 0 && !claims.some(({ tasks }) => tasks.includes(task));

function taskSection(task: string, rows: readonly ResultRow[], study: Study): string {
  const arms = [...study.arms.keys()];
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
        course(own, { arm, split: 'test', mode: 'zero-shot', metric: CONSTRAINED }),
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
    'constrained',
    'few-shot',
    'self-labels right',
    `minus ${first}`,
    'seeds',
  ];
  const kind = isOutside(task, study) ? ', exploratory' : '';
  return `### ${task} (${metric(task)}${kind})\n\n${table(head, cells)}`;
}

function verdict({ difference }: ArmLine, p: number | undefined): string {
  if (p === undefined || difference?.p == null || difference.mean === null) return 'too few seeds to say';
  if (p >= LEVEL) return 'not shown';
  return difference.mean > 0 ? '**holds**' : '**the opposite holds**';
}

function claimSections(rows: readonly ResultRow[], study: Study): string[] {
  const allSeeds = [...new Set(rows.map(({ seed }) => seed))].sort((a, b) => a - b);
  return study.claims.map(({ arm, against, tasks }) => {
    const claimed = rows.filter((row) => tasks.includes(row.task));
    const metric = metricOf(rows);
    const lines = armTable(claimed, { metric, against }).filter((line) => line.arm === arm);
    const meant = armTable(claimed, { metric: CONSTRAINED, against }).filter((line) => line.arm === arm);
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
      const seeds = allSeeds.flatMap((seed) => {
        const [a, b] = [last(line.task, arm, seed), last(line.task, against, seed)];
        return a === undefined || b === undefined ? [] : [number(a - b)];
      });
      const told = (difference: Interval | null | undefined) =>
        difference == null ? '–' : signed(withInterval(difference));
      return [
        line.task,
        told(line.difference),
        told(meant.find(({ task }) => task === line.task)?.difference),
        corrected[i]?.toPrecision(2) ?? '–',
        verdict(line, corrected[i]),
        seeds.join(', '),
      ];
    });
    const head = [
      'task',
      'difference, 95% interval',
      'of constrained accuracy',
      'p (Holm)',
      'verdict',
      'by seed',
    ];
    return `**Claim, written down before the run: ${arm} scores above ${against}** (zero-shot, last round; Holm over ${tasks.length} tasks, ${lines.length} of them measured)\n\n${table(head, cells)}`;
  });
}

/** "Seeds 1, 2, 3 (exploratory)"; by tasks where they differ. */
function seedsSentence(measured: readonly string[], study: Study): string {
  const groups = new Map<string, string[]>();
  for (const task of measured) {
    const { seeds = [], isOnePlan = true } = study.tasks.get(task) ?? {};
    const isClaim = seeds.length >= CLAIM_SEEDS && !isOutside(task, study);
    const fixed = isOnePlan ? 'seeds fixed before the run' : 'seeds of several runs';
    const words = `${seeds.join(', ')} (${isClaim ? fixed : 'exploratory'})`;
    groups.set(words, [...(groups.get(words) ?? []), task]);
  }
  const parts = [...groups].map(([words, tasks]) =>
    groups.size === 1 ? words : `${words} for ${tasks.join(', ')}`,
  );
  return `Seeds ${parts.join('; ')}`;
}

export function section({ study, rows }: Measured): string {
  const tasks = [...new Set(rows.map(({ task }) => task))];
  return [
    `## ${study.title}`,
    `${study.question} ${study.why}`,
    `${seedsSentence(tasks, study)}; ${study.model} \`${study.sha256.slice(0, 12)}\` on ${study.devices.join(' and ')}.`,
    ...claimSections(rows, study),
    ...tasks.map((task) => taskSection(task, rows, study)),
  ].join('\n\n');
}
