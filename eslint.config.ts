import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

export default defineConfig(
  { ignores: ['dist', '.cache', 'node_modules', 'test/fixtures', 'public'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: [
          './src/*/tsconfig.json',
          './src/tsconfig.json',
          './src/runtimes/*/tsconfig.json',
          './src/runtimes/tfjs/kernels/tsconfig.json',
          './workers/tsconfig.json',
          './tools/tsconfig.json',
          './test/tsconfig.json',
          './tsconfig.config.json',
        ],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      // Reading a LabError's text out of an unknown rejection is what the boundary code does.
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
    },
  },
  // Plain JavaScript configuration: no types to check.
  {
    files: ['**/*.cjs'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      globals: { module: 'writable' },
      parserOptions: { project: false },
    },
  },
  { files: ['src/ui/**', 'src/main.tsx'], ...reactHooks.configs.flat['recommended-latest'] },
  // One style of number: how one is written is said there alone.
  {
    files: ['src/ui/**'],
    ignores: ['src/ui/words/numbers.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: 'CallExpression[callee.property.name=/^(toFixed|toPrecision|toLocaleString)$/]',
          message: 'Numbers are written by core/figures.ts and ui/words/numbers.ts.',
        },
      ],
    },
  },
);
