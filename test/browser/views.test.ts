/** Samples, Follow, the playground and Compare on the page as it ships: runs come in as exported files, one is computed for real. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_SETUP } from '../../src/store/setup/setup.ts';
import { conduct } from '../../tools/experiment/conduct.ts';
import { FILE, conductOptions, fakeLab, freshFolder, inputsOf } from '../unit/experiment-fakes.ts';
import { violationsOf } from './accessibility.ts';
import { bundledTask, runFile } from './imported-runs.ts';
import type { OpenedPage } from './pages.ts';
import { openPage } from './pages.ts';

let opened: OpenedPage;
beforeAll(async () => {
  opened = await openPage({
    file: '#/run?arms=soft&rounds=1&promptsPerRound=8&testItems=16&fewShotItems=8&validationItems=8&probeItems=8&constrained=false',
  });
  await opened.page.setViewportSize({ width: 1280, height: 720 });
  await opened.page.getByText('nano ready').waitFor();
});
afterAll(() => opened.close());

const go = (title: string) => opened.page.getByRole('tab', { name: title }).click();

/** Picks a file on Compare; the run is then played on Run. */
async function importFile(file: Awaited<ReturnType<typeof runFile>>): Promise<void> {
  const { page } = opened;
  await go('Compare');
  await page.locator('input[type=file]').first().setInputFiles(file);
  await page.getByRole('region', { name: 'Replay' }).waitFor();
}

/** In light and dark, wide and narrow: no violations, and nothing stands out to the side. */
async function expectAccessible(): Promise<void> {
  expect(await violationsOf(opened.page)).toEqual([]);
}

describe('before any run', () => {
  it.each([
    ['Samples', 'What the model answered will stand here'],
    ['Follow', 'Follow one sentence'],
    ['Compare', 'Your runs will stand here'],
  ])('%s explains what will stand there', async (title, heading) => {
    await go(title);
    await opened.page.getByRole('heading', { name: heading }).waitFor();
    await expectAccessible();
  });

  it('Compare refuses a file that is no run, says why, and stays', async () => {
    const { page } = opened;
    await go('Compare');
    const buffer = Buffer.from('no zip');
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'notes.zip', mimeType: 'application/zip', buffer });
    const alert = page.getByRole('alert');
    await alert.getByText(/notes\.zip is no run of this lab/).waitFor();
    expect(await page.getByRole('tab', { name: 'Compare' }).getAttribute('aria-selected')).toBe('true');
    await alert.getByRole('button', { name: 'Dismiss' }).click();
    await alert.waitFor({ state: 'detached' });
    // Where it is left standing it stays with the view it came in, once it could be read.
    await page
      .locator('input[type=file]')
      .first()
      .setInputFiles({ name: 'other.zip', mimeType: 'application/zip', buffer });
    await alert.getByText(/other\.zip is no run of this lab/).waitFor();
    await page.waitForTimeout(2500);
    await go('Samples');
    await alert.waitFor({ state: 'detached' });
  });
});

