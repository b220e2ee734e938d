/** What the panel shows while a model answers, on the page as it ships: the answer as text, and never a token's number. */
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { violationsOf } from './accessibility.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

const SIZES = 'rounds=1&testItems=64&fewShotItems=8&validationItems=8&probeItems=8&constrained=false';
// On cores that other browsers use too: a test that takes 39 s alone has taken more than 100.
const PATIENCE = 240_000;

declare global {
  interface Window {
    seen: string[];
  }
}

let opened: OpenedPage;
beforeEach(async () => {
  opened = await openPage();
});
afterEach(() => opened.close());

/** Notes every state of the panel from now on: label, prompt, what is being written, what is written. */
const watch = (page: Page) =>
  page.evaluate(() => {
    window.seen = [];
    const look = () => {
      const words = (selector: string) =>
        [...document.querySelectorAll(`.run-inside ${selector}`)].map(({ textContent }) => textContent);
      window.seen.push(
        JSON.stringify({
          label: words('.answer-box .field-label')[0] ?? '',
          prompt: words('.prompt-view')[0] ?? '',
          growing: words('.growing'),
          ticks: words('.tick'),
          all: words('.answer-box').join(' '),
        }),
      );
    };
    new MutationObserver(look).observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
    });
  });
interface Seen {
  readonly label: string;
  readonly prompt: string;
  readonly growing: readonly string[];
  readonly ticks: readonly string[];
  readonly all: string;
}
const seenBy = async (page: Page): Promise<readonly Seen[]> =>
  (await page.evaluate(() => window.seen)).map((text) => JSON.parse(text) as Seen);

