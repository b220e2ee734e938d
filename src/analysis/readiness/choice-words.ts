/** @file The prompt doctor's finding in words, for page and command. */
import { formatScore } from '../../core/figures.ts';
import { BECAUSE, differenceWords } from '../paired.ts';
import type { TemplateChoice, Tried } from './templates.ts';

/** A template on one line, its line breaks seen. */
export const shownTemplate = (template: string): string => JSON.stringify(template);

export const triedWords = ({ first, rows, second }: Tried): string =>
  `${formatScore(first)} on ${rows} rows${second === null ? '' : `, then ${formatScore(second)}`}`;

export function choiceWords({ tried, best, difference, judgement, winner }: TemplateChoice): string {
  const [own] = tried;
  const against =
    best === null || difference === null
      ? 'none was better in the race'
      : `${best.name} against it on ${difference.items ?? 'too few'} other rows: ${differenceWords(difference)}; ${BECAUSE[judgement]}`;
  if (winner === null)
    return `The task’s own template stays (${shownTemplate(own?.template ?? '')}): ${against}.`;
  const isOther = winner.template !== own?.template;
  const what = [
    ...(isOther ? [shownTemplate(winner.template)] : []),
    ...(winner.chat === own?.chat
      ? []
      : [winner.chat === 'off' ? 'plain text' : 'the model’s chat template']),
  ];
  return `Better: ${what.join(', ')}: ${against}.`;
}

export const labelsUsedWords = ({ labelsUsed }: Pick<TemplateChoice, 'labelsUsed'>): string =>
  labelsUsed
    .filter(({ rows }) => rows > 0)
    .map(({ split, rows }) => `${rows} of ${split}`)
    .join(', ');
