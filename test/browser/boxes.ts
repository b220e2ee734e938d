/** @file What stands over something else on a page, or is cut, at its present width: measured by the lines of its texts. */
import type { Page } from 'playwright-core';

/** Everything amiss, as sentences; [] where all is in its place. */
export const misplaced = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    interface Line {
      readonly text: string;
      /** What is seen of it. */
      readonly box: DOMRect;
      /** Its own, seen or not. */
      readonly height: number;
      readonly element: Element;
      /** Stands above what scrolls under it. */
      readonly layer: Element | null;
    }
    const found: string[] = [];
    const shortly = (text: string) => text.trim().replaceAll(/\s+/g, ' ').slice(0, 40);
    const ancestors = (element: Element): Element[] => {
      const all: Element[] = [];
      for (let at: Element | null = element; at !== null; at = at.parentElement) all.push(at);
      return all;
    };
    // A turned text's box is larger than the text.
    const isTurned = (element: Element): boolean =>
      element instanceof SVGElement && (element.getAttribute('transform') ?? '').includes('rotate(');
    const isHidden = (element: Element): boolean =>
      isTurned(element) ||
      ancestors(element).some((one) => one.matches('.sr-only, [hidden], option, title, style')) ||
      !element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });
    const layerOf = (element: Element): Element | null =>
      ancestors(element).find((one) => ['fixed', 'sticky'].includes(getComputedStyle(one).position)) ?? null;
    /** What is seen of a box: null where a scrolled pane holds all of it out of sight. */
    const seen = (element: Element, box: DOMRect, text: string): DOMRect | null => {
      let [left, right, top, bottom] = [box.left, box.right, box.top, box.bottom];
      for (const one of ancestors(element)) {
        const { overflowX, overflowY, position, textOverflow } = getComputedStyle(one);
        const rect = one.getBoundingClientRect();
        const hides = (overflow: string) => overflow === 'hidden' || overflow === 'clip';
        if (one instanceof SVGElement || one === document.documentElement || one === document.body) continue;
        const isCutAcross = hides(overflowX) && (right > rect.right + 1.5 || left < rect.left - 1.5);
        const isCutDown = hides(overflowY) && (bottom > rect.bottom + 3 || top < rect.top - 3);
        if ((isCutAcross || isCutDown) && textOverflow !== 'ellipsis')
          found.push(`"${text}" is cut by .${one.className} (${one.tagName.toLowerCase()})`);
        if (overflowX !== 'visible') [left, right] = [Math.max(left, rect.left), Math.min(right, rect.right)];
        if (overflowY !== 'visible') [top, bottom] = [Math.max(top, rect.top), Math.min(bottom, rect.bottom)];
        if (position === 'fixed') break;
      }
      return right - left < 1 || bottom - top < 1 ? null : new DOMRect(left, top, right - left, bottom - top);
    };
    const lines: Line[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      if (element === null || node.nodeValue?.trim() === '' || isHidden(element)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const text = shortly(node.nodeValue ?? '');
      for (const rect of range.getClientRects()) {
        if (rect.width < 1) continue;
        const box = seen(element, rect, text);
        if (box !== null) lines.push({ text, box, height: rect.height, element, layer: layerOf(element) });
      }
    }
    for (const { text, box, layer } of lines)
      if (layer === null && (box.right > window.innerWidth + 1 || box.left < -1))
        found.push(`"${text}" stands out of the window`);
    lines.sort((a, b) => a.box.top - b.box.top);
    lines.forEach((a, i) => {
      for (const b of lines.slice(i + 1)) {
        if (b.box.top > a.box.bottom) break;
        if (a.layer !== b.layer || a.element === b.element) continue;
        const across = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left);
        const down = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top);
        // Lines of text are higher than their letters, also where a pane's edge leaves little of one to be seen.
        const least = 0.35 * Math.min(a.height, b.height);
        if (across > 2 && down > least) found.push(`"${a.text}" and "${b.text}" stand over each other`);
      }
    });
    // What goes on to the side unseen: only regions that say that they scroll may.
    for (const element of document.querySelectorAll('body *')) {
      const { overflowX } = getComputedStyle(element);
      const isScrolled = overflowX === 'auto' || overflowX === 'scroll';
      if (!isScrolled || element.scrollWidth <= element.clientWidth + 1 || isHidden(element)) continue;
      if (element.matches('[role="region"][tabindex="0"], pre, textarea')) continue;
      found.push(
        `.${element.className} goes on ${element.scrollWidth - element.clientWidth} pixels to the side`,
      );
    }
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    if (wide > 0) found.push(`the page is ${wide} pixels wider than its window`);
    return [...new Set(found)];
  });
