/** @file An answer token by token, tinted by perplexity; the numbers come on hover, focus and press. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import { useTools } from '../lab-context.ts';
import { formatPerplexity } from '../words/numbers.ts';
import { perplexityTint } from '../words/perplexity.ts';
import './token-text.css';

/** Texts of tokens that were asked for before: they never change while a model is loaded. */
const known = new Map<string, readonly string[]>();

/** null until they are known, and where no model is loaded. */
function useTokenTexts(ids: readonly number[]): readonly string[] | null {
  const { decodeTokens } = useTools();
  const key = ids.join(' ');
  const [found, setFound] = useState<{ readonly key: string; readonly texts: readonly string[] } | null>(
    null,
  );
  useEffect(() => {
    let isHere = true;
    if (key === '' || known.has(key)) return undefined;
    decodeTokens(key.split(' ').map(Number)).then(
      (texts) => {
        known.set(key, texts);
        if (isHere) setFound({ key, texts });
      },
      () => undefined,
    );
    return () => {
      isHere = false;
    };
  }, [key, decodeTokens]);
  return known.get(key) ?? (found?.key === key ? found.texts : null);
}

/** Space and line end as signs, so that a token is never invisible. */
export const visibleToken = (text: string): string =>
  text
    .replaceAll('\n', '\u23ce')
    .replace(/^ /, '\u00b7')
    .replace(/\p{Cc}/gu, '\u00b7');

export interface TokenTextProps {
  readonly ids: readonly number[];
  /** Nats, one for each id. */
  readonly logprobs: readonly number[];
}

export function TokenText({ ids, logprobs }: TokenTextProps): ReactNode {
  const texts = useTokenTexts(ids);
  return (
    <span className="tokens">
      {logprobs.map((logprob, i) => {
        const text = visibleToken(texts?.[i] ?? `#${ids[i] ?? ''}`);
        const probability = Math.exp(logprob);
        const perplexity = Math.exp(-logprob);
        const words = `p ${probability.toFixed(3)}, perplexity ${formatPerplexity(perplexity)}`;
        return (
          <TooltipTrigger key={i} delay={0} closeDelay={0}>
            <Button
              className="token"
              aria-label={`${text}: ${words}`}
              style={{ background: perplexityTint(perplexity, 62) }}
            >
              {text}
            </Button>
            <Tooltip className="token-tip">
              {words}
              <br />
              −log p {(-logprob).toFixed(3)} nats
            </Tooltip>
          </TooltipTrigger>
        );
      })}
    </span>
  );
}
