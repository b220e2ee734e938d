/** @file The first screen of docs/RESULTS.md: every claim that was written down before its runs, in its verdict, and what was
 * asked without one. */
import type { ClaimLine } from '../../src/analysis/claims.ts';
import { claimLines } from '../../src/analysis/claims.ts';
import { CLAIM_VERDICTS, differenceWords } from '../../src/analysis/paired.ts';
import { metricOf } from './last-score.ts';
import type { Measured } from './study.ts';

/** As GitHub makes it of a heading. */
const anchorOf = (title: string): string =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');

/** To each experiment's section; of headings that are alike the later ones are numbered. */
const linksTo = (experiments: readonly Measured[]): readonly string[] =>
  experiments.map(({ study: { title } }, i) => {
    const before = experiments.slice(0, i).filter((other) => other.study.title === title).length;
    return `[${title}](#${anchorOf(title)}${before === 0 ? '' : `-${before}`})`;
  });

/** Where nothing is ever right, a difference of zero says nothing of the arms. */
function figureOf({ task, mean, difference }: ClaimLine): string {
  if (difference === null) return task;
  const isFloor = mean === 0 && difference.mean === 0;
  return `${task} ${differenceWords(difference)}${isFloor ? ' (nothing is ever right)' : ''}`;
}

function rowsOf({ study, rows }: Measured, link: string): readonly (readonly string[])[] {
  return study.claims.map((claim) => {
    const lines = claimLines(rows, claim, metricOf(rows, study));
    const pairs = [...new Set(lines.map(({ difference }) => difference?.n ?? 0))].sort((a, b) => a - b);
    const said = CLAIM_VERDICTS.map((verdict) =>
      lines
        .filter((line) => line.verdict === verdict)
        .map(figureOf)
        .join('; '),
    );
    const notRun = claim.tasks.filter((task) => !lines.some((line) => line.task === task));
    return [
      link,
      `${claim.arm} above ${claim.against}`,
      pairs.length === 0 ? study.model : `${study.model}, ${pairs.join(' or ')} seeds`,
      ...[...said, notRun.join('; ')].map((words) => words || '–'),
    ];
  });
}

/** Claims of several models and tasks have a section of their own, which stands first (pooled.ts). */
export function glance(experiments: readonly Measured[]): string {
  const links = linksTo(experiments);
  const claimed = experiments.flatMap((one, i) => rowsOf(one, links[i] ?? ''));
  const rest = experiments.flatMap(({ study }, i) =>
    study.claims.length === 0 ? [`${links[i] ?? ''} (${study.model})`] : [],
  );
  const head = ['asked', 'claim', 'on', ...CLAIM_VERDICTS, 'not run'];
  return [
    '## At a glance',
    'Claims as they were written down before their runs, task by task: zero-shot after the last round, difference with its 95% interval; p is corrected by Holm over the tasks of a claim, the interval is not. _Shown_: p below 0.05. _Smaller than 0.03_: the whole interval lies within ±0.03. What is _undecided_ is not refuted. soft: the teacher of a round is the student of the round before; frozen-teacher: it is always the base; -mixed: half of the training prompts have demonstrations, -one-shot: all have one; the other arms: [METHOD.md](METHOD.md). nano is a toy of 1.05 M parameters, trained on a generated world; nano-2 and nano-3 are it from other pretraining seeds. What was claimed of errors and first students, (e2) and (f): [MAP.md](MAP.md).',
    ...(claimed.length === 0
      ? ['Nothing was claimed.']
      : [[head, head.map(() => '---'), ...claimed].map((cells) => `| ${cells.join(' | ')} |`).join('\n')]),
    ...(rest.length === 0 ? [] : [`Without a claim: ${rest.join('; ')}.`]),
  ].join('\n\n');
}
