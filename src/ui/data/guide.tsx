/** @file The guide *Your own data*, as it stands in the docs. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { toLabError } from '../../core/errors.ts';
import { useTools } from '../lab-context.ts';
import { Blocks } from './markdown-view.tsx';
import type { MarkdownSection } from './markdown.ts';
import { parseMarkdown } from './markdown.ts';

export function Guide(): ReactNode {
  const { data } = useTools();
  const [sections, setSections] = useState<readonly MarkdownSection[] | string | null>(null);
  useEffect(() => {
    let isHere = true;
    data.readGuide().then(
      (text) => {
        if (isHere) setSections(parseMarkdown(text));
      },
      (thrown: unknown) => {
        if (isHere) setSections(toLabError(thrown).message);
      },
    );
    return () => {
      isHere = false;
    };
  }, [data]);
  if (sections === null) return <p className="faint">Reading the guide.</p>;
  if (typeof sections === 'string') return <p className="field-fault">{sections}</p>;
  return (
    <article className="model-card" aria-label="Guide">
      {sections.map(({ title, level, blocks }, i) => (
        <section key={`${i} ${title}`} className="data-part">
          {level === 1 ? <h2>{title}</h2> : <h3>{title}</h3>}
          <Blocks section={{ title, level, blocks }} />
        </section>
      ))}
    </article>
  );
}
