/**
 * @file A figure as a picture that stands by itself: its title and what it is of, the drawing, its legend, what is said of
 * it, in the colours that the page has now. SVG with everything written in, PNG at twice its size. It comes when it is
 * asked for.
 */
import { save } from './download.ts';

export interface PictureWords {
  /** What it shows, e.g. "Score by round: exact match, zero-shot". */
  readonly title: string;
  /** Of what: task, model, seeds. */
  readonly facts: string;
}

const SPACE = 'http://www.w3.org/2000/svg';
const INLINED = [
  ...['fill', 'stroke', 'color', 'font-size', 'font-weight', 'stroke-width', 'stroke-dasharray'],
  ...['stroke-linecap', 'stroke-linejoin', 'paint-order', 'opacity', 'fill-opacity', 'stroke-opacity'],
  'text-anchor',
];
/** Pixels around everything, and between its parts. */
const MARGIN = 16;
const GAP = 12;
const TITLE_SIZE = 17;
const FACTS_SIZE = 13;
const FONT = 'sans-serif';
/** A small drawing's title has so much room all the same; beyond it, or the drawing's width, it goes on in a second line. */
const LEAST_ROOM = 360;

function made(name: string, attributes: Readonly<Record<string, string | number>>, text = ''): SVGElement {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  element.textContent = text;
  return element;
}

/** A copy that looks the same outside of the page: what the page's style sheets say is written into it. */
function standalone(svg: SVGSVGElement, box: DOMRect): SVGElement {
  const copy = svg.cloneNode(true);
  if (!(copy instanceof SVGSVGElement)) return svg;
  const copies = [copy, ...copy.querySelectorAll('*')];
  [svg, ...svg.querySelectorAll('*')].forEach((original, i) => {
    const element = copies[i];
    if (!(element instanceof SVGElement)) return;
    const style = getComputedStyle(original);
    for (const name of INLINED) element.style.setProperty(name, style.getPropertyValue(name));
    // What refers to the page's style sheets: the values of the moment are written in now.
    for (const { name, value } of [...element.attributes])
      if (name === 'class' || (name !== 'style' && value.includes('var('))) element.removeAttribute(name);
  });
  for (const sheet of copy.querySelectorAll('style')) sheet.remove();
  copy.removeAttribute('aria-hidden');
  for (const [key, value] of Object.entries({ x: box.x, y: box.y, width: box.width, height: box.height }))
    copy.setAttribute(key, String(value));
  copy.style.overflow = 'visible';
  return copy;
}

/** The lines of a text as they stand on the page. */
function linesOf(node: Text): { readonly text: string; readonly box: DOMRect }[] {
  const lines: { text: string; box: DOMRect }[] = [];
  for (const { 0: word, index } of node.data.matchAll(/\S+\s*/g)) {
    const range = document.createRange();
    range.setStart(node, index);
    range.setEnd(node, index + word.trimEnd().length);
    const box = range.getBoundingClientRect();
    const last = lines.at(-1);
    if (last === undefined || Math.abs(last.box.y - box.y) > 2) lines.push({ text: word, box });
    else {
      last.text += word;
      last.box = new DOMRect(last.box.x, last.box.y, box.right - last.box.x, last.box.height);
    }
  }
  return lines.map(({ text, box }) => ({ text: text.trimEnd(), box }));
}

/** Where a part stands with all of its tables: one that is scrolled goes out whole. */
function boundsOf(part: Element): DOMRect {
  const boxes = [part, ...part.querySelectorAll('table')].map((one) => one.getBoundingClientRect());
  const left = Math.min(...boxes.map((box) => box.left));
  const top = Math.min(...boxes.map((box) => box.top));
  return new DOMRect(
    ...[left, top],
    Math.max(...boxes.map((box) => box.right)) - left,
    Math.max(...boxes.map((box) => box.bottom)) - top,
  );
}

/** A mixed colour comes as a function that other programs do not read. */
function plainColour(colour: string): string {
  const [, ...shares] = /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)\)$/.exec(colour) ?? [];
  if (shares.length === 0) return colour;
  return `rgb(${shares.map((share) => Math.round(255 * Number(share))).join(', ')})`;
}

const CLEAR = 'rgba(0, 0, 0, 0)';

/** The ground and the frame of a table's cell: what tells it in a matrix. */
function cellBox(cell: Element, { x, y, width, height }: DOMRect): readonly SVGElement[] {
  const { backgroundColor, borderLeftColor, borderLeftWidth } = getComputedStyle(cell);
  const edge = Number.parseFloat(borderLeftWidth);
  if (backgroundColor === CLEAR && edge === 0) return [];
  // Within the cell: the next one does not cover it.
  const place = { x: x + edge / 2, y: y + edge / 2, width: width - edge, height: height - edge };
  const fill = backgroundColor === CLEAR ? 'none' : plainColour(backgroundColor);
  return [made('rect', { ...place, fill, stroke: borderLeftColor, 'stroke-width': edge })];
}

/** A line of text where it stands on the page, in the direction that it has there. */
function textLine(text: string, { x, y, width, height }: DOMRect, style: CSSStyleDeclaration): SVGElement {
  const { color, fontSize, fontWeight, writingMode } = style;
  const isUpwards = writingMode === 'sideways-lr';
  const start = isUpwards ? { x: x + width / 2, y: y + height } : { x, y: y + height / 2 };
  const turn = isUpwards ? { transform: `rotate(-90 ${start.x} ${start.y})` } : {};
  // Whatever font it is read with, it takes the room that it has on the page.
  const length = { textLength: isUpwards ? height : width, lengthAdjust: 'spacingAndGlyphs' };
  // As attributes of their own: the policy refuses a style attribute.
  const look = { fill: color, 'font-size': fontSize, 'font-weight': fontWeight };
  const fit = text.length > 1 ? length : {};
  return made('text', { ...start, ...turn, 'dominant-baseline': 'central', ...fit, ...look }, text);
}

