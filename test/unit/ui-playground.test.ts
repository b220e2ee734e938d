import { describe, expect, it } from 'vitest';
import { isPromptOf } from '../../src/method/prompt-text.ts';
import { adapterName } from '../../src/ui/playground/adapter-load.tsx';
import { ranked } from '../../src/ui/playground/answer-card.tsx';
import type { RunView } from '../../src/store/live/run-state.ts';
import {
  answerersHere,
  chosenHere,
  firstChoice,
  keyOf,
  silenceWords,
} from '../../src/ui/playground/answerers.ts';
import { loraConfig } from '../../src/method/lora-config.ts';
import { knobs } from '../../src/words/knobs.ts';
import { round, runOf } from './ui-run.ts';

const armConfig = loraConfig(knobs());
const loadedAs = (run: RunView, sha256: string) => ({ run, loaded: { name: 'nano', sha256 } });
const answersOf = (run: RunView, sha256: string): readonly string[] =>
  answerersHere(loadedAs(run, sha256), []).map(keyOf);

describe('who answers', () => {
  it('is the base alone where nothing ran and nothing was loaded', () => {
    expect(answerersHere({ run: null, loaded: null }, [])).toEqual([{ kind: 'base' }]);
    expect(firstChoice({ run: null, loaded: null })).toEqual([{ kind: 'base' }]);
  });

  it('forgets rounds of a run that is no longer on the page, and keeps the order of the page', () => {
    const here = [{ kind: 'base' }, { kind: 'round', cell: 'soft/1', round: 1 }] as const;
    const chosen = [
      { kind: 'round', cell: 'soft/1', round: 1 },
      { kind: 'loaded', name: 'x' },
      here[0],
    ] as const;
    expect(chosenHere(chosen, here).map(keyOf)).toEqual(['base', 'round 1 soft/1']);
  });
});

describe('a run whose rounds cannot answer', () => {
  const adapter = { config: armConfig, pairs: new Map() };
  const trained = runOf('a', { 1: [round(0, {}), round(1, { adapter })] });
  const bare = runOf('b', { 1: [round(0, {}), round(1, { adapter: { ...adapter, absent: 'ab12' } })] });
  const { sha256, name } = trained.model;

  it('is one of another model than the loaded one, or without its adapters; the page says which', () => {
    expect(silenceWords(loadedAs(trained, sha256))).toBe('');
    expect(answersOf(trained, sha256)).toEqual(['base', 'round 1 soft/1']);
    expect(silenceWords(loadedAs(trained, 'another'))).toMatch(
      new RegExp(`made with ${name}, which is not loaded: .* The base is nano\\.$`),
    );
    expect(answersOf(trained, 'another')).toEqual(['base']);
    expect(silenceWords(loadedAs(bare, sha256))).toContain('came without its adapters');
    expect(answersOf(bare, sha256)).toEqual(['base']);
  });

  it('is none while nothing was trained or nothing is loaded', () => {
    expect(silenceWords({ run: null, loaded: { name, sha256 } })).toBe('');
    expect(silenceWords(loadedAs(runOf('c', { 1: [round(0, {})] }), sha256))).toBe('');
    expect(silenceWords({ run: trained, loaded: null })).toBe('');
  });
});

describe('a token’s alternatives', () => {
  const alternatives = [0.5, 0.2, 0.1, 0.05, 0.04].map((probability, id) => ({
    id,
    text: `t${id}`,
    probability,
  }));

  it('are the five likeliest, the taken one in its place', () => {
    const token = { id: 1, text: 't1', probability: 0.2, alternatives };
    expect(ranked(token)).toEqual(alternatives);
  });

  it('end with the taken one where it was drawn from behind the five', () => {
    const token = { id: 9, text: 't9', probability: 0.01, alternatives };
    expect(ranked(token).map(({ id }) => id)).toEqual([0, 1, 2, 3, 9]);
  });
});

describe('a prompt of the task', () => {
  const isPrompt = (text: string) => isPromptOf({ template: 'Q: {input}\nA:' }, text);

  it('is known as one, with or without demonstrations, also with a space typed behind it; other text is not', () => {
    for (const text of ['Q: in\nA:', 'Q: p\nA: out p\nQ: in\nA:', 'Q: my own\nA: '])
      expect(isPrompt(text), text).toBe(true);
    for (const text of ['', 'The day at the zoo was', 'A:', 'Q: my own', 'Q: in s0\nA: out s0\n'])
      expect(isPrompt(text), text).toBe(false);
  });
});

describe('a loaded adapter', () => {
  it('is named by its folder, or by its number where it has none', () => {
    const files = ['round-3/adapter_config.json', 'round-3/adapter_model.safetensors'];
    expect(
      adapterName(
        files.map((webkitRelativePath) => ({ webkitRelativePath })),
        0,
      ),
    ).toBe('round-3');
    expect(adapterName([{ webkitRelativePath: '' }], 1)).toBe('adapter 2');
  });
});
