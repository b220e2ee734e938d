/** @file A prompt exactly as the model sees it, its demonstrations apart from it. */
import type { ReactNode } from 'react';
import { formatCount } from '../../core/figures.ts';
import type { PromptParts } from '../../words/prompt-parts.ts';
import { rowText, wholeText } from '../../method/prompt-text.ts';
import type { TaskDefinition, TaskRow } from '../../words/task.ts';
import { excerpt } from '../words/excerpt.ts';

/** Characters; no model that the lab runs has room for more. */
const LONGEST = 200_000;

export function PromptView({ parts }: { readonly parts: PromptParts }): ReactNode {
  const { preamble, demonstrations, prompt, isInWords = false } = parts;
  const whole = wholeText(parts);
  if (whole.length > LONGEST)
    return (
      <pre className="prompt-view" tabIndex={0} aria-label="The prompt as the model sees it">
        {excerpt(whole, LONGEST)}
        <i>{` ${formatCount(whole.length - LONGEST)} more characters`}</i>
      </pre>
    );
  return (
    <>
      {/* Focusable because it scrolls. */}
      <pre className="prompt-view" tabIndex={0} aria-label="The prompt as the model sees it">
        {preamble?.text}
        {demonstrations.map(({ id, prompt: before, completion }) => (
          <span key={id} className="demonstration">
            {before.text}
            <b>{completion.text}</b>
          </span>
        ))}
        <span className="the-prompt">{prompt.text}</span>
      </pre>
      {isInWords && (
        <p className="field-note">
          A chat: in place of the roles in brackets stands what the model’s template writes. Follow shows it.
        </p>
      )}
    </>
  );
}

/** A row as a demonstration shows it: what the model reads and what it should write. */
export function AnsweredRow({
  definition,
  row,
}: {
  readonly definition: TaskDefinition;
  readonly row: TaskRow;
}): ReactNode {
  const { prompt, completion } = rowText(definition, row);
  return (
    <pre className="prompt-view" tabIndex={0} aria-label="A prompt with its answer">
      {prompt.text}
      <b>{completion.text}</b>
    </pre>
  );
}
