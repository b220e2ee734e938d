/** @file Finds a Python that has PyTorch. */
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { LabError } from '../../src/core/errors.ts';

/** The command of the first Python that can import torch, or undefined. */
export function pythonWithTorch(): string | undefined {
  const candidates = [process.env.PYTHON, 'python3', '/usr/bin/python3', 'python'];
  return candidates.find(
    (command) => command !== undefined && spawnSync(command, ['-c', 'import torch, numpy']).status === 0,
  );
}

/** @throws LabError when no Python has PyTorch. */
export function findPython(): string {
  const python = pythonWithTorch();
  if (python === undefined) {
    throw new LabError('invalid-request', 'No Python with PyTorch and NumPy was found.', {
      remedy:
        'Install them (Debian: apt-get install python3-torch libopenblas0-pthread) or name one in PYTHON.',
    });
  }
  return python;
}