describe('Follow', () => {
  it('asks the base and every round of a real run, and asks all of them anew when a demonstration goes', async () => {
    const { page } = opened;
    await go('Run');
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    await page.getByRole('button', { name: 'Run again' }).waitFor({ timeout: 100_000 });
    await go('Follow');
    // It opens on a sentence that the run changed, as it is scored.
    await page.locator('.follow-input').waitFor();
    expect(await page.getByRole('radio', { name: 'zero-shot' }).getAttribute('aria-checked')).toBe('true');
    await expect
      .poll(
        async () => {
          const all = await page.locator('.follow-answer').allInnerTexts();
          return all.length === 2 && all[0]?.split('\n').join() !== all[1]?.split('\n').join();
        },
        { timeout: 100_000 },
      )
      .toBe(true);
    await page.getByRole('button', { name: 'Another prompt' }).click();
    await page.getByRole('textbox', { name: /^Your own/ }).fill('The pilot plays a violin.');
    await page.getByRole('button', { name: 'Follow it' }).click();
    const cards = page.getByRole('list', { name: 'Answers by round' }).getByRole('listitem');
    const settled = () =>
      page.waitForFunction(() => {
        const all = [...document.querySelectorAll('.follow-answer')];
        return all.length === 2 && all.every((card) => card.querySelectorAll('.alternatives li').length >= 5);
      });
    await settled();
    expect(await cards.getByRole('heading').allInnerTexts()).toEqual(['base', 'round 1']);
    // Five alternatives of a token, most likely first, share one distribution.
    const shares = await page.locator('.follow-answer').first().locator('.alternatives li').allInnerTexts();
    const total = shares.reduce((sum, text) => sum + Number(/([\d.]+)%/.exec(text)?.[1] ?? 0), 0);
    expect(total).toBeGreaterThan(20);
    expect(total).toBeLessThanOrEqual(101.5);
    const before = await page.locator('.alternatives').allInnerTexts();
    await page.getByRole('button', { name: /^The whole text/ }).click();
    const prompt = page.getByLabel('The prompt as the model sees it');
    expect((await prompt.innerText()).match(/Group:/g)).toHaveLength(7);
    await page
      .getByRole('button', { name: /^Take away/ })
      .first()
      .click();
    await expect.poll(async () => (await prompt.innerText()).match(/Group:/g)?.length).toBe(6);
    await settled();
    await expect.poll(() => page.locator('.alternatives').allInnerTexts()).not.toEqual(before);
    await expectAccessible();
  });

  it('moves a demonstration by keyboard, and the focus goes with it', async () => {
    const { page } = opened;
    const first = page.getByRole('button', { name: /^Move down/ }).first();
    const name = await first.getAttribute('aria-label');
    await first.focus();
    await page.keyboard.press('Enter');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-label')))
      .toBe(name);
    const names = await page
      .getByRole('button', { name: /^Move down/ })
      .evaluateAll((all) => all.map((button) => button.getAttribute('aria-label')));
    expect(names.indexOf(name)).toBe(1);
  });
});

describe('the playground', () => {
  it('has the answers of the base and of a round on one line, and so what else was likely', async () => {
    const { page } = opened;
    await go('Playground');
    await page.getByRole('textbox', { name: 'Text that the model goes on from' }).fill('The pilot plays');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    const cards = page.locator('.answer-card');
    await expect.poll(() => cards.locator('.alternative').count(), { timeout: 100_000 }).toBe(10);
    // The base has no adapter: no button to save it, no line of its health.
    for (const part of ['.answer-text', '.alternatives', '.answer-foot']) {
      const tops = await cards
        .locator(part)
        .evaluateAll((all) => all.map((one) => Math.round(one.getBoundingClientRect().top)));
      expect(new Set(tops).size, part).toBe(1);
    }
    await expectAccessible();
  });
});

