/** @file target_modules as a regular expression: what Python's re.fullmatch says, and never more than linear work. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LabError } from '../../src/core/errors.ts';
import { fullMatch } from '../../src/formats/python-pattern.ts';
import { expectLabError } from './formats-expect.ts';

const Q = 'model.layers.11.self_attn.q_proj';

const REMEDY = 'Write target_modules as a list of module names.';

describe('a pattern', () => {
  // The right column is what re.fullmatch of Python 3.11 says.
  test.each([
    ['.*q_proj', Q, true],
    ['.*q_proj\\Z', Q, true],
    ['\\A.*q_proj$', Q, true],
    ['q_proj', Q, false],
    ['.*\\.q|.*proj_', Q, false],
    ['model\\.layers\\.\\d{2}\\..*', Q, true],
    ['model\\.layers\\.\\d{,1}\\..*', Q, false],
    ['model\\.layers\\.\\d{,2}\\..*', Q, true],
    ['a{,}', 'aaa', true],
    ['a{,x}', 'a{,x}', true],
    ['.*(?#the queries)q_proj', Q, true],
    ['(?P<kind>.*)_proj', Q, true],
    ['(?i).*Q_PROJ', Q, true],
    ['(?:.*?(?:self_attn|mlp).*?(?:q_proj|k_proj))|(?:\\bmodel\\.head)', Q, true],
    ['[[:alpha:]]', 'a', false],
    ['[[:alpha:]]', 'a]', true],
    ['[]q]_proj', 'q_proj', true],
    ['[^]q]_proj', 'q_proj', false],
    ['[^]q]_proj', 'k_proj', true],
    ['\\w+\\.\\S+', Q, true],
    ['', '', true],
    ['', 'a', false],
  ])('%s on %s: %s', async (pattern, text, expected) => {
    expect((await fullMatch(pattern, 'target_modules', REMEDY))(text)).toBe(expected);
  });

  test.each([
    ['(?=.*q).*', 'lookaround ((?=)'],
    ['^(?!.*mlp).*', 'lookaround ((?!)'],
    ['(?<=a)b', 'lookaround'],
    ['(?<!a)b', 'lookaround'],
    ['(q)\\1', 'a backreference (\\1)'],
    ['(?P<n>q)(?P=n)', 'P'],
    ['(?>a)b', 'an atomic group'],
    ['(a)?(?(1)b|c)', 'a conditional group'],
    ['a++', '++'],
    ['(?x)a b', '(?x'],
    ['(', 'missing closing )'],
    ['a{1001}', 'repeat count'],
    ['((a{1000}){1000}){1000}', 'repeat count'],
    // What RE2 takes and Python does not: PEFT would have failed.
    ['\\p{L}+', '\\p'],
    ['\\Qq\\E', '\\Q'],
    ['(?<n>a)', '(?<'],
    ['(?U)a*', '(?U'],
    ['x'.repeat(10_001), '10001 characters'],
  ])('%s is refused by name', async (pattern, name) => {
    await expectLabError(
      () => fullMatch(pattern, 'adapter_config.json: target_modules', REMEDY),
      'unsupported-adapter',
      'adapter_config.json: target_modules',
      name,
      'list of module names',
    );
  });

  test('that backtracks for ever elsewhere ends', async () => {
    for (const pattern of ['(a+)+$', '(a|a)*b', '(.*)*x', '(x+x+)+y', '([a-z_.]+)*!', '(.*.*.*.*.*)*~']) {
      const matches = await fullMatch(pattern, 'target_modules', REMEDY);
      expect(matches(`${'a'.repeat(500)}${'x'.repeat(500)}?`)).toBe(false);
    }
  });

  test('of any text gives an answer or a typed error', async () => {
    const piece = fc.constantFrom(
      'a',
      '.',
      '*',
      '+',
      '?',
      '(',
      ')',
      '[',
      ']',
      '^',
      '$',
      '|',
      '{',
      ',',
      '3',
      '}',
      '\\',
      '(?',
      ':',
      '#',
      'Z',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 14 }), async (pieces) => {
        try {
          expect(typeof (await fullMatch(pieces.join(''), 'target_modules', REMEDY))('a.a3')).toBe('boolean');
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(LabError);
        }
      }),
      { numRuns: 500 },
    );
  });
});
