/** @file What came of an experiment that was run in full: its verdicts beside its question. */
import type { ReactNode } from 'react';
import type { Answer, AnswerWords } from '../../analysis/answers.ts';
import {
  answerWords,
  answersShape,
  isClaimed,
  isOfClaim,
  moreOf,
  standingOf,
} from '../../analysis/answers.ts';
import { checked } from '../../core/shape.ts';
import type { Experiment } from '../../words/experiment.ts';
import { Fold } from '../kit/fold.tsx';
import { armTitle } from '../../words/arm-title.ts';
import answers from './answers.json';

const ANSWERS = checked(answersShape, answers, 'answers.json', 'internal');

/** Run in full, and told in another place of the page. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  map: 'Run in full: its answer is the Map, beside a run’s scores.',
  'natural-errors': 'Run in full: its answer is where the marks of the Map stand, beside a run’s scores.',
  reference: 'Run in full: its figures are the dotted lines behind the scores of bundled tasks.',
};

function Told({ told }: { readonly told: readonly AnswerWords[] }): ReactNode {
  return (
    <ul>
      {told.map(({ pair, parts }) => (
        <li key={pair}>
          <b>{pair}</b>
          {parts.map((part) => (
            <p key={part}>{part}</p>
          ))}
        </li>
      ))}
    </ul>
  );
}

function OneAnswer({
  answer,
  arms,
}: {
  readonly answer: Answer;
  readonly arms: Experiment['arms'];
}): ReactNode {
  const titleOf = (name: string) => armTitle(name, arms.find((arm) => arm.name === name)?.method ?? 'soft');
  const wordsOf = (isWanted: boolean) =>
    answer.pairs.filter((pair) => isOfClaim(pair) === isWanted).map((pair) => answerWords(pair, titleOf));
  const looked = wordsOf(false);
  return (
    <>
      {isClaimed(answer) && (
        <>
          <h4>What came of it</h4>
          <p className="faint">{standingOf(answer)}. Zero-shot after the last round.</p>
          <Told told={[...wordsOf(true), ...moreOf(answer, ANSWERS)]} />
        </>
      )}
      {looked.length > 0 && (
        <Fold level={4} title={isClaimed(answer) ? 'Looked at besides' : standingOf(answer)}>
          <p className="faint">Zero-shot after the last round.</p>
          <Told told={looked} />
        </Fold>
      )}
    </>
  );
}

export interface CameOfProps {
  readonly name: string;
  readonly experiment: Experiment;
}

export function CameOf({ name, experiment: { title, arms } }: CameOfProps): ReactNode {
  const own = ANSWERS.filter((answer) => answer.title === title);
  return (
    <div className="experiment-answer">
      {own.map((answer) => (
        <OneAnswer key={answer.model} answer={answer} arms={arms} />
      ))}
      {own.length === 0 && <p className="faint">{ELSEWHERE[name] ?? 'No full run of this file is kept.'}</p>}
    </div>
  );
}
