/** @file Markdown as the page shows it: a section's blocks. */
import type { ReactNode } from 'react';
import type { Block, Inline, MarkdownSection } from './markdown.ts';
import { parseInline } from './markdown.ts';

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
        <div className="table-scroll" tabIndex={0} role="region" aria-label="Table">
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

export const Blocks = ({ section }: { readonly section: MarkdownSection }): ReactNode => (
  <div className="card-blocks">
    {section.blocks.map((block, i) => (
      <BlockView key={i} block={block} />
    ))}
  </div>
);