async function run(arms: string, more = ''): Promise<readonly Seen[]> {
  const page = await opened.another(`#/run?arms=${arms}&${SIZES}${more}`);
  await page.getByText('nano ready').waitFor({ timeout: PATIENCE });
  await watch(page);
  await page.getByRole('button', { name: 'Run', exact: true }).click();
  await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: PATIENCE });
  const seen = await seenBy(page);
  expect(seen.some(({ all }) => /#\d/.test(all))).toBe(false);
  expect(seen.some(({ all, growing }) => (all + growing.join('')).includes('\uFFFD'))).toBe(false);
  return seen;
}

describe('while the model answers', () => {
  it('its prompt stands with the demonstrations before the answer, which is text, with a tick for who watches', async () => {
    const seen = await run('soft', '&promptsPerRound=64');
    const before = seen.filter(({ all }) => all.includes('The model reads the prompt'));
    expect(before.length).toBeGreaterThan(0);
    // Six demonstrations and the prompt.
    expect(before[0]?.prompt.match(/Story:/g)?.length).toBe(7);
    expect(seen.some(({ ticks }) => ticks.length > 0)).toBe(true);
    expect(seen.some(({ growing }) => growing.length > 0)).toBe(true);
  });

  it('ISARA’s questions appear as they are written', async () => {
    const seen = await run('isara', '&promptsPerRound=16');
    const texts = seen
      .filter(({ label }) => label === 'A new question, written by the model')
      .flatMap(({ growing }) => growing);
    // One of them at least is seen twice on its way, however few of its states a busy machine draws.
    const seenTwice = texts.filter((text, i) => {
      const before = texts[i - 1] ?? '';
      return before !== '' && text.length > before.length && text.startsWith(before);
    });
    expect(seenTwice.length).toBeGreaterThan(0);
  });
});

describe('a run that is played', () => {
  it('makes its answers again on the way, without a model', async () => {
    const page = await opened.another('#/run');
    await page.getByRole('button', { name: 'Play a recorded run' }).waitFor();
    await watch(page);
    await page.getByRole('button', { name: 'Play a recorded run' }).click();
    await page.getByRole('region', { name: 'Replay' }).waitFor();
    await page.getByRole('radio', { name: '1×' }).click();
    await expect
      .poll(
        async () =>
          (await seenBy(page)).filter(({ growing, prompt }) => growing.length > 0 && prompt !== '').length,
        {
          timeout: PATIENCE,
        },
      )
      .toBeGreaterThan(3);
    expect((await seenBy(page)).some(({ all }) => /#\d/.test(all))).toBe(false);
    await page.getByRole('region', { name: 'Replay' }).getByRole('button', { name: 'Pause' }).click();
    expect(await violationsOf(page)).toEqual([]);
  });

  it('has an address that plays it; Space rests it and begins no other', async () => {
    const page = await opened.another('#/run?play=gemma-3-270m-sst2');
    const bar = page.getByRole('region', { name: 'Replay' });
    await bar
      .getByText('Seed 2002: the middle one of three seeds, by how far SOFT ends above its frozen teacher.')
      .waitFor({ timeout: PATIENCE });
    await page.keyboard.press('Space');
    await bar.getByRole('button', { name: 'Play' }).waitFor();
    await page.getByText(/^A recorded run, at rest/).waitFor();
    const setup = page.getByRole('region', { name: 'Setup of the run that is shown' });
    expect(await setup.getByRole('button', { name: 'Use this setup' }).isDisabled()).toBe(true);
    expect(await setup.getByRole('button', { name: 'Link to this run' }).count()).toBe(0);
    await setup.getByRole('button', { name: 'Link to this recording' }).waitFor();
    // What is lacking is said once, and every button that is off because of it says so too.
    const lack = page.getByText(/needs gemma-3-270m, which is not loaded, and the task sst2/);
    await lack.waitFor();
    expect(await lack.count()).toBe(1);
    const off = setup.getByRole('button', { name: 'Use this setup' });
    expect(await off.getAttribute('aria-describedby')).toBe(await lack.getAttribute('id'));
    // What the arms are that have names of their own.
    await page
      .getByText('soft-mixed and frozen-mixed: as SOFT and frozen teacher, but 50% of the training prompts')
      .waitFor();
    // Nothing of it has a sentence to follow.
    await page.getByRole('tab', { name: 'Follow' }).click();
    await page
      .getByText(/recorded without the texts of its task, so there is no sentence to follow/)
      .waitFor();
    expect(await page.getByRole('button', { name: /its text is not shipped/ }).count()).toBe(0);
    await page.close();
  });

  it('of a model that is not here is followed by what it kept; in the playground its rounds are not offered', async () => {
    const page = await opened.another('#/run');
    await page.getByText('nano ready').waitFor({ timeout: PATIENCE });
    await page.getByRole('button', { name: /^SmolLM2-135M-Instruct, topic-4/ }).press('Enter');
    // What was pressed is gone: the bar has the focus.
    const bar = page.getByRole('region', { name: 'Replay' });
    const pause = bar.getByRole('button', { name: 'Pause' });
    await expect.poll(() => pause.evaluate((button) => button === document.activeElement)).toBe(true);
    const position = page.getByRole('slider', { name: 'Position in the recorded run' });
    await position.focus();
    await page.keyboard.press('End');
    await page.getByText(/A recorded run, at rest/).waitFor();
    // Stepped through by results, as a live run: the arrow and the buttons are one.
    await position.focus();
    await page.keyboard.press('Home');
    const step = page.getByRole('button', { name: 'Step one phase' });
    await step.click();
    await page.getByText(/at rest: .*before round 1, the answers are scored \(event \d+ of/).waitFor();
    // Every arm's base is scored before the first labels its prompts.
    const labelled = page.getByText(/at rest: SOFT, round 1 of 3, the prompts are labelled \(event/);
    for (let scored = 1; scored < 6 && (await labelled.count()) === 0; scored++) await step.click();
    await labelled.waitFor();
    await step.blur();
    await page.keyboard.press('ArrowRight');
    await page
      .getByText(/at rest: SOFT, round 1 of 3, the filter has looked at the labels \(event/)
      .waitFor();
    await position.focus();
    await page.keyboard.press('End');
    // Its answers are whole: nano's tokenizer would make other words of its tokens.
    await page.getByRole('button', { name: /^label/ }).click();
    await page.getByText('Answer, the label it will be trained on').waitFor();
    expect(await page.locator('.answer-now').innerText()).toMatch(/[a-z]{4}/u);
    expect(await page.locator('.token').count()).toBe(0);
    const next = page.getByRole('region', { name: 'Try next' });
    await next.waitFor();
    await page
      .getByText(/^What is off below needs smollm2-135m-instruct, which is not loaded: see/)
      .waitFor();
    expect(await next.innerText()).not.toMatch(/About .* here|not loaded/);
    await page.getByRole('tab', { name: 'Follow' }).click();
    const answers = page.getByRole('list', { name: 'Answers by round' }).getByRole('listitem');
    await expect.poll(() => answers.count()).toBe(4);
    await page.getByText(/As the run kept them, without their tokens: it was made with smollm2/).waitFor();
    expect(await answers.nth(0).innerText()).toContain('as the run scored it');
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Playground' }).click();
    await page
      .getByText(/made with smollm2-135m-instruct, which is not loaded.* The base is nano\./)
      .waitFor();
    expect(await page.getByRole('group', { name: /after round$/ }).count()).toBe(0);
    expect(await violationsOf(page)).toEqual([]);
  });
});
