/** @file What axe finds on a page: WCAG 2.2 A and AA, and whether the page is larger than its window. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

declare global {
  interface Window {
    /** Put into the page by `axe.source`. */
    axe: typeof axe;
  }
}

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const LOOKS = [
  { colorScheme: 'light', width: 1280, height: 720 },
  { colorScheme: 'dark', width: 390, height: 844 },
  { colorScheme: 'dark', width: 1280, height: 720 },
] as const;

/** Everything that is wrong, light and dark, wide and narrow; the page is left wide and in the system's colours. */
export async function violationsOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const all: string[] = [];
  for (const { colorScheme, width, height } of LOOKS) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height });
    const found = await page.evaluate(async (values) => {
      const { violations } = await window.axe.run(document, { runOnly: { type: 'tag', values } });
      return violations.map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map(({ html }) => html.slice(0, 160))
            .slice(0, 3)
            .join(' ')}`,
      );
    }, LEVELS);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    const wide = overflow > 0 ? [`${overflow} pixels wider than the window`] : [];
    // Where panes scroll for themselves the page does not: what stands below the window would be nothing at all.
    const below = await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight);
    const high = width >= 1000 && below > 0 ? [`${below} pixels higher than the window`] : [];
    all.push(...[...found, ...wide, ...high].map((text) => `${colorScheme} ${width}: ${text}`));
  }
  await page.emulateMedia({ colorScheme: null });
  await page.setViewportSize({ width: 1280, height: 720 });
  return all;
}
