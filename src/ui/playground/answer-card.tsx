/** @file One answer as it streams: its tokens tinted by perplexity, and beneath them what else could have come. */
import type { ReactNode } from 'react';
import { useState } from 'react';
import { Button as AriaButton, Toolbar } from 'react-aria-components';
import { formatProbability } from '../../core/figures.ts';
import type { AnswerToken, AskedAnswer } from '../../store/questions/ask-state.ts';
import { zipDownloads } from '../../store/runs/zip-downloads.ts';
import { save } from '../charts/download.ts';
import { visibleToken } from '../inside/token-text.tsx';
import { AdapterHealth } from '../kit/adapter-health.tsx';
import { Button } from '../kit/button.tsx';
import { useActions } from '../lab-context.ts';
import type { PerplexityScale } from '../words/perplexity.ts';
import { perplexityTint, tokenPerplexity } from '../words/perplexity.ts';

/** As many as the store tells; the place for them stands from the beginning. */
const ALTERNATIVES = 5;

const STATUS: Readonly<Record<AskedAnswer['status'], string>> = {
  waiting: 'waits its turn',
  answering: 'answers',
  done: '',
  failed: 'failed',
};

/** The likeliest tokens with the one that came, which may lie behind them. */
export function ranked(
  token: AnswerToken,
): readonly { readonly id: number; readonly text: string; readonly probability: number }[] {
  const { id, text, probability, alternatives } = token;
  const top = alternatives.slice(0, ALTERNATIVES);
  if (top.some((other) => other.id === id)) return top;
  return [...top.slice(0, ALTERNATIVES - 1), { id, text, probability }];
}

function Alternatives({
  token,
  place,
}: {
  readonly token: AnswerToken | null;
  readonly place: number;
}): ReactNode {
  const rows = token === null ? [] : ranked(token);
  return (
    <div className="alternatives">
      <p className="field-note">
        {token === null ? 'Likeliest tokens at each place' : `Token ${place + 1}, likeliest`}
      </p>
      <ol aria-live="off">
        {rows.map(({ id, text, probability }) => (
          <li key={id} className={id === token?.id ? 'alternative is-taken' : 'alternative'}>
            <code>{visibleToken(text)}</code>
            <span className="alternative-bar" aria-hidden="true">
              <span style={{ inlineSize: `${100 * probability}%` }} />
            </span>
            <span>
              {formatProbability(probability)}
              {id === token?.id && <span className="sr-only">, taken</span>}
            </span>
          </li>
        ))}
      </ol>
    </div>
  );
}

export interface AnswerCardProps {
  readonly title: string;
  readonly answer: AskedAnswer;
  /** Of the tokens of all answers. */
  readonly scale: PerplexityScale;
}

export function AnswerCard({ title, answer, scale }: AnswerCardProps): ReactNode {
  const { answerer, status, tokens, fault } = answer;
  const actions = useActions();
  const [chosen, setChosen] = useState(0);
  const [isSaving, setIsSaving] = useState(false);
  const place = Math.min(chosen, Math.max(0, tokens.length - 1));
  const savePeft = async () => {
    setIsSaving(true);
    const files = await actions.saveAdapter(answerer);
    setIsSaving(false);
    if (files === null) return;
    const name = `adapter-${title}`.replace(/[^\p{L}\p{N}+-]+/gu, '-').toLowerCase();
    const { name: file, type, bytes } = zipDownloads(files, name);
    save(file, new Blob([bytes], { type }));
  };
  return (
    <li className="answer-card" aria-label={title}>
      <div className="answer-head">
        <h3>{title}</h3>
        <span className="field-note">{STATUS[status]}</span>
      </div>
      {fault !== null ? (
        <p className="answer-text is-failed" role="alert">
          <b>{fault.what}</b> {fault.remedy}
        </p>
      ) : (
        <Toolbar className="answer-text" aria-label={`Tokens of ${title}`}>
          {tokens.map((token, i) => {
            const words = `${visibleToken(token.text)}, p ${formatProbability(token.probability)}`;
            return (
              <AriaButton
                key={i}
                className={i === place ? 'piece is-chosen' : 'piece'}
                aria-label={words}
                style={{ background: perplexityTint(tokenPerplexity(token.probability), scale) }}
                onHoverStart={() => {
                  setChosen(i);
                }}
                onFocus={() => {
                  setChosen(i);
                }}
                onPress={() => {
                  setChosen(i);
                }}
              >
                {visibleToken(token.text)}
              </AriaButton>
            );
          })}
          {status === 'done' && tokens.length === 0 && <span className="faint">no answer</span>}
          {status === 'answering' && <span className="caret" aria-hidden="true" />}
        </Toolbar>
      )}
      {fault === null && <Alternatives token={tokens[place] ?? null} place={place} />}
      <div className="answer-foot">
        {answerer.kind !== 'base' && (
          <Button
            look="quiet"
            isDisabled={isSaving}
            aria-label={`Save as PEFT: ${title}`}
            onPress={() => void savePeft()}
          >
            Save as PEFT
          </Button>
        )}
      </div>
      {answerer.kind !== 'base' && <AdapterHealth answerer={answerer} />}
    </li>
  );
}
