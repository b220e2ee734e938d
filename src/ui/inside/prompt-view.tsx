/** @file A prompt exactly as the model sees it, its demonstrations apart from it. */
import type { ReactNode } from 'react';
import { excerpt } from '../words/excerpt.ts';
import type { PromptPieces } from '../words/prompt-text.ts';

/** Characters; no model that the lab runs has room for more. */
const LONGEST = 200_000;

export function PromptView({ pieces }: { readonly pieces: PromptPieces }): ReactNode {
  const { preamble, demonstrations, prompt } = pieces;
  const whole = [preamble, ...demonstrations.flatMap((one) => [one.prompt, one.completion]), prompt].join('');
  if (whole.length > LONGEST)
    return (
      <pre className="prompt-view" tabIndex={0} aria-label="The prompt as the model sees it">
        {excerpt(whole, LONGEST)}
        <i>{` ${(whole.length - LONGEST).toLocaleString('en')} more characters`}</i>
      </pre>
    );
  return (
    // Focusable because it scrolls.
    <pre className="prompt-view" tabIndex={0} aria-label="The prompt as the model sees it">
      {preamble}
      {demonstrations.map(({ id, prompt: before, completion }) => (
        <span key={id} className="demonstration">
          {before}
          <b>{completion}</b>
        </span>
      ))}
      <span className="the-prompt">{prompt}</span>
    </pre>
  );
}
