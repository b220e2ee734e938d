/** @file What the tints of perplexities mean: the two ends of their scale. */
import type { ReactNode } from 'react';
import { formatPerplexity } from '../words/numbers.ts';
import type { PerplexityScale } from '../words/perplexity.ts';
import { perplexityTint } from '../words/perplexity.ts';
import './token-text.css';

export function PerplexityLegend({ scale }: { readonly scale: PerplexityScale }): ReactNode {
  const { from, to } = scale;
  const [none, full] = [perplexityTint(from, scale), perplexityTint(to, scale)];
  return (
    <p className="perplexity-scale">
      {formatPerplexity(from)}
      {from > 1 && ' and less'} <i style={{ background: `linear-gradient(to right, ${none}, ${full})` }} />{' '}
      {formatPerplexity(to)} and more: perplexity of a token
    </p>
  );
}
