/**
 * @file As much of Markdown as model cards and guides use: headings, paragraphs, tables, lists, code, emphasis. No HTML: text
 * is text; a link is its words, since what it points to stands beside the file and not in the page.
 */

export interface Inline {
  readonly kind: 'text' | 'code' | 'strong' | 'em';
  readonly text: string;
}

export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  | { readonly kind: 'code'; readonly text: string }
  | {
      readonly kind: 'table';
      readonly head: readonly string[];
      readonly rows: readonly (readonly string[])[];
    };

/** A heading with what stands beneath it, up to the next heading. */
export interface MarkdownSection {
  readonly title: string;
  /** 1 to 6. */
  readonly level: number;
  readonly blocks: readonly Block[];
}

const cellsOf = (line: string): readonly string[] =>
  line
    .trim()
    .replace(/^\||\|$/g, '')
    .split('|')
    .map((cell) => cell.trim());

/** Lines that belong together: until an empty line or a line of another kind. */
function blocksOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  let at = 0;
  const take = (holds: (line: string) => boolean): readonly string[] => {
    const begin = at;
    while (at < lines.length && holds(lines[at] ?? '')) at++;
    return lines.slice(begin, at);
  };
  const isTable = (line: string) => line.trim().startsWith('|');
  const isItem = (line: string) => /^\s*[-*] /.test(line);
  const isFence = (line: string) => line.startsWith('```');
  while (at < lines.length) {
    const line = lines[at] ?? '';
    if (line.trim() === '') at++;
    else if (isFence(line)) {
      at++;
      blocks.push({ kind: 'code', text: take((other) => !isFence(other)).join('\n') });
      at++;
    } else if (isTable(line)) {
      const [head = '', , ...rows] = take(isTable);
      blocks.push({ kind: 'table', head: cellsOf(head), rows: rows.map(cellsOf) });
    } else if (isItem(line)) {
      blocks.push({ kind: 'list', items: take(isItem).map((item) => item.replace(/^\s*[-*] /, '')) });
    } else {
      const text = take((other) => other.trim() !== '' && !isTable(other) && !isFence(other));
      blocks.push({ kind: 'paragraph', text: text.join(' ') });
    }
  }
  return blocks;
}

/** The sections of a card, its front matter left out. What stands before the first heading has the title ''. */
export function parseMarkdown(text: string): readonly MarkdownSection[] {
  const body = text.replace(/^---\n[\s\S]*?\n---\n/, '');
  const sections: { title: string; level: number; lines: string[] }[] = [{ title: '', level: 1, lines: [] }];
  let isFenced = false;
  for (const line of body.split('\n')) {
    if (line.startsWith('```')) isFenced = !isFenced;
    const heading = isFenced ? null : /^(#{1,6}) +(.*)$/.exec(line);
    if (heading === null) sections.at(-1)?.lines.push(line);
    else sections.push({ title: heading[2] ?? '', level: heading[1]?.length ?? 1, lines: [] });
  }
  return sections
    .map(({ title, level, lines }) => ({ title, level, blocks: blocksOf(lines) }))
    .filter(({ title, blocks }) => title !== '' || blocks.length > 0);
}

const MARKS = /`([^`]+)`|\*\*([^*]+)\*\*|_([^_]+)_(?!\w)|\*([^*\s][^*]*)\*|\[([^\]]+)\]\([^)\s]+\)/g;

export function parseInline(text: string): readonly Inline[] {
  const parts: Inline[] = [];
  let at = 0;
  for (const match of text.matchAll(MARKS)) {
    const [whole, code, strong, em, starred, link] = match;
    if (match.index > at) parts.push({ kind: 'text', text: text.slice(at, match.index) });
    if (code !== undefined) parts.push({ kind: 'code', text: code });
    else if (strong !== undefined) parts.push({ kind: 'strong', text: strong });
    else if (link !== undefined) parts.push({ kind: 'text', text: link });
    else parts.push({ kind: 'em', text: em ?? starred ?? '' });
    at = match.index + whole.length;
  }
  if (at < text.length) parts.push({ kind: 'text', text: text.slice(at) });
  return parts;
}
