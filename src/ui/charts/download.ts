/** @file A drawing as a file: SVG with its colours written in, PNG at twice its size, figures as CSV. */
import { markFormula } from '../../core/spreadsheet.ts';

const INLINED = [
  'fill',
  'stroke',
  'color',
  'font-size',
  'font-weight',
  'stroke-width',
  'stroke-dasharray',
  'opacity',
  'fill-opacity',
  'stroke-opacity',
  'text-anchor',
] as const;

/** A copy that looks the same outside of the page: what the page's style sheets say is written into it. */
function standalone(svg: SVGSVGElement): SVGSVGElement {
  const copy = svg.cloneNode(true);
  if (!(copy instanceof SVGSVGElement)) return svg;
  const originals = svg.querySelectorAll('*');
  copy.querySelectorAll('*').forEach((element, i) => {
    const original = originals[i];
    if (original === undefined || !(element instanceof SVGElement)) return;
    const style = getComputedStyle(original);
    for (const name of INLINED) element.style.setProperty(name, style.getPropertyValue(name));
  });
  const own = getComputedStyle(svg);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.removeAttribute('aria-hidden');
  copy.style.color = own.color;
  copy.style.fontFamily = 'sans-serif';
  copy.style.background = getComputedStyle(document.documentElement).backgroundColor;
  return copy;
}

export function save(name: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 10_000);
}

const svgText = (svg: SVGSVGElement): string => new XMLSerializer().serializeToString(standalone(svg));

export function saveSvg(svg: SVGSVGElement, name: string): void {
  save(`${name}.svg`, new Blob([svgText(svg)], { type: 'image/svg+xml' }));
}

/** Twice the size on the page: sharp on a slide. */
const PNG_SCALE = 2;

export async function savePng(svg: SVGSVGElement, name: string): Promise<void> {
  const { width, height } = svg.getBoundingClientRect();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(svg))}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  const context = canvas.getContext('2d');
  if (context === null) return;
  context.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((resolve) => {
    canvas.toBlob(resolve, 'image/png');
  });
  if (blob !== null) save(`${name}.png`, blob);
}

const field = (value: string | number | null): string => {
  const text = typeof value === 'string' ? markFormula(value) : String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** RFC 4180, with a header line; no text of it is computed by the spreadsheet that opens it. */
export function csv<K extends string>(
  columns: readonly K[],
  rows: readonly Readonly<Record<K, string | number | null>>[],
): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => row[column]))];
  return lines.map((line) => `${line.map(field).join(',')}\r\n`).join('');
}

export function saveCsv(text: string, name: string): void {
  save(`${name}.csv`, new Blob([text], { type: 'text/csv' }));
}
