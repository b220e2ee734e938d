/** @file A model's card, read from its README.md: what it is and its limits at once, the rest folded. */
import type { ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { Fold } from '../kit/fold.tsx';
import { useTools } from '../lab-context.ts';
import type { Block, Inline, MarkdownSection } from './markdown.ts';
import { parseInline, parseMarkdown } from './markdown.ts';

const TAGS: Readonly<Record<Inline['kind'], (text: string) => ReactNode>> = {
  text: (text) => text,
  code: (text) => <code>{text}</code>,
  strong: (text) => <b>{text}</b>,
  em: (text) => <em>{text}</em>,
};

const Words = ({ text }: { readonly text: string }): ReactNode =>
  parseInline(text).map(({ kind, text: part }, i) => <span key={i}>{TAGS[kind](part)}</span>);

function BlockView({ block }: { readonly block: Block }): ReactNode {
  switch (block.kind) {
    case 'paragraph':
      return (
        <p>
          <Words text={block.text} />
        </p>
      );
    case 'list':
      return (
        <ul className="card-list">
          {block.items.map((item, i) => (
            <li key={i}>
              <Words text={item} />
            </li>
          ))}
        </ul>
      );
    case 'code':
      return (
        <pre className="prompt-view" tabIndex={0} aria-label="Code">
          {block.text}
        </pre>
      );
    case 'table': {
      const hasHead = block.head.some((cell) => cell !== '');
      return (
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Table of the card">
          <table className="data-table">
            {hasHead && (
              <thead>
                <tr>
                  {block.head.map((cell, i) => (
                    <th key={i} scope="col">
                      <Words text={cell} />
                    </th>
                  ))}
                </tr>
              </thead>
            )}
            <tbody>
              {block.rows.map((cells, i) => (
                <tr key={i}>
                  {cells.map((cell, j) =>
                    j === 0 ? (
                      <th key={j} scope="row">
                        <Words text={cell} />
                      </th>
                    ) : (
                      <td key={j}>
                        <Words text={cell} />
                      </td>
                    ),
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      );
    }
  }
}

const Blocks = ({ section }: { readonly section: MarkdownSection }): ReactNode => (
  <div className="card-blocks">
    {section.blocks.map((block, i) => (
      <BlockView key={i} block={block} />
    ))}
  </div>
);

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