describe('Samples', () => {
  it('shows the self-labels of the run, and the key only when asked', async () => {
    const { page } = opened;
    await go('Samples');
    const list = page.getByRole('grid', { name: 'Samples' });
    await list.getByRole('row').first().waitFor();
    const items = page.getByRole('button', { name: /Items$/ });
    // It opens on what the score is measured on.
    expect(await items.innerText()).toContain('Test items, zero-shot');
    await items.click();
    await page.getByRole('option', { name: /Training prompts/ }).click();
    expect(await page.locator('.samples-title').innerText()).toContain('8 rows');
    expect(await list.innerText()).not.toMatch(/[✓✗]/);
    await page.getByRole('switch', { name: 'Show the key' }).press('Space');
    expect(await list.getByRole('row').first().innerText()).toMatch(/[✓✗]/);
    await expectAccessible();
    // On a phone every answer is whole, the last above all, and a row can be followed.
    await page.setViewportSize({ width: 390, height: 844 });
    const row = list.getByRole('row').first();
    await row.getByRole('button', { name: /^Follow this prompt/ }).waitFor();
    const [within, ...answers] = await row
      .locator('.sample-answers, .stretch')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON() as DOMRect));
    expect(answers.length).toBeGreaterThan(0);
    for (const { right, bottom } of answers) {
      expect(right).toBeLessThanOrEqual((within?.right ?? 0) + 1);
      expect(bottom).toBeLessThanOrEqual((within?.bottom ?? 0) + 1);
    }
    await page.setViewportSize({ width: 1280, height: 720 });
    await list.getByRole('row').first().click();
    await page.getByRole('button', { name: 'The prompt as the model saw it' }).click();
    // Six demonstrations and the prompt itself.
    expect((await page.locator('.prompt-view').innerText()).match(/Group:/g)).toHaveLength(7);
    await expectAccessible();
  });

  it('draws only the rows in sight of thousands, and finds among all of them', async () => {
    const { page } = opened;
    await importFile(await runFile('five seeds', { ...DEFAULT_SETUP, seeds: [1, 2, 3, 4, 5] }, 1e12));
    await go('Compare');
    await page.getByRole('button', { name: 'Open five seeds' }).click();
    await go('Samples');
    const choose = async (label: RegExp, option: RegExp) => {
      await page.getByRole('button', { name: label }).click();
      await page.getByRole('option', { name: option }).click();
    };
    await choose(/Items$/, /Test items, zero-shot/);
    await choose(/Arm$/, /all arms/);
    await choose(/Seed$/, /all seeds/);
    await page.getByText('6,000 rows').waitFor();
    const rows = page.getByRole('grid', { name: 'Samples' }).getByRole('row');
    expect(await rows.count()).toBeLessThan(60);
    // The list lays its rows out after their count is told: End goes to the last of those that it has.
    const list = page.locator('.sample-list');
    await expect.poll(() => list.evaluate(({ scrollHeight }) => scrollHeight)).toBeGreaterThan(200_000);
    await rows.first().focus();
    await page.keyboard.press('End');
    await expect.poll(() => list.evaluate(({ scrollTop }) => scrollTop)).toBeGreaterThan(200_000);
    await page.getByRole('searchbox', { name: 'Search' }).fill('composer is pointing');
    await page.getByText('15 of 6,000 rows').waitFor();
  });

  it('keeps its filters above the rows where a run comes without its texts', async () => {
    const { page } = opened;
    const task = { ...(await bundledTask('topic-4')), areTextsLeftOut: true };
    const setup = { ...DEFAULT_SETUP, arms: DEFAULT_SETUP.arms.slice(0, 1) };
    await importFile(await runFile('without texts', setup, 1e12 + 5, { task }));
    await go('Compare');
    await page.getByRole('button', { name: 'Open without texts' }).click();
    await go('Samples');
    await page.getByText(/^The texts of this task are not ours to hand on/).waitFor();
    const search = await page.getByRole('searchbox', { name: 'Search' }).boundingBox();
    const table = await page.locator('.sample-table').boundingBox();
    expect((search?.y ?? Infinity) + (search?.height ?? 0)).toBeLessThan(table?.y ?? 0);
  });
});

describe('the playground', () => {
  it('draws first a prompt that training changed, then others', async () => {
    const { page } = opened;
    const task = await bundledTask('topic-4');
    const { labels } = task.definition;
    const [always = ''] = labels;
    const { test } = task.splits;
    const at = test.findIndex(({ output }, i) => i > 10 && output !== always);
    const [first, changed] = [test[0], test[at]];
    const one = { ...DEFAULT_SETUP, taskId: 'topic-4', arms: DEFAULT_SETUP.arms.slice(0, 1) };
    // Whatever is asked, always the same; but for one row, once a model was trained.
    const file = await runFile('one row', one, 1e12 - 1, {
      change: (event) => {
        if (event.type !== 'evaluated') return event;
        const predictions = event.evaluation.predictions.map((prediction) => {
          const isMended = event.round > 0 && prediction.id === changed?.id;
          return { ...prediction, answer: isMended ? changed.output : always, isExact: isMended };
        });
        return { ...event, evaluation: { ...event.evaluation, predictions } };
      },
    });
    await importFile(file);
    await go('Compare');
    await page.getByRole('button', { name: 'Open one row' }).click();
    await go('Playground');
    const text = page.getByRole('textbox', { name: 'Text that the model goes on from' });
    for (const row of [changed, first]) {
      await page.getByRole('button', { name: 'a prompt', exact: true }).click();
      await expect.poll(() => text.inputValue()).toBe(`Note: ${row?.input ?? ''}\nTheme:`);
    }
    await expectAccessible();
  });
});

