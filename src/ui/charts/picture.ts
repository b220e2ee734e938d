/** @file A drawing as a picture: SVG with its colours written in, PNG at twice its size. It comes when it is asked for. */
import { save } from './download.ts';

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