/** Said to some, or only there to be worked with. */
const UNSEEN = '.sr-only, .no-picture, .button';

interface Drawn {
  readonly elements: readonly SVGElement[];
  /** As far as they reach: where buttons are left out no room is kept for them. */
  readonly right: number;
  readonly bottom: number;
}

/** The drawings, the texts and the cells of a part of the page, from its corner on. */
function drawn(part: Element, left: number, top: number): Drawn {
  const corner = boundsOf(part);
  const boxes: DOMRect[] = [];
  const moved = ({ x, y, width, height }: DOMRect) => {
    const box = new DOMRect(x - corner.x + left, y - corner.y + top, width, height);
    boxes.push(box);
    return box;
  };
  const all: SVGElement[] = [];
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT, (node) => {
    const element = node instanceof Element ? node : node.parentElement;
    // Of a hidden or drawn part nothing else is taken.
    if (element?.matches(UNSEEN) === true) return NodeFilter.FILTER_REJECT;
    return NodeFilter.FILTER_ACCEPT;
  });
  const ends: Element[] = [];
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    if (ends.some((end) => end.contains(node))) continue;
    if (node instanceof SVGSVGElement) {
      ends.push(node);
      all.push(standalone(node, moved(node.getBoundingClientRect())));
    } else if (node instanceof HTMLTableCellElement) {
      all.push(...cellBox(node, moved(node.getBoundingClientRect())));
    } else if (node instanceof Text && node.parentElement !== null) {
      const style = getComputedStyle(node.parentElement);
      for (const { text, box } of linesOf(node))
        if (box.width >= 1) all.push(textLine(text, moved(box), style));
    }
  }
  return {
    elements: all,
    right: Math.max(left, ...boxes.map((box) => box.right)),
    bottom: Math.max(top, ...boxes.map((box) => box.bottom)),
  };
}

const widthOf = (text: string, font: string): number => {
  const context = document.createElement('canvas').getContext('2d');
  if (context === null) return 0;
  context.font = font;
  return context.measureText(text).width;
};

interface Heading {
  readonly text: string;
  readonly size: number;
  readonly weight: number;
  readonly width: number;
}

/** A text in lines, each as long as there is room for. */
function headingLines(text: string, size: number, weight: number, room: number): readonly Heading[] {
  const lineOf = (words: string): Heading => ({
    ...{ text: words, size, weight },
    width: widthOf(words, `${weight} ${size}px ${FONT}`),
  });
  const lines: Heading[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    const longer = lineOf(last === undefined ? word : `${last.text} ${word}`);
    if (last === undefined || longer.width > room) lines.push(lineOf(word));
    else lines[lines.length - 1] = longer;
  }
  return lines.filter((line) => line.text !== '');
}

/** @param figure its parts in the picture are marked by `data-picture` */
export function compose(figure: Element, { title, facts }: PictureWords): SVGElement {
  const parts = [...figure.querySelectorAll('[data-picture]')].filter(
    (part) => part.getBoundingClientRect().height > 0,
  );
  const { color } = getComputedStyle(figure);
  const content: SVGElement[] = [];
  let [widest, depth] = [0, 0];
  for (const part of parts) {
    const own = drawn(part, MARGIN, depth + GAP);
    // Of what is only worked with nothing is left, its room neither.
    if (own.elements.length === 0) continue;
    content.push(...own.elements);
    widest = Math.max(widest, own.right - MARGIN);
    depth = own.bottom;
  }
  const room = Math.max(LEAST_ROOM, widest);
  const heading = [
    ...headingLines(title, TITLE_SIZE, 700, room),
    ...headingLines(facts, FACTS_SIZE, 400, room),
  ];
  const width = Math.max(widest, ...heading.map((line) => line.width));
  const head: SVGElement[] = [];
  let top = MARGIN;
  for (const { text, size, weight } of heading) {
    top += size;
    const look = { fill: color, 'font-size': `${size}px`, 'font-weight': weight };
    head.push(made('text', { x: MARGIN, y: top, ...look }, text));
    top += 6;
  }
  const body = made('g', { transform: `translate(0 ${top})` });
  body.append(...content);
  const size = { width: Math.ceil(width + 2 * MARGIN), height: Math.ceil(top + depth + MARGIN) };
  const background = getComputedStyle(document.documentElement).backgroundColor;
  const root = made('svg', { ...size, viewBox: `0 0 ${size.width} ${size.height}`, 'font-family': FONT });
  root.append(
    made('title', {}, facts === '' ? title : `${title}. ${facts}`),
    made('rect', { width: '100%', height: '100%', fill: background }),
    ...head,
    body,
  );
  return root;
}

const textOf = (svg: SVGElement): string => new XMLSerializer().serializeToString(svg);

export function saveSvg(figure: Element, words: PictureWords, name: string): void {
  save(`${name}.svg`, new Blob([textOf(compose(figure, words))], { type: 'image/svg+xml' }));
}

/** Twice the size on the page: sharp on a slide. */
const PNG_SCALE = 2;

export async function savePng(figure: Element, words: PictureWords, name: string): Promise<void> {
  const svg = compose(figure, words);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(textOf(svg))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth * PNG_SCALE;
  canvas.height = image.naturalHeight * PNG_SCALE;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  if (blob !== null) save(`${name}.png`, blob);
}