describe('Compare', () => {
  it('lays runs over each other and says what their paired difference means', async () => {
    const { page } = opened;
    const single = { ...DEFAULT_SETUP, arms: DEFAULT_SETUP.arms.slice(1, 2) };
    await importFile(await runFile('frozen alone', { ...single, seeds: [1, 2, 3] }, 1e12 + 1));
    await go('Compare');
    for (const name of ['five seeds', 'frozen alone']) {
      const tick = page.getByRole('checkbox', { name: `Lay ${name} over the others` });
      await tick.press('Space');
      await expect.poll(() => tick.isChecked()).toBe(true);
    }
    const difference = page.getByRole('region', { name: 'The difference' });
    await difference.getByText(/After round 3 A SOFT scores 0\.\d\d, B frozen teacher 0\.\d\d/).waitFor();
    expect(await difference.innerText()).toContain('paired over 3 seeds');
    await page
      .getByRole('img', { name: /^Chart of exact match, zero-shot, by round\. A SOFT: round 0/ })
      .waitFor();
    await expectAccessible();
  });

  it('opens the folder that unattended work wrote, with its arms and seeds', async () => {
    const { page } = opened;
    const folder = freshFolder();
    const inputs = inputsOf({ ...FILE, title: 'Left overnight' });
    expect(await conduct(conductOptions(folder, fakeLab(), { inputs }))).toBe(0);
    await go('Compare');
    await page.locator('input[type=file][webkitdirectory]').setInputFiles(folder);
    await page.getByRole('region', { name: 'Replay' }).waitFor();
    await go('Compare');
    await page.getByRole('checkbox', { name: 'Lay Left overnight, colours over the others' }).waitFor();
    await expectAccessible();
    await go('Samples');
    await page.getByRole('grid', { name: 'Samples' }).getByRole('row').nth(5).waitFor();
    // As every other test here leaves it.
    await go('Compare');
    await page.getByRole('button', { name: 'More for Left overnight, colours' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    await page.getByRole('button', { name: 'Delete' }).click();
  });

  it('renames a run, exports it, and deletes it only when that is confirmed', async () => {
    const { page } = opened;
    const act = async (run: string, what: string) => {
      await page.getByRole('button', { name: `More for ${run}` }).click();
      await page.getByRole('menuitem', { name: what }).click();
    };
    await act('frozen alone', 'Rename');
    await page.getByRole('textbox', { name: 'Name' }).fill('frozen, renamed');
    await page.keyboard.press('Enter');
    await page.getByRole('rowheader', { name: /frozen, renamed/ }).waitFor();
    const coming = page.waitForEvent('download');
    await act('frozen, renamed', 'Export');
    expect((await coming).suggestedFilename()).toBe('frozen,-renamed.bootlace.zip');
    await act('frozen, renamed', 'Delete');
    const dialog = page.getByRole('alertdialog');
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    expect(await page.getByRole('rowheader', { name: /frozen, renamed/ }).count()).toBe(1);
    await act('frozen, renamed', 'Delete');
    await dialog.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('rowheader', { name: /frozen, renamed/ }).waitFor({ state: 'detached' });
  });

  it('asks nothing of any other host, and nothing complains', () => {
    expect(opened.strayRequests).toEqual([]);
    expect(opened.complaints.filter((text) => !text.includes('404'))).toEqual([]);
  });
});
