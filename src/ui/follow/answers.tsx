/** @file The answers of the base and of every round side by side, each with its tokens and what else was likely. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { ToggleButton } from 'react-aria-components';
import { formatProbability } from '../../core/figures.ts';
import type { AnswerToken, AskedAnswer } from '../../store/questions/ask-state.ts';
import { visibleToken } from '../inside/token-text.tsx';
import type { PerplexityScale } from '../words/perplexity.ts';
import { perplexityTint, tokenPerplexity } from '../words/perplexity.ts';
import type { Changed } from './answer-facts.ts';
import { answererKey, answererTitle, changesOf, probabilityOf } from './answer-facts.ts';

function Alternatives({ token }: { readonly token: AnswerToken }): ReactNode {
  const { alternatives } = token;
  const isThere = alternatives.some(({ id }) => id === token.id);
  const shown = isThere ? alternatives : [...alternatives.slice(0, 4), token];
  if (alternatives.length === 0)
    return <p className="field-note">This model’s vocabulary is too large to show alternatives.</p>;
  return (
    <ol className="alternatives">
      {shown.map(({ id, text, probability }) => (
        <li key={id} className={id === token.id ? 'is-chosen' : ''}>
          <code>{visibleToken(text)}</code>
          <span className="bar" aria-hidden="true">
            <i style={{ inlineSize: `${100 * probability}%` }} />
          </span>
          <span>{formatProbability(probability)}</span>
        </li>
      ))}
    </ol>
  );
}

function Body({
  answer,
  scale,
  changed,
  isSameFault,
}: {
  readonly answer: AskedAnswer;
  readonly scale: PerplexityScale;
  readonly changed: Changed;
  /** The one before failed for the same reason. */
  readonly isSameFault: boolean;
}): ReactNode {
  const [chosen, setChosen] = useState(0);
  const { status, text, tokens, fault, readBack } = answer;
  if (status === 'failed')
    return isSameFault ? (
      <p className="answer-fault">Could not answer, for the same reason.</p>
    ) : (
      <>
        <p className="answer-fault">Could not answer. {fault?.what}</p>
        <p className="soft small">{fault?.remedy}</p>
      </>
    );
  const whole = probabilityOf(answer);
  const at = Math.min(chosen, tokens.length - 1);
  const token = tokens[at];
  const words = text.trim();
  const { sinceEdit, sinceRound } = changed;
  return (
    <>
      <p className="answer-word">
        {status === 'waiting' ? <span className="faint">waits</span> : words === '' ? '(empty)' : words}
        {status === 'answering' && <span className="faint"> …</span>}
      </p>
      <p className="answer-change small">
        {sinceEdit !== null ? (
          <b>
            <span aria-hidden="true">⇄</span> was “{sinceEdit}” before your change
          </b>
        ) : sinceRound !== null ? (
          <span>
            <span aria-hidden="true">⇄</span> the one before said “{sinceRound}”
          </span>
        ) : (
          readBack !== null && <span className="soft">as the run scored it</span>
        )}
        {readBack === null && whole !== null && status === 'done' && (
          <span className="soft">probability of all of it {formatProbability(whole)}</span>
        )}
      </p>
      <div className="answer-tokens" role="group" aria-label="Tokens of the answer">
        {tokens.map(({ text: piece, probability }, i) => (
          <ToggleButton
            key={i}
            className="token"
            isSelected={i === at}
            aria-label={`Token ${visibleToken(piece)}, ${formatProbability(probability)}`}
            style={{ background: perplexityTint(tokenPerplexity(probability), scale) }}
            onChange={() => {
              setChosen(i);
            }}
          >
            {visibleToken(piece)}
          </ToggleButton>
        ))}
      </div>
      <div className="answer-likely">{token !== undefined && <Alternatives token={token} />}</div>
    </>
  );
}

export interface AnswersProps {
  readonly answers: readonly AskedAnswer[];
  /** Of their tokens. */
  readonly scale: PerplexityScale;
  /** Whole answers before the last change. */
  readonly before: ReadonlyMap<string, string>;
}

export function Answers({ answers, scale, before }: AnswersProps): ReactNode {
  const changes = changesOf(answers, before);
  return (
    <ol className="follow-answers" aria-label="Answers by round">
      {answers.map((answer, i) => {
        const changed = changes[i] ?? { sinceRound: null, sinceEdit: null };
        return (
          <li
            key={answererKey(answer.answerer)}
            className={`follow-answer${changed.sinceEdit === null ? '' : ' is-flipped'}${answer.readBack === null ? '' : ' is-read-back'}`}
            aria-busy={answer.status === 'waiting' || answer.status === 'answering'}
          >
            <h3>{answererTitle(answer.answerer)}</h3>
            <Body
              answer={answer}
              scale={scale}
              changed={changed}
              isSameFault={answer.fault !== null && answers[i - 1]?.fault?.what === answer.fault.what}
            />
          </li>
        );
      })}
    </ol>
  );
}
