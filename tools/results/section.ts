/** @file An experiment as a section of docs/RESULTS.md: its claims with their verdicts, then every task and arm. */
import { plural } from '../../src/core/plural.ts';
import { armTable } from '../../src/analysis/arm-table.ts';
import type { ResultRow } from '../../src/analysis/result-row.ts';
import { claimLines } from '../../src/analysis/claims.ts';
import { floorWords, meanFloors } from '../../src/analysis/floors.ts';
import { signed } from '../../src/core/figures.ts';
import { differenceWords, scoreWords } from '../../src/analysis/paired.ts';
import { interval } from '../../src/metrics/statistics.ts';
import { lastScore, metricOf, seedsOf } from './last-score.ts';
import type { Measured, Study } from './study.ts';

/** Seeds that a claim takes (METHOD "Scores"). */
const CLAIM_SEEDS = 10;
/** Tells a gain in meaning from a gain in format: the likeliest of the labels, whatever else could be said. */
const CONSTRAINED = 'constrained_accuracy';

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

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
  const metric = metricOf(rows, study);
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
        scoreWords(line),
        course(own, { arm, split: 'test', mode: 'zero-shot', metric: CONSTRAINED }),
        course(own, { arm, split: 'test', mode: 'few-shot', metric: name }),
        course(own, { arm, split: 'prompts', metric: 'self_label_accuracy' }),
        difference == null ? '' : differenceWords(difference),
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
  const { floors = [], failed = [] } = study.tasks.get(task) ?? {};
  const words = floorWords(meanFloors(floors), 3);
  return [
    `### ${task} (${metric(task)}${kind})`,
    ...(words === '' ? [] : [`Without any model: ${words}.`]),
    table(head, cells),
    ...(failed.length === 0 ? [] : [`Failed, so not in the table: ${failed.join(' ')}`]),
  ].join('\n\n');
}

function claimSections(rows: readonly ResultRow[], study: Study): string[] {
  const metric = metricOf(rows, study);
  const last = lastScore(rows, metric);
  return study.claims.map((claim) => {
    const { arm, against, tasks } = claim;
    const lines = claimLines(rows, claim, metric);
    const meant = claimLines(rows, claim, () => CONSTRAINED);
    const cells = lines.map(({ task, difference, holmP, verdict }) => {
      const seeds = seedsOf(rows).flatMap((seed) => {
        const [a, b] = [last(task, arm, seed), last(task, against, seed)];
        return a === undefined || b === undefined ? [] : [signed(a - b).replace('+', '')];
      });
      const constrained = meant.find((line) => line.task === task)?.difference ?? null;
      return [
        task,
        difference === null ? '–' : differenceWords(difference),
        constrained === null ? '–' : differenceWords(constrained),
        holmP?.toPrecision(2) ?? '–',
        verdict.startsWith('shown') ? `**${verdict}**` : verdict,
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
    return `**Claim, written down before the run: ${arm} scores above ${against}** (zero-shot, last round; Holm over ${plural(tasks.length, 'task')}, ${lines.length} of them measured)\n\n${table(head, cells)}`;
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
