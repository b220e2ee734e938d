/** @file An answer token by token, tinted by perplexity; the numbers come on hover, focus and press. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components';
import { formatLoss, formatProbability } from '../../core/figures.ts';
import { useLab, useTools } from '../lab-context.ts';
import { formatPerplexity } from '../words/numbers.ts';
import type { PerplexityScale } from '../words/perplexity.ts';
import { perplexityTint } from '../words/perplexity.ts';
import './token-text.css';

/** What each token adds to the text, of the texts up to it. A character that several tokens make stands at the last of
 * them: half of one is no text. */
export function addedTexts(upTo: readonly string[]): readonly string[] {
  let read = '';
  return upTo.map((text) => {
    const certain = text.replace(/\uFFFD+$/, '');
    if (!certain.startsWith(read)) return '';
    const added = certain.slice(read.length);
    read = certain;
    return added;
  });
}

/** Texts of tokens that were asked for before, by the model and the tokens. */
const known = new Map<string, readonly string[]>();

/** null until they are known, and where another model than the run's is loaded, or none: its tokens are others. */
function useTokenTexts(ids: readonly number[]): readonly string[] | null {
  const { decodeUpTo } = useTools();
  const sha256 = useLab(({ model, run }) => {
    const loaded = model.status === 'ready' ? model.loaded?.inference.sha256 : undefined;
    return loaded === run?.model.sha256 ? loaded : undefined;
  });
  const tokens = ids.join(' ');
  const key = `${sha256 ?? ''}: ${tokens}`;
  const [found, setFound] = useState<{ readonly key: string; readonly texts: readonly string[] } | null>(
    null,
  );
  useEffect(() => {
    let isHere = true;
    if (tokens === '' || sha256 === undefined || known.has(key)) return undefined;
    decodeUpTo(tokens.split(' ').map(Number)).then(
      (texts) => {
        const added = addedTexts(texts);
        known.set(key, added);
        if (isHere) setFound({ key, texts: added });
      },
      () => undefined,
    );
    return () => {
      isHere = false;
    };
  }, [key, tokens, sha256, decodeUpTo]);
  if (sha256 === undefined) return null;
  return known.get(key) ?? (found?.key === key ? found.texts : null);
}

/** Space and line end as signs, so that a token is never invisible. */
export const visibleToken = (text: string): string =>
  text
    .replaceAll('\n', '\u23ce')
    .replace(/^ /, '\u00b7')
    .replace(/\p{Cc}/gu, '\u00b7');

/** An end of text, or a part of a character. */
const NO_TEXT = '\u25e6';

export interface TokenTextProps {
  /** What stands there until the tokens' texts are known: the worker that knows them may be busy, or have no model. */
  readonly meanwhile: ReactNode;
  readonly ids: readonly number[];
  /** Nats, one for each id. */
  readonly logprobs: readonly number[];
  /** That of the whole view: a tint means the same in all of its answers. */
  readonly scale: PerplexityScale;
}

export function TokenText({ meanwhile, ids, logprobs, scale }: TokenTextProps): ReactNode {
  const texts = useTokenTexts(ids);
  if (texts === null) return meanwhile;
  return (
    <span className="tokens">
      {logprobs.map((logprob, i) => {
        const text = visibleToken(texts[i] ?? '') || NO_TEXT;
        const probability = Math.exp(logprob);
        const perplexity = Math.exp(-logprob);
        const words = `p ${formatProbability(probability)}, perplexity ${formatPerplexity(perplexity)}`;
        return (
          <TooltipTrigger key={i} delay={0} closeDelay={0}>
            <Button
              className="token"
              aria-label={`${text}: ${words}`}
              style={{ background: perplexityTint(perplexity, scale) }}
            >
              {text}
            </Button>
            <Tooltip className="token-tip">
              {words}
              <br />
              −log p {formatLoss(-logprob)} nats
            </Tooltip>
          </TooltipTrigger>
        );
      })}
    </span>
  );
}
