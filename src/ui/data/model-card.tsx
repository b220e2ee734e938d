/** @file A model's card, read from its README.md: what it is and its limits at once, the rest folded. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { Fold } from '../kit/fold.tsx';
import { useTools } from '../lab-context.ts';
import { Blocks } from './markdown-view.tsx';
import type { MarkdownSection } from './markdown.ts';
import { parseMarkdown } from './markdown.ts';

const isOpen = (title: string): boolean => /limit|what the base can do/i.test(title);

/** null while it is read. */
function useCard(model: string): readonly MarkdownSection[] | 'none' | null {
  const { data } = useTools();
  const [card, setCard] = useState<readonly MarkdownSection[] | 'none' | null>(null);
  useEffect(() => {
    let isHere = true;
    data.readModelCard(model).then(
      (text) => {
        if (isHere) setCard(text === null ? 'none' : parseMarkdown(text));
      },
      () => {
        if (isHere) setCard('none');
      },
    );
    return () => {
      isHere = false;
    };
  }, [data, model]);
  return card;
}

export function ModelCard({ model }: { readonly model: string }): ReactNode {
  const card = useCard(model);
  if (card === null) return <p className="faint">Reading the card.</p>;
  if (card === 'none') return <p className="faint">This model has no card at hand.</p>;
  const [intro, ...rest] = card;
  const limits = rest.filter(({ title }) => isOpen(title));
  const others = rest.filter(({ title, blocks }) => !isOpen(title) && blocks.length > 0);
  return (
    <section className="model-card" aria-label={`Card of ${model}`}>
      {intro !== undefined && <Blocks section={intro} />}
      {[...limits]
        .sort((a) => (/limit/i.test(a.title) ? -1 : 1))
        .map((section) => (
          <section key={section.title} className="data-part">
            <h3>{section.title}</h3>
            <Blocks section={section} />
          </section>
        ))}
      {others.map((section, i) => (
        <Fold key={`${i} ${section.title}`} title={section.title}>
          <Blocks section={section} />
        </Fold>
      ))}
    </section>
  );
}
