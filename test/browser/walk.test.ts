import { cpSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

const GOLDEN = fileURLToPath(new URL('../fixtures/golden/llama', import.meta.url));

describe('the walk through the page', () => {
  let opened: OpenedPage;
  let page: OpenedPage['page'];
  let damaged: string;
  beforeAll(async () => {
    damaged = join(mkdtempSync(join(tmpdir(), 'bootlace-')), 'damaged');
    cpSync(GOLDEN, damaged, { recursive: true });
    truncateSync(join(damaged, 'model.safetensors'), 100_000);
    opened = await openPage();
    ({ page } = opened);
  });
  afterAll(async () => {
    await opened.close();
    rmSync(join(damaged, '..'), { recursive: true });
  });
  beforeEach(async () => {
    await page.reload();
    await page.getByText(/at most, in any logit/).waitFor();
  });

  const perplexities = async (): Promise<number[]> => {
    const texts = await page.locator('.measure b').allInnerTexts();
    return texts.map((text) => Number(text.replaceAll(',', '')));
  };

  it('asks, teaches a sentence and hears it: answer, perplexity and the runtimes’ agreement', async () => {
    await page.getByLabel('Prompt').fill('Otters');
    await page.getByLabel('The sentence goes on').fill(' float.');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await page.locator('.measure').waitFor();
    expect(await page.locator('.said').innerText()).not.toContain(' float.');
    await page.getByRole('button', { name: 'Teach', exact: true }).click();
    await page.locator('.measure').nth(1).waitFor();
    expect(await page.locator('.said').nth(1).innerText()).toContain('Otters float.');
    const [before = 0, after = Infinity] = await perplexities();
    expect(before).toBeGreaterThan(20);
    expect(after).toBeLessThan(1.5);
    const proof = await page.locator('.proof').innerText();
    expect(Number(/differ by (\S+) at most/.exec(proof)?.[1])).toBeLessThan(1e-3);
    expect(opened.complaints).toEqual([]);
  });

  it('works by keyboard alone', async () => {
    await page.getByLabel('Prompt').focus();
    await page.keyboard.press('Enter');
    await page.locator('.measure').waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.closest('label')?.textContent)).toContain(
      'The sentence goes on',
    );
    await page.keyboard.press('Enter');
    await page.locator('.measure').nth(1).waitFor();
  });

  it('cancels a lesson on request and can begin another', async () => {
    const teach = page.getByRole('button', { name: 'Teach', exact: true });
    // Long, so that the lesson is still under way when the button has been found and pressed.
    await page.getByLabel('The sentence goes on').fill(' sleeps on its back and holds hands.'.repeat(6));
    await teach.click();
    await page.getByText(/ of 60: /).waitFor();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await teach.waitFor();
    expect(await page.locator('.proof').count()).toBe(0);
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.getByLabel('The sentence goes on').fill(' floats.');
    await teach.click();
    await page.locator('.proof').waitFor();
  });

  it('opens a model folder, and says what is missing where there is no tokenizer', async () => {
    await page.locator('input[type=file]').setInputFiles(GOLDEN);
    await page.getByText('54,288').waitFor();
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    expect(await page.getByRole('alert').innerText()).toContain('tokenizer.json');
  });

  it('shows the typed error of a damaged folder, and the built-in model loads after it', async () => {
    await page.locator('input[type=file]').setInputFiles(damaged);
    const alert = await page.getByRole('alert').innerText();
    expect(alert).toContain('model-integrity');
    expect(alert).toContain('model.safetensors');
    expect(await page.getByText('None loaded').count()).toBe(1);
    await page.getByRole('button', { name: 'Use the built-in model' }).click();
    await page.getByText(/at most, in any logit/).waitFor();
  });
});

describe('the page after a lesson', () => {
  let opened: OpenedPage;
  beforeAll(async () => {
    opened = await openPage();
    await opened.page.getByText(/at most, in any logit/).waitFor();
    await opened.page.getByRole('button', { name: 'Teach', exact: true }).click();
    await opened.page.locator('.proof').waitFor();
  });
  afterAll(() => opened.close());

  it.each([
    [390, 'light'],
    [390, 'dark'],
    [1280, 'light'],
    [1280, 'dark'],
  ] as const)('fits %i px in %s colours, with text that can be read', async (width, colorScheme) => {
    const { page } = opened;
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    const seen = await page.evaluate(() => {
      const luminance = (colour: string): number => {
        const channels = (colour.match(/[\d.]+/g) ?? []).slice(0, 3).map((channel) => {
          const share = Number(channel) / 255;
          return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        const [r = 0, g = 0, b = 0] = channels;
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const ground = (element: Element): string => {
        for (let at: Element | null = element; at !== null; at = at.parentElement) {
          const { backgroundColor } = getComputedStyle(at);
          if (!/, 0\)$|transparent/.test(backgroundColor)) return backgroundColor;
        }
        return 'rgb(255, 255, 255)';
      };
      // WCAG 2: contrast of every element that holds text of its own and is not switched off.
      const pale = [...document.querySelectorAll('body *')].flatMap((element) => {
        const hasText = [...element.childNodes].some(
          (node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim() !== '',
        );
        if (!hasText || element.matches(':disabled, .is-disabled, noscript, script')) return [];
        const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
        const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
        return contrast < 4.5 ? [`${element.textContent}: ${contrast.toFixed(1)}`] : [];
      });
      return { overflow: document.documentElement.scrollWidth - window.innerWidth, pale };
    });
    expect(seen).toEqual({ overflow: 0, pale: [] });
  });
});
