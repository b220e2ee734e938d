/** @file A prompt exactly as the model sees it, its demonstrations apart from it. */
import type { ReactNode } from 'react';
import type { PromptPieces } from '../words/prompt-text.ts';

export function PromptView({ pieces }: { readonly pieces: PromptPieces }): ReactNode {
  const { preamble, demonstrations, prompt } = pieces;
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
