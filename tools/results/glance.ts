/** @file The first screen of docs/RESULTS.md: every claim that was written down before its runs, in its verdict, and what was
 * asked without one. */
import type { ClaimLine } from '../../src/analysis/claims.ts';
import { claimLines } from '../../src/analysis/claims.ts';
import type { ClaimVerdict } from '../../src/analysis/paired.ts';
import { differenceWords } from '../../src/analysis/paired.ts';
import { metricOf, seedsOf } from './last-score.ts';
import type { Measured } from './study.ts';

const VERDICTS = [
  'shown',
  'shown the other way',
  'smaller than 0.03',
  'undecided',
] as const satisfies readonly ClaimVerdict[];

/** As GitHub makes it of a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
const linkTo = (title: string): string => `[${title}](#${anchorOf(title)})`;

/** Where nothing is ever right, a difference of zero says nothing of the arms. */
function figureOf({ task, mean, difference }: ClaimLine): string {
  if (difference === null) return task;
  const isFloor = mean === 0 && difference.mean === 0;
  return `${task} ${differenceWords(difference)}${isFloor ? ' (nothing is ever right)' : ''}`;
}

function rowsOf({ study, rows }: Measured): readonly (readonly string[])[] {
  return study.claims.map((claim) => {
    const lines = claimLines(rows, claim, metricOf(rows, study));
    const seeds = seedsOf(rows.filter(({ task }) => claim.tasks.includes(task))).length;
    const said = VERDICTS.map((verdict) =>
      lines
        .filter((line) => line.verdict === verdict)
        .map(figureOf)
        .join('; '),
    );
    return [
      linkTo(study.title),
      `${claim.arm} above ${claim.against}`,
      `${study.model}, ${seeds} seeds`,
      ...said.map((words) => words || '–'),
    ];
  });
}

/** Claims of several models and tasks have a section of their own, which stands first (pooled.ts). */
export function glance(experiments: readonly Measured[]): string {
  const claimed = experiments.flatMap(rowsOf);
  const rest = experiments.filter(({ study }) => study.claims.length === 0);
  const head = ['asked', 'claim', 'on', ...VERDICTS];
  const models = (title: string) =>
    [...new Set(rest.filter(({ study }) => study.title === title).map(({ study }) => study.model))].join(
      ', ',
    );
  const titles = [...new Set(rest.map(({ study }) => study.title))];
  return [
    '## At a glance',
    'Claims as they were written down before their runs, task by task: zero-shot after the last round, difference with its 95% interval, corrected by Holm over the tasks of a claim. _Smaller than 0.03_: the whole interval lies within ±0.03. What is _undecided_ is not refuted. The arms: [METHOD.md](METHOD.md). nano is a toy of 1.05 M parameters, trained on a generated world; nano-2 is nano from another pretraining seed.',
    ...(claimed.length === 0
      ? ['Nothing was claimed.']
      : [[head, head.map(() => '---'), ...claimed].map((cells) => `| ${cells.join(' | ')} |`).join('\n')]),
    ...(titles.length === 0
      ? []
      : [`Without a claim: ${titles.map((title) => `${linkTo(title)} (${models(title)})`).join('; ')}.`]),
  ].join('\n\n');
}
