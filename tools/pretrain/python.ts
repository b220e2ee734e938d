/** @file Finds a Python that has what python/pyproject.toml asks for. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { LabError } from '../../src/core/errors.ts';

/** The command of the first Python that can import transformers and its torch, or undefined. */
export function pythonWithTransformers(): string | undefined {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3', 'python'];
  return candidates.find(
    (command) =>
      command !== undefined && spawnSync(command, ['-c', 'import torch, transformers']).status === 0,
  );
}

/** @throws LabError when no Python has them. */
export function findPython(): string {
  const python = pythonWithTransformers();
  if (python === undefined) {
    throw new LabError('invalid-request', 'No Python with PyTorch and transformers was found.', {
      remedy: 'Install them (pip install ./python) or name one in PYTHON.',
    });
  }
  return python;
}
